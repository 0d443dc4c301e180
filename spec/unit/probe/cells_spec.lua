-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/cells.c.

local core = require "spec.support.harness.core"
local random = require "spec.support.harness.random"

local C, ffi = core.load{ "core/probe/cells.h" }

local KEPT = { "rtt", "at", "flags", "flow", "reply_size", "mtu", "quoted_size", "ttl", "attempt",
  "family", "protocol", "icmp_type", "icmp_code", "reply_ttl", "tos", "ip_id", "quoted_ttl",
  "quoted_tos", "ext_words" }

describe("cells", function()
  local s, list

  local function empty() return ffi.new("struct cell_list", C.SLAB_NONE, C.SLAB_NONE) end
  local function pattern(n, seed)
    local bytes, pick = {}, random(seed)
    for i = 1, n do bytes[i] = string.char(pick(256) - 1) end
    return table.concat(bytes)
  end
  local function event(i, words, family)
    local ev = ffi.new("struct mtr_event")
    for k, name in ipairs(KEPT) do ev[name] = (i * 7 + k) % 200 end
    ev.family = family or 4
    for k = 0, family == 6 and 15 or 3 do ev.addr[k] = i + k end
    ev.ext_words = words or 0
    return ev
  end
  local function add(i, words, family)
    return C.cells_add(s, list, event(i, words, family), pattern((words or 0) * 4, i))
  end
  local function walk(visit)
    local at, n = ffi.new("uint32_t[1]", C.SLAB_NONE), 0
    while true do
      local cell = C.cells_next(s, list, at)
      if cell == nil then return n end
      n = n + 1
      visit(cell, n)
    end
  end
  -- From now on every new kind of reply carries its shape with it.
  local function use_up_shapes()
    C.shapes_reserve(s.shapes, C.SHAPES_MAX)
    local shape = ffi.new("struct shape")
    for i = 0, C.SHAPES_MAX - 1 do
      shape.mtu, shape.changed = i, 1
      assert(C.shapes_find(s.shapes, shape) ~= C.SHAPE_NONE)
    end
  end
  -- Exactly |n| free cells.
  local function leave(n)
    while s.slab.count - s.slab.used > n do C.slab_take(s.slab) end
  end

  before_each(function()
    s, list = ffi.new("struct cells"), empty()
    C.cells_init(s)
    C.cells_reserve(s, 64)
  end)

  after_each(function() C.cells_close(s) end)

  it("are 20 bytes", function() assert.equal(20, ffi.sizeof("struct cell")) end)

  -- Family, words of extensions, and the cells of a reply whose shape is known, or is its own.
  for _, case in ipairs{
    { 4, 0, 1, 3 }, { 4, 1, 2, 3 }, { 4, 3, 2, 4 }, { 4, 4, 2, 4 }, { 4, 5, 3, 4 },
    { 4, 255, 65, 67 }, { 6, 0, 2, 4 }, { 6, 1, 2, 4 }, { 6, 2, 3, 4 }, { 6, 255, 66, 67 },
  } do
    local family, words = case[1], case[2]
    for own = 0, 1 do
      local kind = own == 1 and "a new kind of reply" or "a reply"
      it(("take %d for %s, IPv%d with %d words of extensions"):format(case[3 + own], kind, family,
        words), function()
        if own == 1 then use_up_shapes() end
        assert.not_equal(C.SLAB_NONE, add(1, words, family))
        assert.equal(case[3 + own], s.slab.used)
        C.cells_free(s, list)
        leave(case[3 + own] - 1)
        local used = s.slab.used
        assert.equal(C.SLAB_NONE, add(1, words, family))
        assert.equal(used, s.slab.used)
        assert.equal(0, walk(function() end))
      end)

      it(("return %s unchanged, IPv%d with %d words"):format(kind, family, words), function()
        if own == 1 then use_up_shapes() end
        local at = add(3, words, family)
        local n = walk(function(cell)
          local ev, ext = ffi.new("struct mtr_event"), ffi.new("uint8_t[1100]")
          ffi.fill(ext, 1100, 0xa5)
          ev.kind, ev.trace, ev.cookie = 2, 77, 88
          C.cells_event(s, cell, ev, ext)
          local want = event(3, words, family)
          for _, name in ipairs(KEPT) do assert.equal(want[name], ev[name]) end
          assert.equal(ffi.string(want.addr, 16), ffi.string(ev.addr, 16))
          assert.equal(pattern(words * 4, 3), ffi.string(ext, words * 4))
          assert.equal(0xa5, ext[words * 4])
          assert.same({ 2, 77, 88 }, { ev.kind, ev.trace, ev.cookie })
          local addr = ffi.new("uint8_t[16]")
          C.cells_addr(s, cell, addr)
          assert.equal(ffi.string(want.addr, 16), ffi.string(addr, 16))
          assert.equal(list.first, at)
        end)
        assert.equal(1, n)
      end)
    end
  end

  it("are read in the order of arrival, without their tails", function()
    for i, words in ipairs{ 0, 30, 0, 1, 255, 0 } do add(i, words, i % 2 == 0 and 6 or 4) end
    assert.equal(6, walk(function(cell, n) assert.equal(n, cell.addr[0]) end))
  end)

  it("can be read without their extension bytes", function()
    add(5, 20)
    walk(function(cell)
      local ev = ffi.new("struct mtr_event")
      C.cells_event(s, cell, ev, nil)
      assert.equal(20, ev.ext_words)
    end)
  end)

  it("release the first reply with its tail, until none is left", function()
    for i, words in ipairs{ 12, 0, 255 } do add(i, words, i == 2 and 6 or 4) end
    for i, left in ipairs{ 67, 65, 0 } do
      walk(function(cell, n) assert.equal(i + n - 1, cell.addr[0]) end)
      C.cells_shift(s, list)
      assert.equal(left, s.slab.used)
    end
    assert.equal(C.SLAB_NONE, list.last)
    add(4)
    assert.equal(1, walk(function(cell) assert.equal(4, cell.addr[0]) end))
  end)

  it("free an empty list without harm, and a list twice", function()
    C.cells_free(s, list)
    add(1, 12, 6)
    C.cells_free(s, list)
    C.cells_free(s, list)
    assert.equal(0, walk(function() end))
    assert.equal(0, s.slab.used)
    assert.equal(C.SLAB_NONE, list.last)
  end)
end)
