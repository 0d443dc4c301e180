-- SPDX-License-Identifier: MIT
--
-- Tests core/base/slab.c.

local core = require "spec.support.harness.core"
local inline = require "spec.support.harness.inline"
local random = require "spec.support.harness.random"

local C, ffi = core.load{ "core/base/slab.h" }
local I = inline.load("core/base/slab.h")

local NONE = C.SLAB_NONE

describe("slab", function()
  local s

  local function init(size, max, shift)
    s = ffi.new("struct slab")
    C.slab_init(s, size, max, shift)
    return s
  end

  local function words(i) return ffi.cast("uint32_t *", I.slab_at(s, i)) end

  after_each(function()
    C.slab_close(s)
    assert.equal(0, s.count)
    assert.equal(0, s.used)
    assert.equal(0, tonumber(C.slab_bytes(s)))
    assert.equal(NONE, C.slab_take(s))
  end)

  it("has nothing and gives nothing before it is told to grow", function()
    init(16, 100, 2)
    assert.equal(NONE, C.slab_take(s))
    assert.equal(0, tonumber(C.slab_bytes(s)))
  end)

  it("grows by whole chunks, as many as the reserve needs", function()
    init(16, 100, 2)
    assert.equal(0, C.slab_reserve(s, 5))
    assert.equal(8, s.count)
    assert.equal(8 * 16, tonumber(C.slab_bytes(s)))
    assert.equal(0, C.slab_reserve(s, 8))
    assert.equal(8, s.count)
    C.slab_take(s)
    assert.equal(0, C.slab_reserve(s, 8))
    assert.equal(12, s.count)
  end)

  for _, case in ipairs{ { 1, 0 }, { 3, 0 }, { 3, 2 }, { 4, 2 }, { 5, 2 }, { 17, 2 }, { 33, 4 } } do
    local max, shift = unpack(case)
    it(("gives exactly %d elements in chunks of %d"):format(max, 2 ^ shift), function()
      init(8, max, shift)
      assert.equal(0, C.slab_reserve(s, 1000))
      local seen = {}
      for _ = 1, max do
        local i = C.slab_take(s)
        assert.is_true(i < max and not seen[i])
        seen[i] = true
      end
      assert.equal(NONE, C.slab_take(s))
      assert.equal(max, s.used)
      assert.equal(0, C.slab_reserve(s, 1))
      assert.equal(max, s.count)
    end)
  end

  it("gives new elements that are zero behind the slab's own four bytes", function()
    init(24, 64, 3)
    C.slab_reserve(s, 64)
    for _ = 1, 64 do
      local w = words(C.slab_take(s))
      for k = 1, 5 do assert.equal(0, w[k]) end
    end
  end)

  it("keeps what lay behind the first four bytes of a freed element", function()
    init(16, 1, 0)
    C.slab_reserve(s, 1)
    local i = C.slab_take(s)
    words(i)[1], words(i)[3] = 0xdead, 0xbeef
    C.slab_give(s, i)
    assert.equal(i, C.slab_take(s))
    assert.equal(0xdead, words(i)[1])
    assert.equal(0xbeef, words(i)[3])
  end)

  it("never moves an element when it grows", function()
    init(8, 1000, 1)
    C.slab_reserve(s, 1)
    local first = I.slab_at(s, C.slab_take(s))
    for _ = 1, 300 do
      C.slab_reserve(s, 1)
      C.slab_take(s)
    end
    assert.is_true(first == I.slab_at(s, 0))
  end)

  it("takes a whole chain back at once", function()
    init(16, 200, 3)
    C.slab_reserve(s, 8)
    local i, seen = {}, {}
    for k = 1, 5 do i[k] = C.slab_take(s) end
    for _, link in ipairs{ { 2, 4 }, { 4, 1 } } do
      ffi.cast("uint32_t *", words(i[link[1]]))[0] = i[link[2]]
    end
    C.slab_give_chain(s, i[2], i[1], 3)
    assert.equal(2, s.used)
    for k, want in ipairs{ i[2], i[4], i[1] } do assert.equal(want, C.slab_take(s), k) end
    for k = 1, 5 do seen[i[k]] = true end
    for _ = 6, 8 do assert.is_nil(seen[C.slab_take(s)]) end
    assert.equal(NONE, C.slab_take(s))
  end)

  it("keeps every element's content over random takes and gives", function()
    init(16, 200, 3)
    local pick, live, n = random(5), {}, 0
    for step = 1, 5000 do
      if pick(2) == 1 then
        C.slab_reserve(s, 1)
        local i = C.slab_take(s)
        assert.equal(n == 200, i == NONE)
        if i ~= NONE then
          assert.is_nil(live[i])
          words(i)[0], words(i)[2] = step, step
          live[i], n = step, n + 1
        end
      else
        local i = next(live)
        if i then
          assert.equal(live[i], words(i)[0])
          assert.equal(live[i], words(i)[2])
          C.slab_give(s, i)
          live[i], n = nil, n - 1
        end
      end
      assert.equal(n, s.used)
    end
  end)
end)
