-- SPDX-License-Identifier: MIT
--
-- scripts/trace.lua, run from the command line: in every topology its text and its JSON Lines show
-- the path that the lab declares; options and ^C do what --help says. Wrong usage and failures are
-- in trace_failure_spec.lua.

local lab = require "spec.lab.lab"
local nets = require "spec.support.real.nets"
local runs = require "spec.support.harness.run"

local TRACE = '"$MTR_PROGRAM" --rate 0 scripts/trace.lua '
local MARKS = { v4 = { [0] = "!N", [1] = "!H", [13] = "!X" },
  v6 = { [0] = "!N", [1] = "!X", [3] = "!H" } }
local BYTES = { v4 = { icmp = 60, udp = 60, tcp = 44 }, v6 = { icmp = 80, udp = 80, tcp = 64 } }
local PORTS = { icmp = "", udp = " port 33434", tcp = " port 80" }

local available, reason = lab.available()

local function up(words)
  if not available then pending(reason) end
  return nets.up(words)
end

local function run(l, command)
  return runs.run(l and l:command(command) or command)
end

local records = runs.records

local function includes(list, value)
  for _, v in ipairs(list) do
    if v == value then return true end
  end
  return false
end

-- What the topology declares: lists of addresses, false where nobody answers, by TTL.
local function truth_of(l, protocol, v)
  local truth = l.truth
  local hops = { unpack(truth[v]) }
  if protocol == "udp" and truth.udp then hops[#hops] = { truth.udp[v] } end
  if truth.stop == "loop" then hops = { unpack(hops, 1, 5) } end
  if truth.stop == "gaplimit" then hops[7], hops[8] = false, false end
  return hops
end

local function check_record(l, protocol, v, record)
  local hops = truth_of(l, protocol, v)
  assert.same({ protocol, l["src" .. v:sub(2)], l["dst" .. v:sub(2)], l.truth.stop, #hops },
    { record.protocol, record.src, record.dst, record.stop_reason, #record.hops })
  for ttl, expected in ipairs(hops) do
    local hop = record.hops[ttl]
    assert.equal(ttl, hop.ttl)
    if expected then
      assert(includes(expected, hop.addr), ("%s %s ttl %d: %s"):format(protocol, v, ttl, hop.addr))
      assert.equal(3, #hop.replies)
    else
      assert.same({ ttl = ttl, replies = {}, unanswered = 3 }, hop)
    end
  end
end

-- A hop's line with T for each time.
local function check_line(l, protocol, v, ttl, expected, line)
  local addr, rest = line:match "^ %d  (%S+)(.*)$"
  assert.equal((" %d "):format(ttl), line:sub(1, 3))
  if not expected then return assert.equal(" * * *", line:sub(4)) end
  assert(includes(expected, addr), line)
  local unreach, nat = l.truth.unreach and l.truth.unreach[v], l.truth.nat
  local mark = unreach and ttl == unreach.ttl and " " .. MARKS[v][unreach.code] or ""
  local flags, quoted = "", ttl < 5 or protocol == "udp"
  if nat and nat.quoted.v4 ~= l.src4 and ttl >= nat.ttl and quoted then
    flags = " [nat]"
  elseif protocol == "udp" and l.truth.udp and ttl == 4 then
    flags = " [other_addr]"
  end
  assert.equal(flags .. ("  T ms" .. mark):rep(3), rest)
end

local function check_text(l, protocol, v, text)
  local hops, lines, dst = truth_of(l, protocol, v), {}, l["dst" .. v:sub(2)]
  text = text:gsub("%d+%.%d%d%d ms", "T ms")
  for line in text:gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  assert.equal(("trace to %s (%s), 30 hops max, %d byte packets, %s%s"):format(
    dst, dst, BYTES[v][protocol], protocol, PORTS[protocol]), table.remove(lines, 1))
  for ttl, expected in ipairs(hops) do
    check_line(l, protocol, v, ttl, expected, table.remove(lines, 1))
  end
  local stop = l.truth.stop ~= "completed" and "stopped: " .. l.truth.stop or nil
  assert.same({ stop }, lines)
end

describe("trace in", function()
  after_each(nets.down)
  teardown(runs.clean)

  for _, topology in ipairs {
    "chain 8", "chain 3 udp=33434 tcp=80", "diamond 4", "filter", "filter prerouting", "nat",
    "nat broken=1", "mtu", "silent", "unreach", "unreach host", "unreach admin", "twohomed", "loop",
    "blackhole",
  } do
    it(topology .. " prints the true path, in text and in JSON", function()
      local l = up(topology)
      -- Where somebody is silent, all runs at once: they take their time.
      local slow = topology == "silent" or topology == "blackhole"
      local wait = slow and 0.5 or 2   -- the programs that answer may have to wait for a processor
      local command = { "rm -f $DIR/*.jsonl $DIR/*.text" }
      for protocol in pairs(PORTS) do
        for _, format in ipairs { "jsonl", "text" } do
          command[#command + 1] = TRACE .. ("-w %g -p %s -o %s %s %s >$DIR/%s.%s %s"):format(
            wait, protocol, format, l.dst4, l.dst6, protocol, format, slow and "&" or "")
        end
      end
      local got = run(l, table.concat(command, "\n") .. "\nwait")
      assert.same({ 0, "" }, { got.status, got.err })
      for protocol in pairs(PORTS) do
        local list = records(runs.read(runs.dir() .. "/" .. protocol .. ".jsonl"))
        assert.equal(2, #list)
        check_record(l, protocol, "v4", list[1])
        check_record(l, protocol, "v6", list[2])
        local text4, text6 = runs.read(runs.dir() .. "/" .. protocol .. ".text"):match(
          "^(.-\n)\n(.*)$")
        check_text(l, protocol, "v4", text4)
        check_text(l, protocol, "v6", text6)
      end
    end)
  end
end)

describe("trace", function()
  after_each(nets.down)
  teardown(runs.clean)

  it("traces several targets to a TCP port", function()
    local l = up "chain 8 tcp=443"
    local middle = l.truth.v4[4][1]
    local got = run(l, TRACE .. ("-o jsonl -p tcp --port 443 %s %s %s"):format(
      l.dst4, l.dst6, middle))
    assert.same({ 0, "" }, { got.status, got.err })
    local list = records(got.out)
    assert.equal(3, #list)
    check_record(l, "tcp", "v4", list[1])
    check_record(l, "tcp", "v6", list[2])
    assert.same({ middle, 443, 4, "completed" },
      { list[3].dst, list[3].dport, list[3].hop_count, list[3].stop_reason })
    local open, closed = list[1].hops[8].replies[1], list[3].hops[4].replies[1]
    assert.same({ 0x12, 0x14 }, { open.tcp_flags, closed.tcp_flags })
    assert.is_true(open.mss > 0)
  end)

  it("obeys its options", function()
    local l = up "chain 5"
    local interface = l:exec("ip route get " .. l.dst4):match " dev (%S+)"
    local got = run(l, TRACE .. ("-o jsonl -U -f 2 -m 4 -q 2 -N 1 --attempts 3 -w 2500ms "
      .. "--port 4000 --source-port 5000 -t 0x10 -F --size 100 -n -i %s -s %s %s"):format(
      interface, l.src4, l.dst4))
    assert.equal("", got.err)
    local r = records(got.out)[1]
    assert.same({ "udp", 2, 4, 4000, 5000, 100, 6, "hoplimit" }, { r.protocol, r.first_ttl,
      r.hop_count, r.dport, r.sport, r.size, r.probe_count, r.stop_reason })
    local quoted = r.hops[2].replies[1].quoted
    assert.same({ 0x10, 100 }, { quoted.tos, quoted.size })
  end)

  it("takes names, and says which address it traces", function()
    local l = up "chain 2"
    local out = run(l, TRACE .. "-4 localhost").out
    local head = "^trace to localhost %(127%.0%.0%.1%), .*\n 1  "
    assert(out:find(head .. "localhost %(127%.0%.0%.1%)  %d"), out)
    out = run(l, TRACE .. "-4 -n localhost").out
    assert(out:find(head .. "127%.0%.0%.1  %d"), out)
  end)

  it("shows every branch to probes that do not keep to one path", function()
    local l = up "diamond 4"
    local out = run(l, TRACE .. "-U -q 16 --multipath classic " .. l.dst4).out
    local line, seen = out:match "\n( 2  [^\n]*)\n", 0
    for _, addr in ipairs(l.truth.v4[2]) do
      seen = seen + (line:find(" " .. addr .. "  ", 1, true) and 1 or 0)
    end
    assert.is_true(seen >= 3, line)
    assert.equal(16, select(2, line:gsub(" ms", "")))
  end)

  it("shows the router that refused large packets, and sends smaller ones", function()
    local l = up "mtu"
    for v, size in pairs { v4 = "--size 1450 -F ", v6 = "--size 1450 " } do
      local big = l.truth.too_big[v]
      local out = run(l, TRACE .. "-I -q 1 " .. size .. l["dst" .. v:sub(2)]).out
      out = out:gsub("%d+%.%d%d%d ms", "T ms")
      local want = (" 3  %s  T ms !F-%d %s  T ms\n"):format(big.addr, big.mtu, l.truth[v][3][1])
      assert(out:find(want, 1, true), out)
      assert(not out:find "stopped", out)
    end
  end)

  it("prints in the order given, though the first target takes longest", function()
    local l = up "silent"
    local near = l.truth.v4[1][1]
    local list = ("'# targets\\r\\n%s # far\\r\\n\\n  %s\\n%s'"):format(l.dst4, near, l.dst6)
    local got = run(l, "printf " .. list .. " | " .. TRACE .. "-w 0.5 -q 1 -")
    local order = {}
    for target in got.out:gmatch "trace to (%S+)" do order[#order + 1] = target end
    assert.same({ l.dst4, near, l.dst6 }, order)
    assert.equal(3 + 6 + 1 + 6 + 2, select(2, got.out:gsub("\n", "")))
  end)

  it("prints hops as they arrive, and ends what is under way on ^C", function()
    local l = up "blackhole"
    -- How many routers have said that a probe's time is over, to the probes of both versions.
    local function expired()
      local v4, v6 = l:exec([[awk '/^Icmp: [0-9]/ { print $6 }
        $1 == "Icmp6InTimeExcds" { print $2 }' /proc/net/snmp /proc/net/snmp6]])
        :match "^(%d+)\n(%d+)\n$"
      return v4 + v6
    end
    -- How many sockets have packets that nobody has read.
    local function unread()
      return tonumber((l:exec [[cat /proc/net/raw /proc/net/raw6 |
        awk 'split($5, queue, ":") == 2 && queue[2] ~ /[1-9A-F]/ { n++ } END { print n + 0 }']]))
    end
    for _, format in ipairs { "text", "jsonl" } do
      local before = expired()
      local pipe = assert(io.popen(l:command(("echo $$; exec %s -w 60 -o %s %s %s"):format(
        TRACE, format, l.dst4, l.dst6)) .. "; echo status $?"))
      local pid, lines = pipe:read "*l", {}
      for i = 1, format == "text" and 4 or 0 do lines[i] = pipe:read "*l" end
      repeat runs.pause(0.05) until expired() >= before + 2 * 3 * 3
      repeat runs.pause(0.2) until unread() == 0
      os.execute("kill -INT " .. pid)
      local rest = pipe:read "*a"
      pipe:close()
      assert.equal("status 130\n", rest:match "[^\n]*\n$")
      if format == "text" then
        assert.equal(" 3  " .. l.truth.v4[3][1], lines[4]:match "^ %d  [%d.]+")
        assert(rest:find("^stopped: halted\n\ntrace to " .. l.dst6), rest)
        assert(rest:find "\nstopped: halted\nstatus", rest)
      else
        local list = records((rest:gsub("[^\n]*\n$", "")))
        assert.same({ l.dst4, "halted", 3 },
          { list[1].dst, list[1].stop_reason, list[1].hop_count })
        assert.same({ l.dst6, "halted", 3 },
          { list[2].dst, list[2].stop_reason, list[2].hop_count })
      end
    end
  end)
end)
