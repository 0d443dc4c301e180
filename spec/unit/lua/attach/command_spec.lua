-- SPDX-License-Identifier: MIT
--
-- Commands of scamper as options of mtr.trace, and hostile ones.
local command = require "mtr.attach.command"
local random = require "spec.support.harness.random"

-- The options of a command, without those that are functions or strategies.
local function options_of(line)
  local read = assert(command.read(line))
  local options = {}
  for name, value in pairs(read.options) do
    if type(value) ~= "function" and type(value) ~= "table" then options[name] = value end
  end
  return options, read
end

describe("a command", function()
  it("trace has scamper's defaults", function()
    local options, read = options_of "trace 192.0.2.1"
    assert.same({ protocol = "udp", port = 33435, size = 44, timeout = 5000, attempts = 2,
      gap_limit = 5, window = 1, max_ttl = 255 }, options)
    assert.same({ "trace", "192.0.2.1", 0, 0 }, { read.kind, read.dst, read.wait, read.user })
  end)

  it("trace takes its options", function()
    local options, read = options_of("trace -P icmp-paris -q1 -f 3 -m 20 -g 2 -l 4 -N 6 -w 0.5s "
      .. "-W 10 -t 8 -U 4294967295 -s 77 -T -O ptr -S 192.0.2.9 192.0.2.1")
    assert.same({ protocol = "icmp", attempts = 1, first_ttl = 3, max_ttl = 20, gap_limit = 2,
      loop_limit = 4, window = 6, timeout = 500, tos = 8, source_port = 77, size = 44,
      stop_on_te_from_dst = true, source = "192.0.2.9" }, options)
    assert.same({ 20, 10, 4294967295 }, { read.limit, read.wait, read.user })
    assert.equal(100, read.options.pace())
  end)

  it("trace sends all attempts with -Q, and a payload with -p", function()
    local options = options_of "trace -Q -q 3 -P udp -d 53 -p 00ff 2001:db8::1"
    assert.same({ 3, 1, "classic", 53, "\0\255" }, { options.queries, options.attempts,
      options.multipath, options.port, options.payload })
    assert.is_nil(options.size)
  end)

  it("trace finds the path MTU with -M", function()
    local options, read = options_of "trace -M -P udp-paris -q 1 192.0.2.1"
    assert.same({ protocol = "udp", port = 33435, timeout = 5000, attempts = 1, gap_limit = 5,
      window = 1, max_ttl = 255 }, options)
    assert.equal("pmtu", read.options.strategy.name)
  end)

  it("tracelb finds all paths", function()
    local options, read = options_of "tracelb -P icmp-echo -q 3 -W 39 -O ptr -c 99 192.0.2.1"
    assert.same({ protocol = "icmp", attempts = 3, timeout = 5000, max_ttl = 255, size = 44,
      gap_limit = 3, max_probes = 3000 }, options)
    assert.same({ 39, 99 }, { read.wait, read.options.strategy.confidence })
    assert.equal(250, select(2, options_of "tracelb 192.0.2.1").options.pace())
  end)

  it("ping has scamper's defaults, and its methods", function()
    local options, read = options_of "ping 192.0.2.1"
    assert.same({ protocol = "icmp", timeout = 1000, max_ttl = 64, size = 84 }, options)
    assert.same({ 4, 1000 }, { read.count, read.wait })
    options, read = options_of "ping -P tcp-ack-sport -c 9 -o 3 -i 0.1 -m 9 -d 80 -W 2 2001:db8::1"
    assert.same({ protocol = "tcp", tcp_flags = "ack", timeout = 2000, max_ttl = 9, port = 80,
      size = 60 }, options)
    assert.same({ 9, 3, 100, 2, true }, { read.count, read.replies, read.wait, read.method,
      read.flows })
  end)

  it("is the same again with another target", function()
    local first = command.read "trace -P icmp-paris -U 5 192.0.2.1"
    local second = command.read "trace -P icmp-paris -U 5 192.0.2.2"
    local other = command.read "trace -P icmp-paris -U 5 2001:db8::2"
    assert.equal("192.0.2.1", first.dst)
    assert.same({ "192.0.2.2", 5, "icmp" }, { second.dst, second.user, second.options.protocol })
    assert.same({ 44, 60 }, { second.options.size, other.options.size })
  end)

  for line, problem in pairs {
    [""] = "use trace, tracelb or ping", ["dealias x"] = "use trace, tracelb or ping",
    ["trace"] = "give one address", ["trace 192.0.2.1 192.0.2.2"] = "give one address",
    ["trace example.org"] = "the target must be an address",
    ["trace 192.0.2.1/24"] = "the target must be an address",
    ["trace -M -P icmp-paris 192.0.2.1"] = "option -M: only with the methods udp and udp-paris",
    ["trace -Y 192.0.2.1"] = "option -Y is not supported",
    ["trace -Zz 1 192.0.2.1"] = "option -Zz is not supported",
    ["trace --help 192.0.2.1"] = "option --help is not supported",
    ["trace -q 192.0.2.1"] = "option -q: must be 1..15",
    ["trace -q 16 192.0.2.1"] = "option -q: must be 1..15",
    ["trace -q 0x3 192.0.2.1"] = "option -q: must be 1..15",
    ["trace -q 1e1 192.0.2.1"] = "option -q: must be 1..15",
    ["trace -q"] = "option -q needs a value",
    ["trace -Q1 192.0.2.1"] = "option -Q has no value",
    ["trace -P dccp 192.0.2.1"] = "option -P: this method is not supported",
    ["trace -P icmp -d 5 192.0.2.1"] = "option -d: ICMP has no port here",
    ["trace -p 0 192.0.2.1"] = "option -p: must be bytes in hexadecimal",
    ["trace -O dltx 192.0.2.1"] = "option -O: only ptr is supported",
    ["trace -w 0 192.0.2.1"] = "option -w: must be 0.001..255 seconds",
    ["trace -U 4294967296 192.0.2.1"] = "option -U: must be 0..4294967295",
    ["tracelb -c 90 192.0.2.1"] = "option -c: must be 95 or 99",
    ["ping -R 192.0.2.1"] = "option -R is not supported",
    ["trace 192.0.2.1\0"] = "only printable characters are allowed",
    ["trace\r192.0.2.1"] = "only printable characters are allowed",
    ["trace \27[31m"] = "only printable characters are allowed",
    ["trace 192.0.2.\195\164"] = "only printable characters are allowed",
  } do
    it(("is refused: %s"):format(line:gsub("%c", "?")), function()
      assert.same({ nil, problem }, { command.read(line) })
    end)
  end

  -- Whatever comes, a command is read or refused with a short text that can be printed.
  it("is never read wrong, however it is damaged", function()
    local seeds = { "trace -P icmp-paris -q 2 192.0.2.1", "ping -c 3 -i 0.5 -s 100 2001:db8::1",
      "tracelb -P udp-sport -W 25 -U 7 192.0.2.1", "trace -p 00ff -S 192.0.2.1 -w 1.5s ::1" }
    local rand, refused = random(11), 0
    for _ = 1, 5000 do
      local line = seeds[rand(#seeds)]
      for _ = 1, rand(5) do
        local at, how = rand(#line + 1) - 1, rand(4)
        if how == 4 then line = line:sub(1, at) .. string.char(rand(256) - 1) .. line:sub(at + 1)
        elseif how == 1 then line = line:sub(1, at) .. line:sub(at + rand(8) + 1)
        elseif how == 2 then line = line:sub(1, at) .. line:sub(rand(#line + 1)) .. line:sub(at)
        else line = line:sub(1, at) .. (" -%s %d"):format(string.char(64 + rand(58)),
          rand(1e9)) .. line:sub(at + 1) end
      end
      local ok, read, problem = pcall(command.read, line)
      assert(ok, line)
      if not read then
        refused = refused + 1
        assert(#problem < 100 and not problem:find "[^\32-\126]", problem)
      else
        assert(read.kind and read.dst and read.options.timeout >= 1, line)
      end
    end
    assert(refused > 1000 and refused < 5000)
    assert.is_nil((command.read(("trace "):rep(1e6))))
    assert.is_nil((command.read("trace " .. ("1"):rep(1e6))))
  end)
end)
