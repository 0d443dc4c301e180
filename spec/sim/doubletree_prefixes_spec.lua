-- SPDX-License-Identifier: MIT
--
-- Doubletree's global stop set is one of prefixes, whose lengths can be set for IPv4 and IPv6.
local mtr = require "mtr"

local NETWORK = {
  nodes = {
    me = { "192.0.2.1", "2001:db8::1" }, r1 = { "10.0.0.1", "2001:db8:0:1::1" },
    r2 = { "10.0.0.2", "2001:db8:0:1::2" },
    a = { "10.1.0.1", "2001:db8:7:a::1" }, near = { "10.1.0.77", "2001:db8:7:a::2" },
    same48 = { "10.1.9.1", "2001:db8:7:b::1" }, far = { "10.2.0.1", "2001:db8:8::1" },
  },
  links = { { "me", "r1" }, { "r1", "r2" }, { "r2", "a" }, { "r2", "near" }, { "r2", "same48" },
    { "r2", "far" } },
}

describe("doubletree's prefix", function()
  local engine
  before_each(function() engine = assert(mtr.engine { sim = NETWORK, seed = 1 }) end)
  after_each(function() engine:close() end)

  -- Traces a, then `dst` with the same sets; returns how the second went forward.
  local function second(opts, first, dst)
    opts.state, opts.h = mtr.strategy.doubletree.new_state(), 1
    local strategy = mtr.strategy.doubletree(opts)
    assert.equal("completed", engine:trace(first, { strategy = strategy }).stop_reason)
    return engine:trace(dst, { strategy = strategy }).stop_reason
  end

  for _, case in ipairs {
    { "IPv4, by default /24", {}, "10.1.0.1", "10.1.0.77", "10.1.9.1" },
    { "IPv4 /16", { prefix = 16 }, "10.1.0.1", "10.1.9.1", "10.2.0.1" },
    { "IPv4 /26, between octets", { prefix = 26 }, "10.1.0.77", "10.1.0.77", "10.1.0.1" },
    { "IPv6, by default /48", {}, "2001:db8:7:a::1", "2001:db8:7:b::1", "2001:db8:8::1" },
    { "IPv6 /64", { prefix6 = 64 }, "2001:db8:7:a::1", "2001:db8:7:a::2", "2001:db8:7:b::1" },
  } do
    local name, opts, first, inside, outside = unpack(case)
    it("is of " .. name, function()
      assert.equal("gss", second(opts, first, inside))
      assert.equal("completed", second(opts, first, outside))
    end)
  end

  it("must be a length of its family", function()
    mtr.on_error(function() end)
    local strategy = mtr.strategy.doubletree { prefix6 = 129 }
    local result = engine:trace("2001:db8:8::1", { strategy = strategy })
    mtr.on_error(nil)
    assert.equal("error", result.stop_reason)
    assert.matches("doubletree: prefix6 must be 0..128, got 129", result.error, 1, true)
  end)
end)
