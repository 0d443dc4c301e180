-- SPDX-License-Identifier: MIT
local core = require "spec.support.core"
local inline = require "spec.support.inline"
local random = require "spec.support.random"

local C, ffi = core.load{ "core/probe/cells.h" }
local I = inline.load("core/probe/cells.h")

local KEPT = { "rtt", "at", "flags", "flow", "reply_size", "mtu", "quoted_size", "ttl", "attempt",
  "protocol", "icmp_type", "icmp_code", "reply_ttl", "tcp_flags", "quoted_ttl", "quoted_tos",
  "ext_words" }

describe("cells", function()
  local s, list

  local function empty() return ffi.new("struct cell_list", C.SLAB_NONE, C.SLAB_NONE, 0) end
  local function pattern(n, seed)
    local bytes, pick = {}, random(seed)
    for i = 1, n do bytes[i] = string.char(pick(256) - 1) end
    return table.concat(bytes)
  end
  local function event(i, words)
    local ev = ffi.new("struct mtr_event")
    for k, name in ipairs(KEPT) do ev[name] = (i * 7 + k) % 200 end
    ev.addr[0], ev.addr[15] = i, 255 - i
    ev.ext_words = words or 0
    return ev
  end
  local function add(i, words)
    return C.cells_add(s, list, event(i, words), pattern((words or 0) * 4, i))
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

  before_each(function()
    s, list = ffi.new("struct slab"), empty()
    C.slab_init(s, ffi.sizeof("struct cell"), 64, 6)
    C.slab_reserve(s, 64)
  end)

  after_each(function()
    C.cells_free(s, list)
    assert.equal(C.SLAB_NONE, list.first)
    assert.equal(C.SLAB_NONE, list.last)
    assert.equal(0, s.used)
    C.slab_close(s)
  end)

  it("are 48 bytes", function() assert.equal(48, ffi.sizeof("struct cell")) end)

  for _, case in ipairs{ { 0, 1 }, { 1, 2 }, { 11, 2 }, { 12, 3 }, { 22, 3 }, { 255, 25 } } do
    local words, cells = unpack(case)
    it(("take %d for %d words of extensions, and need_ says so"):format(cells, words), function()
      assert.equal(cells, I.cells_need(words))
      assert.equal(0, add(1, words))
      assert.equal(cells, s.used)
    end)

    it(("give a reply with %d words of extensions back as it was"):format(words), function()
      add(3, words)
      local n = walk(function(cell)
        local ev, ext = ffi.new("struct mtr_event"), ffi.new("uint8_t[1100]")
        ffi.fill(ext, 1100, 0xa5)
        ev.kind, ev.family, ev.trace, ev.cookie = 2, 4, 77, 88
        C.cells_event(s, cell, ev, ext)
        local want = event(3, words)
        for _, name in ipairs(KEPT) do assert.equal(want[name], ev[name]) end
        assert.equal(ffi.string(want.addr, 16), ffi.string(ev.addr, 16))
        assert.equal(pattern(words * 4, 3), ffi.string(ext, words * 4))
        assert.equal(0xa5, ext[words * 4])
        assert.same({ 2, 4, 77, 88 }, { ev.kind, ev.family, ev.trace, ev.cookie })
      end)
      assert.equal(1, n)
    end)
  end

  it("keep the order of arrival, stepping over extensions", function()
    for i, words in ipairs{ 0, 30, 0, 1, 255, 0 } do assert.equal(0, add(i, words)) end
    assert.equal(6, walk(function(cell, n) assert.equal(n, cell.addr[0]) end))
  end)

  it("keep nothing of a reply for which there is no room", function()
    for i = 1, 40 do add(i) end
    assert.equal(-12, add(41, 255))
    assert.equal(40, s.used)
    assert.equal(0, add(42, 253))
    assert.equal(64, s.used)
    assert.equal(-12, add(43))
    assert.equal(41, walk(function() end))
  end)

  it("can be read without their extension bytes", function()
    add(5, 20)
    walk(function(cell)
      local ev = ffi.new("struct mtr_event")
      C.cells_event(s, cell, ev, nil)
      assert.equal(20, ev.ext_words)
    end)
  end)

  it("give the first reply back with its extensions, until there is none", function()
    for i, words in ipairs{ 12, 0, 255 } do add(i, words) end
    for i, left in ipairs{ 26, 25, 0 } do
      walk(function(cell, n) assert.equal(i + n - 1, cell.addr[0]) end)
      C.cells_shift(s, list)
      assert.equal(left, s.used)
    end
    assert.equal(C.SLAB_NONE, list.last)
    add(4)
    assert.equal(1, walk(function(cell) assert.equal(4, cell.addr[0]) end))
  end)

  it("free an empty list without harm, and a list twice", function()
    C.cells_free(s, list)
    add(1, 12)
    C.cells_free(s, list)
    C.cells_free(s, list)
    assert.equal(0, walk(function() end))
  end)
end)
