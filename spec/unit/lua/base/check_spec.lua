-- SPDX-License-Identifier: MIT
--
-- Options against their declarations.
local check = require "mtr.base.check"

-- A kind, a value it takes, what it makes of it, a value it refuses, the message.
local cases = {
  { check.integer(1, 255), 30, 30, 300, "f: x must be 1..255, got 300" },
  { check.integer(1, 255), 1, 1, 1.5, "f: x must be 1..255, got 1.5" },
  { check.integer(0, 0xffffffff), 0xffffffff, 0xffffffff, "7",
    'f: x must be 0..4294967295, got "7"' },
  { check.integer(0, 9), 0, 0, 0 / 0, "f: x must be 0..9, got nan" },
  { check.duration(1, 1000), "0.5s", 500, "5",
    'f: x must be a duration such as 250, "250ms", "2s" or "1m", from 1 to 1000 ms, got "5"' },
  { check.duration(0, 36e5), "1h", 36e5, "2h",
    'f: x must be a duration such as 250, "250ms", "2s" or "1m", from 0 to 3600000 ms, got "2h"' },
  { check.rate, "max", 0, "often",
    'f: x must be a rate in probes per second, such as 100, "100/s" or "max", got "often"' },
  { check.rate, 1e9, 1e9, 2000000000, 'f: x must be at most 1e9, or "max", got 2000000000' },
  { check.word({ icmp = 1, udp = 17 }, { "icmp", "udp" }), "udp", 17, "udb",
    'f: x must be "icmp" or "udp", got "udb"; did you mean "udp"?' },
  { check.word({ window = 1 }, { "window" }), "window", 1, 3, 'f: x must be "window", got 3' },
  { check.word({ syn = false, ack = true }, { "syn", "ack" }), "syn", false, "no",
    'f: x must be "syn" or "ack", got "no"' },
  { check.type "boolean", false, false, "yes", 'f: x must be a boolean, got "yes"' },
  { check.type "function", print, print, {}, "f: x must be a function, got a table" },
}

local function run(kind, value)
  local taken = "nothing"
  local problem = check.each(check.declare("f", { { name = "x", kind = kind } }), { x = value },
    function(_, got) taken = got end)
  return problem, taken
end

describe("a check", function()
  for i, case in ipairs(cases) do
    local kind, good, made, bad, message = unpack(case)
    it(("takes %s and refuses %s (%d)"):format(tostring(good), tostring(bad), i), function()
      assert.same({ nil, made }, { run(kind, good) })
      local problem = run(kind, bad)
      assert.equal(message, (problem:gsub("%-nan", "nan")))
    end)
  end

  it("takes an address and says its family", function()
    local _, v4 = run(check.address(), "192.0.2.1")
    local _, v6 = run(check.address(6), "2001:db8::1")
    assert.equal(4, v4.family)
    assert.equal(6, v6.family)
    assert.equal(192, v4.bytes[0])
    assert.equal('f: x must be an IPv4 or IPv6 address, got "foo"', run(check.address(), "foo"))
    assert.equal('f: x must be an IPv4 address, got "::1"', run(check.address(4), "::1"))
    assert.equal("f: x must be an IPv6 address, got 6", run(check.address(6), 6))
  end)

  it("refuses unknown names, positions and values that are no table", function()
    local declaration = check.declare("f", { { name = "port", kind = check.any } })
    local function take() end
    assert.equal('f: unknown option "prot"; did you mean "port"?',
      check.each(declaration, { prot = 1 }, take))
    assert.equal("f: options are named, got the key 1", check.each(declaration, { "port" }, take))
    assert.equal("f: options must be a table, got 5", check.each(declaration, 5, take))
    assert.is_nil(check.each(declaration, nil, take))
  end)
end)
