-- SPDX-License-Identifier: MIT
--
-- The first questions to a mtr-packet, and what its answers mean.
local core = require "spec.support.harness.core"

local C, ffi = core.load { "core/net/mtrpacket/greeting.h" }

local EPROTO = -71
local out = ffi.new "char[2048]"

local FEATURES = { "version", "ip-4", "ip-6", "icmp", "udp", "tcp", "sctp", "mark" }
local CAN = { "IP4", "IP6", "ICMP", "UDP", "TCP", "SCTP", "MARK", "RAW" }

local function can(g)
  local words = {}
  for _, name in ipairs(CAN) do
    if math.floor(g.can / C["GREETING_" .. name]) % 2 == 1 then words[#words + 1] = name end
  end
  return table.concat(words, " ")
end

local g = ffi.new "struct greeting"

local function take(line)
  local reply = ffi.new "struct mtrp_reply"
  assert(C.mtrp_parse(line, #line, reply) == 0)
  local n = C.greeting_take(g, reply, out, 2048)
  return n > 0 and ffi.string(out, n) or n
end

-- Answers the features; what it is asked then.
local function features(values, plain)
  C.greeting_start(g, plain or 0, out, 2048)
  local last
  for i, name in ipairs(FEATURES) do
    last = take(("%d feature-support support %s"):format(i, values[name] or "ok"))
    if i < #FEATURES then assert.equal(0, last) end
  end
  return last
end

describe("the greeting", function()
  it("asks for every feature", function()
    local text = ffi.string(out, C.greeting_start(g, 0, out, 2048))
    local got = {}
    for token, name in text:gmatch "(%d+) check%-support feature (%S+)\n" do
      got[tonumber(token)] = name
    end
    assert.same(FEATURES, got)
  end)

  it("then tries whether mtr-packet has its privilege, over IPv4 if possible", function()
    assert.equal("9 send-probe local-ip-4 127.0.0.1 ip-4 127.0.0.1 protocol icmp ttl 1 timeout 1\n"
      .. "10 send-probe local-ip-4 127.0.0.1 ip-4 127.0.0.1 protocol udp ttl 1 timeout 1\n"
      .. "11 send-probe local-ip-4 127.0.0.1 ip-4 127.0.0.1 protocol udp ttl 1 timeout 1\n",
      features { version = "0.95" })
    assert.equal("0.95", ffi.string(g.version))
    assert.equal(95, g.dialect.version)
    assert.truthy(features({ ["ip-4"] = "no" }):find "^9 send%-probe local%-ip%-6 0:0:0:0:0:0:0:1 ")
  end)

  -- the three answers, and what it can do then
  for _, case in ipairs {
    { "reply", "reply", "reply", "IP4 IP6 ICMP UDP TCP MARK RAW" },
    { "reply", "no-reply", "reply", "IP4 IP6 ICMP UDP TCP MARK RAW" },
    { "reply", "no-reply", "no-reply", "IP4 IP6 ICMP MARK" },
    { "no-reply", "no-reply", "no-reply", "IP4 IP6 ICMP UDP TCP MARK RAW" },
    { "no-route", "no-route", "no-route", "IP4 IP6 ICMP UDP TCP MARK RAW" },
    { "no-reply", "reply", "no-reply", "IP4 IP6 ICMP UDP TCP MARK RAW" },
  } do
    it(("takes %s, %s, %s for %s"):format(unpack(case)), function()
      features { sctp = "no" }
      for i = 3, 1, -1 do
        assert.truthy(g.missing ~= 0)
        assert.equal(0, take(("%d %s ip-4 127.0.0.1 round-trip-time 9"):format(8 + i, case[i])))
      end
      assert.equal(0, g.missing)
      assert.equal(case[4], can(g))
      assert.equal(case[4]:find "RAW" and 0 or 1, g.plain)
    end)
  end

  it("does not try a helper that is known to have no privilege", function()
    assert.equal(0, features({ sctp = "no" }, 1))
    assert.same({ 0, 1, 0 }, { g.missing, g.plain, g.tried })
    assert.equal("IP4 IP6 ICMP MARK", can(g))
  end)

  for _, line in ipairs {
    "1 check-support feature version", "1 no-reply", "0 command-parse-error", "9 reply", "17 reply",
    "2147483647 reply", "1 invalid-argument",
  } do
    it("refuses a line that no mtr-packet sends: " .. line, function()
      C.greeting_start(g, 0, out, 2048)
      assert.equal(EPROTO, take(line))
    end)
  end

  it("refuses a second answer", function()
    C.greeting_start(g, 0, out, 2048)
    assert.equal(0, take "2 feature-support support ok")
    assert.equal(EPROTO, take "2 feature-support support ok")
  end)
end)
