-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/hops.c.

local core = require "spec.support.harness.core"

local C, ffi = core.load{ "core/probe/hops.h" }

local ENOMEM = -12

describe("hops", function()
  local s, t

  -- Hop |ttl| as trace_hop finds it.
  local function hop(ttl) return t.hops[(ttl - 1) % (t.hop_mask + 1)] end

  before_each(function()
    s, t = ffi.new("struct hops"), ffi.new("struct trace")
    C.hops_init(s, 100)
  end)

  after_each(function()
    C.hops_give(s, t)
    assert.equal(0, C.hops_used(s))
    C.hops_close(s)
    assert.equal(0, tonumber(C.hops_bytes(s)))
  end)

  for _, case in ipairs{ { 1, 8 }, { 8, 8 }, { 9, 16 }, { 17, 32 }, { 33, 256 }, { 255, 256 } } do
    it(("are %d places for %d"):format(case[2], case[1]), function()
      assert.equal(0, C.hops_open(s, t, case[1]))
      assert.equal(case[2], t.hop_mask + 1)
    end)
  end

  it("reach as many TTLs beyond the settled ones as there are places", function()
    C.hops_open(s, t, 8)
    t.settled = 5
    assert.equal(0, C.hops_fit(s, t, 13))
    assert.equal(7, t.hop_mask)
    assert.equal(ENOMEM, C.hops_fit(s, t, 14))
  end)

  it("grow once memory is reserved, and keep what they hold", function()
    C.hops_open(s, t, 8)
    assert.equal(0, C.hops_used(s))
    t.settled = 5
    for ttl = 6, 13 do hop(ttl).sent = ttl end
    for _, want in ipairs{ { 14, 15 }, { 30, 31 }, { 255, 255 } } do
      assert.equal(ENOMEM, C.hops_fit(s, t, want[1]))
      assert.equal(0, C.hops_reserve(s))
      assert.equal(0, C.hops_fit(s, t, want[1]))
      assert.equal(want[2], t.hop_mask)
      for ttl = 6, 13 do assert.equal(ttl, hop(ttl).sent) end
      for ttl = 14, 5 + want[2] + 1 do assert.equal(0, hop(ttl).sent) end
      assert.equal(1, C.hops_used(s))
    end
  end)

  it("reserve nothing when nothing was missing", function()
    C.hops_open(s, t, 8)
    local before = C.hops_bytes(s)
    assert.equal(0, C.hops_reserve(s))
    assert.equal(before, C.hops_bytes(s))
  end)
end)
