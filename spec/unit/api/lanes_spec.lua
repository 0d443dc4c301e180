-- SPDX-License-Identifier: MIT
--
-- core/api/lanes.c: lanes of an engine, over engines that cannot send (paired.lua).
local core = require "spec.support.harness.core"
local paired = require "spec.support.real.paired"

local C, ffi = core.load { "core/mtr.h" }

local EINVAL, ESTALE = -22, -116

describe("the lanes of an engine", function()
  local e

  after_each(function()
    local last = e
    e = nil
    paired.finish(last)
  end)

  it("have a rate above 0 that a clock can keep", function()
    e = assert(paired.open {})
    for _, rate in ipairs { 0, -1, 1e-9, 2e9, 0 / 0 } do
      assert.equal(EINVAL, C.mtr_lane(e.mtr, rate))
      assert.equal(EINVAL, C.mtr_lane_rate(e.mtr, 1, rate))
    end
    assert.equal(1, C.mtr_lane(e.mtr, 1e-6))
    assert.equal(2, C.mtr_lane(e.mtr, 1e9))
    assert.equal(0, C.mtr_lane_rate(e.mtr, 1, 1e9))
  end)

  it("are kept while a trace has them, and their numbers are used again", function()
    e = assert(paired.open { rate = 1 / 3600 })
    local lane = C.mtr_lane(e.mtr, 5)
    local lanes = ffi.new("uint32_t[4]", { 0, lane })
    local handle = assert(e:start { lanes = lanes, gap_limit = 0 })
    assert.equal(0, C.mtr_lane_close(e.mtr, lane))
    assert.equal(EINVAL, select(2, e:start { lanes = lanes }))
    local other = C.mtr_lane(e.mtr, 5)
    assert.not_equal(lane, other)
    C.mtr_stop(e.mtr, handle, C.MTR_STOP_HALTED, 0, 0)
    e:done(handle)
    assert.equal(0, C.mtr_release(e.mtr, handle))
    assert.equal(lane, C.mtr_lane(e.mtr, 5))
  end)

  it("that are not open start no trace, and the reason is told", function()
    e = assert(paired.open {})
    local handle, code, why = e:start { lanes = ffi.new("uint32_t[4]", { 9, 0 }) }
    assert.same({ nil, EINVAL, "a lane is not open" }, { handle, code, why })
    assert.equal(ESTALE, C.mtr_lane_close(e.mtr, 9))
    assert.equal(ESTALE, C.mtr_lane_rate(e.mtr, 9, 5))
  end)
end)
