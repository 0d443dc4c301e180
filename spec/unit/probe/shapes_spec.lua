-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/shapes.c.

local core = require "spec.support.harness.core"

local C, ffi = core.load{ "core/probe/shapes.h" }

describe("shapes", function()
  local s

  local function shape(i)
    return ffi.new("struct shape", { flags = i, ext_words = i % 7 })
  end

  before_each(function()
    s = ffi.new("struct shapes")
    C.shapes_init(s)
  end)

  after_each(function()
    C.shapes_close(s)
    assert.equal(0, s.list.count)
    assert.equal(0, s.index.count)
  end)

  it("cannot be stored before room is reserved", function()
    assert.equal(C.SHAPE_NONE, C.shapes_find(s, shape(1)))
  end)

  it("have one number for each kind, at every search", function()
    assert.equal(0, C.shapes_reserve(s, 1000))
    local number = {}
    for i = 1, 1000 do number[i] = C.shapes_find(s, shape(i)) end
    for i = 1000, 1, -1 do assert.equal(number[i], C.shapes_find(s, shape(i))) end
    assert.equal(1000, s.list.used)
    for i = 1, 1000 do
      local kept = ffi.cast("const struct shape *", s.list.chunks[math.floor(number[i] / 32)])
      assert.equal(i, kept[number[i] % 32].flags)
    end
  end)

  it("include one of nothing but zeroes", function()
    C.shapes_reserve(s, 10)
    local number = C.shapes_find(s, ffi.new "struct shape")
    assert.is_true(number < C.SHAPE_NONE)
    assert.equal(number, C.shapes_find(s, ffi.new "struct shape"))
    C.shapes_reserve(s, 10)
    assert.equal(number, C.shapes_find(s, ffi.new "struct shape"))
    assert.equal(1, s.list.used)
  end)

  it("have different numbers when they differ in one field", function()
    C.shapes_reserve(s, 100)
    local seen, n = {}, 0
    for _, field in ipairs{ "flags", "flow", "reply_size", "mtu", "quoted_size", "attempt",
      "family", "protocol", "icmp_type", "icmp_code", "tos", "quoted_ttl", "quoted_tos",
      "ext_words", "changed", "ttl", "reply_ttl" } do
      local one = ffi.new("struct shape")
      one[field] = 1
      seen[C.shapes_find(s, one)] = true
    end
    for _ in pairs(seen) do n = n + 1 end
    assert.equal(17, n)
  end)

  it("are at most 65,535, and these stay known", function()
    assert.equal(0, C.shapes_reserve(s, 100000))
    local one, number = shape(0), {}
    for i = 0, C.SHAPES_MAX - 1 do
      one.mtu, one.attempt = i, 3
      number[i] = C.shapes_find(s, one)
      assert(number[i] ~= C.SHAPE_NONE)
    end
    assert.equal(C.SHAPE_NONE, C.shapes_find(s, shape(0)))
    for i = 0, C.SHAPES_MAX - 1, 997 do
      one.mtu = i
      assert.equal(number[i], C.shapes_find(s, one))
    end
  end)
end)
