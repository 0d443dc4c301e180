-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/opts.c.

local core = require "spec.support.harness.core"

local C, ffi = core.load{ "core/probe/opts.h" }

describe("options of traces", function()
  local s

  local function like(tos, field, value)
    local o = ffi.new("struct opts", { tos = tos, window = 8 })
    if field then o[field] = value end
    return o
  end

  before_each(function()
    s = ffi.new("struct opts_store")
    C.opts_init(s, 1000)
  end)

  after_each(function()
    assert.equal(0, s.slab.used)
    C.opts_close(s)
  end)

  it("are shared by traces with equal ones, until the last releases them", function()
    local a, b = C.opts_take(s, like(1)), C.opts_take(s, like(1))
    assert.equal(a, b)
    assert.equal(2, a.users)
    C.opts_give(s, a)
    assert.equal(1, s.slab.used)
    C.opts_give(s, b)
  end)

  it("are not shared when any field differs", function()
    local taken = { C.opts_take(s, like(1)) }
    for field, value in pairs{ want = 1, timeout = 1, mark = 1, interface = 1, flow_label = 1,
      flags = 1, flow = 1, dport = 1, by_source = 1, family = 1, window = 1, loop_limit = 1 } do
      taken[#taken + 1] = C.opts_take(s, like(1, field, value))
    end
    assert.equal(#taken, s.slab.used)
    for _, o in ipairs(taken) do C.opts_give(s, o) end
  end)

  it("are searched among the last few only", function()
    local first = C.opts_take(s, like(0))
    local taken = { first }
    for tos = 1, C.OPTS_RECENT do taken[#taken + 1] = C.opts_take(s, like(tos)) end
    local again = C.opts_take(s, like(0))
    assert.not_equal(first, again)
    assert.equal(0, again.tos)
    taken[#taken + 1] = again
    for _, o in ipairs(taken) do C.opts_give(s, o) end
  end)

  it("are not found after they were released and their place used again", function()
    C.opts_give(s, C.opts_take(s, like(5)))
    local other = C.opts_take(s, like(6))
    assert.equal(6, other.tos)
    local five = C.opts_take(s, like(5))
    assert.equal(5, five.tos)
    assert.not_equal(other, five)
    C.opts_give(s, other)
    C.opts_give(s, five)
  end)
end)
