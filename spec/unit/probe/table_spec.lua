-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/table.c.

local core = require "spec.support.harness.core"
local inline = require "spec.support.harness.inline"
local path = require "spec.support.virtual.path"
local random = require "spec.support.harness.random"

local C, ffi = core.load{ "core/probe/table.h" }
local I = inline.load("core/probe/table.h")

local NEVER = 0x7fffffffffffffffLL
local SECOND = 1e9

describe("table", function()
  local t

  local function init(max, region)
    t = ffi.new("struct table")
    C.table_init(t, region or 0, max)
    return t
  end
  local function take(now)
    local p = C.table_take(t, now)
    return p ~= nil and p or nil
  end
  local function fill(n, now)
    local list = {}
    for i = 1, n do
      assert(C.table_grow(t, now) == 0)
      list[i] = assert(take(now))
      list[i].state = C.PROBE_SENT
    end
    return list
  end

  before_each(function() init(1) end)

  after_each(function()
    C.table_close(t)
    assert.equal(0, t.slab.count)
  end)

  it("is a probe of at most 128 bytes", function()
    assert.is_true(ffi.sizeof("struct probe") <= 128)
  end)

  it("has nothing before it has grown, and says that it can", function()
    init(100)
    assert.is_nil(take(0))
    assert.is_true(C.table_free_at(t, 5) == 5LL)
    assert.equal(0, C.table_grow(t, 0))
    assert.is_not_nil(take(0))
  end)

  it("names probes by region and place, with a generation, never 0", function()
    init(16, 5)
    for place, p in ipairs(fill(16, 0)) do
      assert.equal(place - 1, I.table_place(p))
      assert.equal(5, math.floor(p.handle / C.TABLE_REGION) % 16)
      assert.equal(1, math.floor(p.handle / 2 ^ 19))
      assert.is_true(I.table_at(t, place - 1) == p)
    end
    assert.is_true(I.table_at(t, 16) == nil)
  end)

  it("gives a clean probe under a new handle each time, over all generations", function()
    init(1)
    local last
    for i = 1, 2 ^ 13 + 10 do
      local p = fill(1, i)[1]
      assert.is_true(p.handle ~= 0 and p.handle ~= last)
      assert.is_true(p.sport == 0 and p.ttl == 0 and p.timer.next == nil)
      last = p.handle
      p.sport, p.ttl = 7, 7
      C.table_retire(t, p, C.PROBE_ANSWERED, i)
    end
  end)

  it("keeps a silent probe's identity until its time, then reuses the oldest first", function()
    init(4)
    local p = fill(4, 0)
    for i = 1, 4 do C.table_retire(t, p[i], C.PROBE_SILENT, i * SECOND) end
    assert.is_nil(take(SECOND - 1))
    assert.is_true(C.table_free_at(t, 0) == ffi.cast("int64_t", SECOND))
    assert.equal(0, I.table_place(take(SECOND)))
    assert.is_nil(take(SECOND))
    assert.equal(1, I.table_place(take(3 * SECOND)))
    assert.equal(2, I.table_place(take(3 * SECOND)))
    assert.is_nil(take(3 * SECOND))
  end)

  it("reuses an answered probe early, the oldest first, but only in a full table", function()
    init(2048)
    local p = fill(1024, 0)
    local late, early = I.table_place(p[7]), I.table_place(p[3])
    C.table_retire(t, p[7], C.PROBE_ANSWERED, SECOND)
    C.table_retire(t, p[3], C.PROBE_ANSWERED, SECOND)
    for _, q in ipairs(fill(1024, 0)) do
      local place = I.table_place(q)
      assert(place ~= late and place ~= early, "reused early")
    end
    assert.equal(late, I.table_place(take(0)))
    assert.equal(early, I.table_place(take(0)))
    assert.is_nil(take(0))
  end)

  it("asks the caller to grow it before it reuses an answered probe", function()
    init(2048)
    assert.equal(0, C.table_grow(t, 0))
    local list = {}
    for i = 1, 1024 do list[i] = take(0) end
    C.table_retire(t, list[1], C.PROBE_ANSWERED, SECOND)
    assert.is_nil(take(0))
    assert.equal(0, C.table_grow(t, 0))
    assert.equal(2048, t.slab.count)
    assert.is_not_nil(take(0))
  end)

  it("grows only when few fresh probes are left", function()
    init(32768)
    for _ = 1, 10 do C.table_grow(t, 0) end
    assert.equal(1024, t.slab.count)
    for _ = 1, 512 do take(0) end
    C.table_grow(t, 0)
    assert.equal(1024, t.slab.count)
    take(0)
    C.table_grow(t, 0)
    assert.equal(2048, t.slab.count)
  end)

  it("prefers probes that are free by time to those only answered", function()
    init(3)
    local p = fill(3, 0)
    C.table_retire(t, p[1], C.PROBE_ANSWERED, 9 * SECOND)
    C.table_retire(t, p[2], C.PROBE_SILENT, 2 * SECOND)
    assert.equal(1, I.table_place(take(2 * SECOND)))
    assert.equal(0, I.table_place(take(2 * SECOND)))
  end)

  it("cannot say when a probe is free while all are outstanding", function()
    init(2)
    fill(2, 0)
    assert.is_nil(take(1e15))
    assert.is_true(C.table_free_at(t, 1e15) == NEVER)
  end)

  it("has room exactly when a probe can be taken", function()
    init(2)
    assert.equal(1, C.table_has_room(t, 0))
    local p = fill(2, 0)
    assert.equal(0, C.table_has_room(t, 1e15))
    C.table_retire(t, p[1], C.PROBE_SILENT, 2 * SECOND)
    assert.equal(0, C.table_has_room(t, 2 * SECOND - 1))
    assert.equal(1, C.table_has_room(t, 2 * SECOND))
    C.table_retire(t, p[2], C.PROBE_ANSWERED, 9 * SECOND)
    assert.equal(1, C.table_has_room(t, 0))
    assert.equal(1, I.table_place(take(0)))
  end)

  it("does not grow while probes are due for reuse", function()
    init(32768)
    local p = fill(600, 0)
    assert.equal(2048, t.slab.count)
    for i = 1, 600 do C.table_retire(t, p[i], C.PROBE_SILENT, SECOND) end
    for now = 0, 100 do
      for _ = 1, 20 do
        assert(C.table_grow(t, SECOND + now) == 0)
        C.table_retire(t, take(SECOND + now), C.PROBE_SILENT, SECOND + now)
      end
    end
    assert.equal(2048, t.slab.count)
  end)

  it("never gives an identity to two probes at a time, nor before its time", function()
    init(300)
    local pick, out, free_at, now = random(9), {}, {}, 0
    for _ = 1, 20000 do
      now = now + pick(3) * 1e6
      assert(C.table_grow(t, now) == 0)
      if pick(2) == 1 then
        local p = take(now)
        if p then
          local place = I.table_place(p)
          assert(not out[place], "given twice")
          assert(not free_at[place] or free_at[place] <= now, "given too early")
          out[place] = p
        end
      else
        local place, p = next(out)
        if place then
          local silent = pick(2) == 1
          free_at[place] = silent and now + SECOND or nil
          C.table_retire(t, p, silent and C.PROBE_SILENT or C.PROBE_ANSWERED, now + SECOND)
          out[place] = nil
        end
      end
    end
  end)

  it("stores in a retired probe which one comes some places later", function()
    init(40)
    local p, behind = fill(40, 0), C.TABLE_AHEAD
    for i = 1, behind + 1 do C.table_retire(t, p[i], C.PROBE_SILENT, i) end
    assert.equal(I.table_place(p[behind + 1]), p[1].newer)
    assert.equal(0xffffffff, p[2].newer)
  end)

  it("reuses probes in order of retirement, and reads none that is in use", function()
    init(40)
    local pick, retired, out, first = random(4), {}, fill(40, 0), 1
    for i = 1, 40 do out[i].newer = i end
    for now = 1, 5000 do
      if pick(2) == 1 and #out > 0 then
        local p = table.remove(out, pick(#out))
        assert.equal(I.table_place(p) + 1, p.newer)
        C.table_retire(t, p, C.PROBE_SILENT, now)
        retired[#retired + 1] = I.table_place(p)
      else
        local p = take(now)
        if p then
          assert.equal(retired[first], I.table_place(p))
          first, p.newer = first + 1, I.table_place(p) + 1
          out[#out + 1] = p
        end
      end
    end
    assert.is_true(first > 1000)
  end)

  it("hashes addresses so that neighbours and families differ", function()
    local seen = {}
    local function fold(text)
      local h = C.table_fold(ffi.cast("const uint8_t *", path.bytes(text)))
      assert.is_nil(seen[h], text)
      seen[h] = true
    end
    for i = 0, 255 do fold("10.0.0." .. i) end
    for i = 0, 255 do fold("10." .. i .. ".1.1") end
    for i = 0, 255 do fold(("2001:db8::%x"):format(i)) end
    for i = 0, 255 do fold(("2001:db8:%x::1:0"):format(i + 1)) end
  end)
end)
