-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/timers.c.

local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"

local C = core.load{ "core/probe/core.h" }

local ESTALE = -116

describe("timers", function()
  local d

  local function open(o, places) d = drive.over(o, places) end

  after_each(function() d:close() end)

  it("fire on time, in order and once, and not after they were cancelled", function()
    open()
    local handle = {}
    for i, ms in ipairs{ 30, 10, 20, 10, 0 } do
      handle[i] = C.timers_start(d.core, ms * 1e6, i, d.now)
    end
    assert.equal(0, C.timers_cancel(d.core, handle[3]))
    assert.equal(ESTALE, C.timers_cancel(d.core, handle[3]))
    d:run()
    local order = {}
    for i, e in ipairs(d:of("TIMER")) do
      order[i] = e.cookie
      assert.equal(handle[e.cookie], e.trace)
    end
    assert.same({ 5, 2, 4, 1 }, order)
    assert.is_true(d.now - 1e12 - 30e6 < 2 ^ 17 + 1)
    for _, stale in ipairs{ handle[1], 0, 0xffffffff, handle[1] + 2 ^ 20 } do
      assert.equal(ESTALE, C.timers_cancel(d.core, stale))
    end
  end)

  it("are accepted while there is memory for them, each with its own handle", function()
    open()
    local seen = {}
    for i = 1, 200 do
      local handle = C.timers_start(d.core, 5e6, i, d.now)
      assert.is_true(handle ~= 0 and not seen[handle])
      seen[handle] = true
    end
    assert.equal(200, d.core.timers.used)
    d:run()
    assert.equal(200, #d:of "TIMER")
    assert.equal(0, d.core.timers.used)
  end)
end)
