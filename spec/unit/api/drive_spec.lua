-- SPDX-License-Identifier: MIT
--
-- core/api/drive.c: waiting for engines and stepping them.
local core = require "spec.support.harness.core"
local paired = require "spec.support.real.paired"

local C, ffi = core.load{ "core/mtr.h" }

ffi.cdef [[
]]

local EINVAL, ESTALE = -22, -116

describe("driving an engine", function()
  local e

  after_each(function()
    local last = e
    e = nil
    paired.finish(last)
  end)

  it("has nothing planned when new, and something once a timer is set", function()
    e = assert(paired.open())
    assert.equal(-1, C.mtr_timeout(e.mtr))
    local timer = ffi.new("uint32_t[1]")
    assert.equal(0, C.mtr_timer(e.mtr, 60000, 5, timer))
    local ms = C.mtr_timeout(e.mtr)
    assert.is_true(ms > 0 and ms <= 60001, ms)
    assert.equal(0, C.mtr_timer_cancel(e.mtr, timer[0]))
    assert.equal(ESTALE, C.mtr_timer_cancel(e.mtr, timer[0]))
    assert.equal(0, #e:step())
  end)

  for _, ms in ipairs{ -1, 0 / 0, 1e12, 1 / 0 } do
    it(("refuses a timer of %g ms"):format(ms), function()
      e = assert(paired.open())
      assert.equal(EINVAL, C.mtr_timer(e.mtr, ms, 0, ffi.new("uint32_t[1]")))
    end)
  end

  it("is readable exactly when a step has work", function()
    e = assert(paired.open())
    local engines = ffi.new("struct mtr *[1]", e.mtr)
    e:step()
    assert.equal(0, C.mtr_wait(engines, 1, -1, 0))
    C.mtr_timer(e.mtr, 0, 77, ffi.new("uint32_t[1]"))
    assert.equal(1, C.mtr_wait(engines, 1, -1, 100))
    -- Where the wheel turns over it is readable a tick of 0.13 ms early, and then again.
    local fired = e:until_event(function(ev) return ev.kind == "TIMER" end, 100)
    assert.equal(77, fired.cookie)
    assert.equal(0, #e:step())
    assert.equal(0, C.mtr_wait(engines, 1, -1, 0))
  end)

  it("gives events again that the caller has not read, first and in their order", function()
    e = assert(paired.open())
    local engines, timer = ffi.new("struct mtr *[1]", e.mtr), ffi.new("uint32_t[1]")
    for cookie = 1, 3 do C.mtr_timer(e.mtr, 0, cookie, timer) end
    local from = C.mtr_now(e.mtr)
    repeat until C.mtr_now(e.mtr) > from + 1           -- all of them are due
    assert.equal(3, C.mtr_step(e.mtr))
    C.mtr_unread(e.mtr, 2)
    assert.equal(0, C.mtr_timeout(e.mtr))
    assert.equal(1, C.mtr_wait(engines, 1, -1, 1000))
    C.mtr_timer(e.mtr, 0, 4, timer)
    local seen = {}
    repeat
      local n = C.mtr_step(e.mtr)
      for i = 0, n - 1 do seen[#seen + 1] = C.mtr_events(e.mtr)[i].cookie end
    until #seen >= 3
    assert.same({ 2, 3, 4 }, seen)
    assert.equal(-1, C.mtr_timeout(e.mtr))
  end)

  it("wakes for the descriptor that is to wake it", function()
    e = assert(paired.open())
    local engines, pair = ffi.new("struct mtr *[1]", e.mtr), ffi.new("int[2]")
    ffi.C.socketpair(1, 2, 0, pair)
    e:step()
    ffi.C.send(pair[0], "x", 1, 0)
    assert.equal(-4, C.mtr_wait(engines, 1, pair[1], 100))
    ffi.C.close(pair[0])
    ffi.C.close(pair[1])
  end)

  it("waits for several engines, and refuses more than it has room for", function()
    e = assert(paired.open())
    local other = assert(paired.open{ seed = 2 })
    local engines = ffi.new("struct mtr *[65]", e.mtr, other.mtr)
    e:step()
    other:step()
    assert.equal(0, C.mtr_wait(engines, 2, -1, 0))
    C.mtr_timer(other.mtr, 0, 1, ffi.new("uint32_t[1]"))
    assert.equal(1, C.mtr_wait(engines, 2, -1, 100))
    assert.equal(EINVAL, C.mtr_wait(engines, 65, -1, 0))
    other:close()
  end)

  it("watches a descriptor for one of two things, and reports it with its cookie", function()
    e = assert(paired.open())
    local pair = ffi.new("int[2]")
    ffi.C.socketpair(1, 2, 0, pair)
    assert.equal(EINVAL, C.mtr_watch(e.mtr, pair[1], C.MTR_EV_TIMER, 1))
    assert.equal(0, C.mtr_watch(e.mtr, pair[1], C.MTR_EV_READABLE, 31))
    ffi.C.send(pair[0], "x", 1, 0)
    local ev = e:until_event(function(ev) return ev.kind == "READABLE" end, 100)
    assert.equal(31, ev.cookie)
    assert.is_true(C.mtr_unwatch(e.mtr, pair[1]) >= 0)
    ffi.C.close(pair[0])
    ffi.C.close(pair[1])
  end)
end)
