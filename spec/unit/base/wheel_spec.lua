-- SPDX-License-Identifier: MIT
--
-- Tests core/base/wheel.c.

local core = require "spec.support.harness.core"
local inline = require "spec.support.harness.inline"
local random = require "spec.support.harness.random"

local C, ffi = core.load{ "core/base/wheel.h" }
local I = inline.load("core/base/wheel.h")

local TICK = 2 ^ C.WHEEL_SHIFT
local DAY = 86400e9

describe("wheel", function()
  local w, start, timers

  -- Times are numbers from |start|, which may be beyond what a double holds exactly.
  local function at(offset) return start + ffi.cast("int64_t", offset) end
  local function after(offset, time) return tonumber(time - at(offset)) end
  local function init(from)
    w, start, timers = ffi.new("struct wheel"), ffi.cast("int64_t", from), {}
    C.wheel_init(w, start)
  end
  local function add(offset)
    local t = ffi.new("struct timer")
    timers[#timers + 1] = t
    t.index = #timers
    C.wheel_add(w, t, at(offset))
    return t
  end
  local function expire(offset)
    local t = C.wheel_expire(w, type(offset) == "number" and at(offset) or offset)
    return t ~= nil and t.index or nil
  end
  local function expire_all(offset)
    local list = {}
    for index in function() return expire(offset) end do list[#list + 1] = index end
    return list
  end
  local function next_at()
    local when = C.wheel_next(w)
    if when ~= 0x7fffffffffffffffLL then return when end
  end

  before_each(function() init(123456789012345LL) end)

  after_each(function()
    for _, t in ipairs(timers) do C.wheel_remove(w, t) end
    assert.equal(0, w.count)
    assert.is_nil(next_at())
    for level = 0, C.WHEEL_LEVELS - 1 do assert.is_true(w.busy[level] == 0ULL) end
  end)

  it("has nothing to expire when empty", function()
    assert.is_nil(expire(1e15))
    assert.is_nil(next_at())
  end)

  for _, delay in ipairs{ 0, 1, TICK - 1, TICK, TICK + 1, 63 * TICK, 64 * TICK, 65 * TICK, 1e6, 2e9,
    4096 * TICK, 4097 * TICK, 5e9, 3600e9, DAY, 100 * DAY, 3000 * DAY, 10000 * DAY } do
    it(("fires after %.0f ns: not early, and at most a tick late"):format(delay), function()
      local t = add(delay)
      assert.equal(1, I.wheel_armed(t))
      assert.equal(1, w.count)
      if delay > 0 then assert.is_nil(expire(delay - 1)) end
      assert.equal(1, expire(delay + TICK))
      assert.equal(0, I.wheel_armed(t))
      assert.equal(0, w.count)
      assert.is_nil(expire(delay + TICK))
    end)

    it(("fires after %.0f ns when only woken at wheel_next"):format(delay), function()
      add(delay)
      local wakes, fired = 0
      while not fired do
        local when = next_at()
        assert.is_true(after(delay, when) <= TICK)
        fired = expire(when)
        wakes = wakes + 1
        assert.is_true(wakes <= C.WHEEL_LEVELS + 1, "wakes without end")
        if fired then assert.is_true(after(delay, when) >= 0) end
      end
    end)
  end

  it("fires a timer of the past at once", function()
    expire(1e9)
    add(0)
    assert.equal(1, expire(1e9))
  end)

  it("fires timers of one tick in the order in which they were added", function()
    local from = 5e9 - 5e9 % TICK
    for _, offset in ipairs{ 900, 100, 500, 0, 1000 } do add(from + offset) end
    assert.same({ 1, 2, 3, 4, 5 }, expire_all(from + 2 * TICK))
  end)

  it("keeps that order when some were added long before and some just before", function()
    add(10e9)
    add(10e9)
    expire(5e9)
    add(10e9)
    expire(10e9 - 3 * TICK)
    add(10e9)
    assert.same({ 1, 2, 3, 4 }, expire_all(10e9 + TICK))
  end)

  it("fires earlier timers first even when called late", function()
    add(3e9)
    add(1e6)
    add(7200e9)
    add(2e9)
    assert.same({ 2, 4, 1, 3 }, expire_all(8000e9))
  end)

  it("never fires a removed timer, and removing twice does no harm", function()
    local a, b, c = add(1e6), add(1e6), add(5e9)
    C.wheel_remove(w, a)
    C.wheel_remove(w, a)
    C.wheel_remove(w, c)
    assert.equal(0, I.wheel_armed(a))
    assert.equal(1, w.count)
    assert.same({ 2 }, expire_all(6e9))
    C.wheel_remove(w, b)
    assert.equal(0, w.count)
  end)

  it("lets a timer be armed again, and others be removed, between two expirations", function()
    local a = add(1e6)
    local b = add(1e6)
    assert.equal(1, expire(2e6))
    C.wheel_remove(w, b)
    C.wheel_add(w, a, at(3e6))
    assert.is_nil(expire(2e6))
    assert.same({ 1 }, expire_all(4e6))
  end)

  -- One wheel against a sorted list, over steps from under a tick to hours.
  local function fuzz(from, seed)
    init(from)
    local pick, now, tick, model = random(seed), 0, start / TICK, {}
    local armed = {}
    local function key_of(offset)
      local due = (at(offset) + (ffi.cast("int64_t", TICK) - 1)) / ffi.cast("int64_t", TICK)
      return due > tick and due or tick
    end
    tick = start / ffi.cast("int64_t", TICK)
    for _ = 1, 400 do
      local what = pick(10)
      if what <= 6 then
        local offset = now + math.floor(10 ^ (pick() * 13)) - 1000
        local t = add(offset)
        armed[#armed + 1] = t
        model[t.index] = { key = key_of(offset), offset = offset }
      elseif what == 7 and #armed > 0 then
        local t = table.remove(armed, pick(#armed))
        model[t.index] = nil
        C.wheel_remove(w, t)
      else
        now = now + math.floor(10 ^ (pick() * 12.5))
        local want = {}
        local goal = at(now) / ffi.cast("int64_t", TICK)
        for index, m in pairs(model) do
          if m.key <= goal then want[#want + 1] = index end
        end
        table.sort(want, function(x, y)
          if model[x].key ~= model[y].key then return model[x].key < model[y].key end
          return x < y
        end)
        local got = expire_all(now)
        assert.same(want, got)
        for _, index in ipairs(got) do
          assert.is_true(model[index].offset <= now, "early")
          model[index] = nil
        end
        for i = #armed, 1, -1 do
          if not model[armed[i].index] then table.remove(armed, i) end
        end
        tick = goal
        local when = next_at()
        for _, m in pairs(model) do assert.is_true(after(m.offset, when) <= TICK) end
      end
      assert.equal(#armed, w.count)
    end
  end

  for _, from in ipairs{ 0LL, 1LL, 123456789012345LL, 9007199254740991LL, 576460752303423487LL,
    576460752303000000LL, 4611686018427387904LL } do
    it(("agrees with a sorted list, starting at %s"):format(tostring(from)), function()
      for seed = 1, 12 do
        fuzz(from, seed)
        for _, t in ipairs(timers) do C.wheel_remove(w, t) end
      end
    end)
  end
end)
