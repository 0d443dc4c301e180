-- SPDX-License-Identifier: MIT
--
-- Tests core/base/rand.h.

local core = require "spec.support.harness.core"
local inline = require "spec.support.harness.inline"

local _, ffi = core.load{ "core/base/rand.h" }
local I = inline.load("core/base/rand.h")

local function generator(seed) return ffi.new("struct rand", { state = seed }) end

describe("rand", function()
  it("gives the numbers of the splitmix64 paper's code", function()
    local r = generator(1234567)
    for _, want in ipairs{ 6457827717110365317ULL, 3203168211198807973ULL,
      9817491932198370423ULL, 4593380528125082431ULL, 16408922859458223821ULL } do
      assert.is_true(I.rand_u64(r) == want)
    end
  end)

  it("repeats itself for the same seed and differs for another", function()
    local a, b, c = generator(7), generator(7), generator(8)
    local differs = 0
    for _ = 1, 100 do
      local x = I.rand_u64(a)
      assert.is_true(x == I.rand_u64(b))
      if x ~= I.rand_u64(c) then differs = differs + 1 end
    end
    assert.equal(100, differs)
  end)

  for _, n in ipairs{ 1, 2, 3, 16, 1000, 0x8000 } do
    it("stays below " .. n .. " and reaches both ends", function()
      local r, low, high = generator(n), n, 0
      for _ = 1, 50 * math.min(n, 1000) do
        local x = I.rand_below(r, n)
        low, high = math.min(low, x), math.max(high, x)
      end
      assert.is_true(low <= n / 100 and high < n and high >= n * 0.99 - 1)
    end)
  end

  it("stays below the largest number too", function()
    local r = generator(3)
    for _ = 1, 100 do assert.is_true(I.rand_below(r, 0xffffffff) < 0xffffffff) end
  end)

  it("fills ten boxes about evenly", function()
    local r, box = generator(11), {}
    for _ = 1, 10000 do
      local i = I.rand_below(r, 10)
      box[i] = (box[i] or 0) + 1
    end
    for i = 0, 9 do assert.is_true(box[i] > 850 and box[i] < 1150, "box " .. i) end
  end)
end)
