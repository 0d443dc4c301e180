-- SPDX-License-Identifier: MIT
--
-- Sets of prefixes against a slow model, with few prefixes and with many.
local core = require "spec.support.harness.core"

local C, ffi = core.load { "core/mtr.h" }

local EINVAL, FULL = -22, { [4] = 32, [6] = 128 }
local length, bytes = ffi.new "uint32_t[1]", ffi.new "uint8_t[16]"

-- A small generator, so that each run is the same.
local function dice(seed)
  local i = 0
  return function(n)
    i = i + 1
    return C.mtr_shuffle(i % 2 ^ 40, 2 ^ 40, seed) % n
  end
end

-- The first bits of an address as a key of the model.
local function head(address, n)
  local whole = math.floor(n / 8)
  local byte = address[whole + 1] or 0
  return n .. ":" .. string.char(unpack(address, 1, whole)) .. byte - byte % 2 ^ (8 - n % 8)
end

local function load(address)
  for i = 0, 15 do bytes[i] = address[i + 1] or 0 end
  return bytes
end

-- A set and its model, which can be asked for the number and the length of an address.
local function both(family)
  local set, model, added = ffi.gc(C.mtr_prefixes_new(), C.mtr_prefixes_free), {}, 0
  return {
    add = function(address, n)
      added = added + 1
      assert(added == C.mtr_prefixes_add(set, load(address), family, n))
      model[head(address, n)] = added
    end,
    same = function(address)
      local number, bits
      for n = FULL[family], 0, -1 do
        number, bits = model[head(address, n)], n
        if number then break end
      end
      length[0] = 0
      local found = C.mtr_prefixes_find(set, load(address), family, length)
      if found ~= (number or 0) or number and length[0] ~= bits then
        assert.same({ number, bits }, { found, length[0] }, table.concat(address, "."))
      end
    end,
  }
end

-- Addresses of few different bytes, so that prefixes lie in each other.
local function random_address(roll, family, kinds)
  local address = {}
  for i = 1, family == 4 and 4 or 16 do address[i] = 85 * roll(kinds) end
  return address
end

describe("a set of prefixes", function()
  for _, family in ipairs { 4, 6 } do
    for _, count in ipairs { 1, 7, 8, 9, 64, 65, 600 } do
      it(("of IPv%d finds the longest one of %d"):format(family, count), function()
        local roll, pair = dice(count), both(family)
        for _ = 1, count do
          pair.add(random_address(roll, family, 3), roll(FULL[family] + 1))
        end
        for _ = 1, 400 do pair.same(random_address(roll, family, 3)) end
        for _ = 1, 20 do pair.same(random_address(roll, family, 4)) end
        pair.add(random_address(roll, family, 3), FULL[family])
        for _ = 1, 50 do pair.same(random_address(roll, family, 3)) end
      end)
    end

    it(("of IPv%d finds the longest one of many, as it finds it of few"):format(family), function()
      local roll, pair, known = dice(5), both(family), {}
      for i = 1, 9000 do
        known[i] = {}
        for k = 1, family == 4 and 4 or 16 do known[i][k] = roll(256) end
        pair.add(known[i], family == 4 and 18 + i % 15 or 28 + i % 101)
      end
      for i = 1, 300 do
        local near = { unpack(known[1 + roll(9000)]) }
        pair.same(near)
        near[#near] = roll(256)
        pair.same(near)
        pair.same(known[i])
        near[2], near[3] = roll(256), roll(256)
        pair.same(near)
      end
    end)
  end

  it("finds hosts that share the upper half of an IPv6 address", function()
    local pair = both(6)
    local address = { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
    for i = 1, 250 do
      address[16] = i
      if i % 3 == 0 then pair.add(address, 128) end
    end
    for i = 0, 255 do
      address[16] = i
      pair.same(address)
    end
  end)

  it("keeps the families apart, and the whole address space", function()
    local set = ffi.gc(C.mtr_prefixes_new(), C.mtr_prefixes_free)
    assert.equal(0, C.mtr_prefixes_find(set, load {}, 4, length))
    assert.equal(1, C.mtr_prefixes_add(set, load {}, 4, 0))
    assert.equal(1, C.mtr_prefixes_find(set, load { 255, 255, 255, 255 }, 4, length))
    assert.equal(0, length[0])
    assert.equal(0, C.mtr_prefixes_find(set, load {}, 6, length))
  end)

  it("counts the last number of a prefix that was added twice", function()
    local pair = both(4)
    pair.add({ 10, 0, 0, 0 }, 8)
    pair.add({ 10, 1, 0, 0 }, 16)
    pair.same { 10, 1, 2, 3 }
    pair.add({ 10, 77, 0, 0 }, 8)
    pair.same { 10, 1, 2, 3 }
    pair.same { 10, 2, 2, 3 }
  end)

  it("refuses what is no prefix", function()
    local set = ffi.gc(C.mtr_prefixes_new(), C.mtr_prefixes_free)
    assert.equal(EINVAL, C.mtr_prefixes_add(set, bytes, 5, 8))
    assert.equal(EINVAL, C.mtr_prefixes_add(set, bytes, 4, 33))
    assert.equal(EINVAL, C.mtr_prefixes_add(set, bytes, 6, 129))
    assert.equal(EINVAL, C.mtr_prefixes_find(set, bytes, 0, length))
    C.mtr_prefixes_free(nil)
  end)
end)
