-- SPDX-License-Identifier: MIT
--
-- Compares the hops that the load lab says it has with those that the engine finds. The bare
-- reference of the bench must find as many.

local fakenet = require "spec.lab.fakenet.fakenet"
local lab = require "spec.lab.lab"
local run = require "spec.support.harness.run"

local N = 200
local MTRLUA = os.getenv "MTR_PROGRAM" or "build/mtrlua"
local TRUTH = fakenet.BUILD .. "/truth"

-- Traces the first N destinations at once and prints "DESTINATION HOP ADDRESS".
local SCRIPT = [[
local mtr = require "mtr"
for target in io.lines() do
  mtr.go(function()
    local result = assert(mtr.trace(target, {
      protocol = "%s", attempts = 1, timeout = "500ms", gap_limit = 16 }))
    for _, hop in ipairs(result.hops) do
      if hop.addr then print(result.dst, hop.ttl, hop.addr) end
    end
  end)
end
]]

local function score(net, settings, command)
  local output, status = net:exec(("%s | %s score %d %s"):format(command, TRUTH, N, settings))
  assert.equal(0, status, output)
  local values = {}
  for key, value in output:gmatch "(%w+)=(%S+)" do values[key] = tonumber(value) end
  assert(values.expected, output)
  return values
end

local function traced(settings, protocol)
  return ("%s targets %d %s | %s --rate 20000 -e '%s'"):format(
    TRUTH, N, settings, MTRLUA, SCRIPT:format(protocol))
end

local function assert_all(values)
  assert.is_true(values.expected > 10 * N)
  assert.same({ right = values.expected, wrong = 0, foreign = 0 },
    { right = values.right, wrong = values.wrong, foreign = values.foreign })
end

describe("the load lab behind a TUN device #alone", function()
  local ready, why = lab.available()
  local nets = {}

  local function net_with(settings, kind)
    local key = settings .. (kind or "tun")
    local words = {}
    for word in settings:gmatch "%S+" do words[#words + 1] = word end
    nets[key] = nets[key] or assert(fakenet.up { kind = kind or "tun", settings = words })
    return nets[key]
  end

  teardown(function()
    for _, net in pairs(nets) do net:down() end
  end)

  for _, protocol in ipairs { "icmp", "udp", "tcp" } do
    for _, six in ipairs { "", "six" } do
      it(("answers %s over IPv%d as the truth program says, hop for hop"):format(
        protocol, six == "" and 4 or 6), function()
        if not ready then return pending(why) end
        assert_all(score(net_with "", six, traced(six, protocol)))
      end)
    end
  end

  it("answers the same at the other end of a veth", function()
    if not ready then return pending(why) end
    local net = net_with("", "wire")
    for _, six in ipairs { "", "six" } do
      for _, protocol in ipairs { "icmp", "udp", "tcp" } do
        assert_all(score(net, six, traced(six, protocol)))
      end
    end
  end)

  it("answers as the truth program says for the same other settings", function()
    if not ready then return pending(why) end
    local settings = "seed=7 hops=5 span=9 silent=200 dark=100 balance=1"
    local net = net_with(settings)
    local values = score(net, settings, traced(settings, "udp"))
    assert.same({ values.expected, 0 }, { values.right, values.wrong })
    assert.is_true(score(net, "", traced(settings, "udp")).foreign > 0)
  end)

  it("counts what it answered", function()
    if not ready then return pending(why) end
    local net = net_with "seed=3"
    local values = score(net, "seed=3", traced("seed=3", "icmp"))
    local counts = net:stats()
    local device = net:exec "cat /proc/net/dev":match(net.device .. ": *([^\n]*)")
    local sent = tonumber(device:match("^" .. ("%d+ +"):rep(9) .. "(%d+)"))
    assert.equal(sent, counts.probes + counts.other)
    assert.equal(counts.probes, counts.echo + counts.exceeded + counts.silent)
    assert.equal(values.expected - N, counts.exceeded)
    assert.is_true(counts.echo >= N)
    assert.equal(0, counts.lost)
  end)

  it("delays every answer, over Ethernet as well", function()
    if not ready then return pending(why) end
    for _, kind in ipairs { "tun", "tap", "wire" } do
      local net = assert(fakenet.up { kind = kind, delay_us = 20000 })
      finally(function() net:down() end)
      local output = net:exec(MTRLUA .. [[ -e '
        local reply = assert(require("mtr").probe { dst = "10.0.1.7", ttl = 1 })
        print(reply.rtt)']])
      net:down()
      -- On the wire that begins before the send call is over, which the engine can only guess.
      assert.is_true(tonumber(output) >= (kind == "wire" and 19.9 or 20), output)
    end
  end)

  it("is removed when its owner is killed", function()
    if not ready then return pending(why) end
    local pipe = assert(io.popen([[luajit -e '
      local net = assert(require("spec.lab.fakenet.fakenet").up { kind = "tun" })
      print(net.state.holder)
      io.stdout:flush()
      os.execute("kill -9 $PPID")']]))
    local holder = pipe:read "*l"
    pipe:close()
    assert.truthy(holder:match "^%d+$")
    for _ = 1, 3000 do
      local file = io.open("/proc/" .. holder .. "/stat")
      if not file then return end
      file:close()
      run.pause(0.01)
    end
    error("holder " .. holder .. " lives on")
  end)
end)

describe("a setting of the load lab", function()
  for words, message in pairs {
    ["hops=0"] = "hops is 1 to 16, not '0'",
    ["hops=12 span=6"] = "hops %+ span %- 1, the longest path, is at most 16",
    ["colour=3"] = "unknown setting 'colour=3'",
    ["silent=x"] = "silent is 0 to 1000, not 'x'",
  } do
    it("is refused by name: " .. words, function()
      local pipe = assert(io.popen(TRUTH .. " targets 1 " .. words .. " 2>&1"))
      local output = pipe:read "*a"
      pipe:close()
      assert.truthy(output:find(message), output)
    end)
  end
end)
