-- SPDX-License-Identifier: MIT
--
-- Tests core/base/heap.c.

local core = require "spec.support.harness.core"
local random = require "spec.support.harness.random"

local C, ffi = core.load{ "core/base/heap.h" }

describe("heap", function()
  local h

  before_each(function() h = ffi.new "struct heap" end)

  local function alloc(size) return ffi.cast("uint8_t *", C.heap_alloc(h, nil, 0, size)) end
  local function resize(block, old, size)
    return ffi.cast("uint8_t *", C.heap_alloc(h, block, old, size))
  end
  local function free(block, size) assert.is_true(C.heap_alloc(h, block, size, 0) == nil) end

  it("returns nothing for a size of 0", function()
    assert.is_true(C.heap_alloc(h, nil, 0, 0) == nil)
    assert.equal(0, tonumber(h.pieces))
  end)

  it("uses a small block again for the next one of its size, and for no other", function()
    local a = alloc(33)
    free(a, 33)
    local b = alloc(49)
    assert.is_false(a == b)
    assert.is_true(a == alloc(48))
    free(b, 49)
  end)

  it("leaves a block where it is while its size in steps stays", function()
    local a = alloc(17)
    a[16] = 7
    assert.is_true(a == resize(a, 17, 32))
    local b = resize(a, 32, 33)
    assert.is_false(a == b)
    assert.equal(7, b[16])
    free(b, 33)
  end)

  it("has sizes of which each block wastes less than a fifth, or 16 bytes", function()
    local ends
    local function cut(size)
      ends = alloc(size)
      return tonumber(h.next - ends)
    end
    for _, size in ipairs{ 1, 15, 16, 17, 1008, 1009, 1024, 1025, 1280, 1281, 1536, 2047, 2048,
      2049, 5000, 65535, 65536, 65537, 100000, 131071, 131072 } do
      local taken = cut(size)
      assert.is_true(taken >= size and (taken - size < 16 or taken - size < taken / 5), size)
      assert.is_true(ends == resize(ends, size, taken))
      free(ends, size)
      assert.is_true(ends == alloc(taken), size)
    end
    local pieces = h.pieces
    local large = alloc(131073)
    assert.is_true(pieces == h.pieces)
    free(large, 131073)
  end)

  it("cuts from huge pages once the first megabyte is cut", function()
    local MIB = 1024 * 1024
    for _ = 1, 1024 do alloc(1024) end
    assert.equal(MIB, tonumber(h.pieces))
    local first = alloc(1024)
    assert.equal(3 * MIB, tonumber(h.pieces))
    assert.equal(0, tonumber(ffi.cast("uintptr_t", first) % (2 * MIB)))
    for _ = 1, 2047 do alloc(1024) end
    assert.equal(3 * MIB, tonumber(h.pieces))
    alloc(16)
    assert.equal(5 * MIB, tonumber(h.pieces))
  end)

  it("keeps every block's content over random calls, aligned and apart", function()
    local pick = random(7)
    local live, n, bytes = {}, 0, 0
    local function fill(b) ffi.fill(b.at, b.size, b.mark) end
    local function check(b)
      assert.equal(0, tonumber(ffi.cast("uintptr_t", b.at) % 16))
      for i = 0, b.size - 1, math.max(1, b.size - 1) do assert.equal(b.mark, b.at[i]) end
    end
    local function size() return pick(4) == 1 and pick(200000) or pick(200) end
    for step = 1, 5000 do
      local what, at = pick(3), pick(math.max(n, 1))
      local b = live[at]
      if what == 1 or not b then
        n = n + 1
        live[n] = { size = size(), mark = step % 256 }
        live[n].at = alloc(live[n].size)
        fill(live[n])
      elseif what == 2 then
        local new = size()
        b.at = resize(b.at, b.size, new)
        assert.equal(b.mark, b.at[0])
        assert.equal(b.mark, b.at[math.min(b.size, new) - 1])
        b.size = new
        fill(b)
      else
        check(b)
        free(b.at, b.size)
        live[at] = live[n]
        live[n] = nil
        n = n - 1
      end
    end
    for i = 1, n do
      check(live[i])
      bytes = bytes + live[i].size
      free(live[i].at, live[i].size)
    end
    assert.is_true(bytes > 0)
  end)
end)
