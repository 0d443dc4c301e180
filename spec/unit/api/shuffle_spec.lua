-- SPDX-License-Identifier: MIT
--
-- The order of a shuffle: each number once, and like a random order.
local core = require "spec.support.harness.core"

local C = core.load { "core/mtr.h" }

describe("mtr_shuffle", function()
  for _, size in ipairs { 1, 2, 3, 4, 5, 7, 8, 9, 31, 100, 255, 257, 1000, 4097, 65537, 100003 } do
    it(("gives each of %d numbers once"):format(size), function()
      for _, seed in ipairs { 0, 1, 42, 2 ^ 53 - 1 } do
        local seen = {}
        for i = 0, size - 1 do
          local n = C.mtr_shuffle(i, size, seed)
          assert(n >= 0 and n < size and n % 1 == 0 and not seen[n], "not a permutation")
          seen[n] = true
        end
      end
    end)
  end

  for _, bits in ipairs { 31, 32, 33, 47, 48, 52 } do
    it(("spreads numbers below 2^%d, also odd sizes, and never twice"):format(bits), function()
      for _, size in ipairs { 2 ^ bits, 2 ^ bits - 1, 2 ^ (bits - 1) + 1 } do
        local seen, parts = {}, {}
        for i = 0, 4095 do
          for _, at in ipairs { i, size - 1 - i } do
            local n = C.mtr_shuffle(at, size, 7)
            assert(n >= 0 and n < size and n % 1 == 0 and not seen[n])
            seen[n] = true
            local part = math.floor(n / size * 16)
            parts[part] = (parts[part] or 0) + 1
          end
        end
        -- 512 are expected in each part, give or take 22.
        for part = 0, 15 do assert.near(512, parts[part], 110) end
      end
    end)
  end

  it("gives another order for another seed, and the same one for the same", function()
    local same = 0
    for i = 0, 999 do
      local n = C.mtr_shuffle(i, 1000, 1)
      assert.equal(n, C.mtr_shuffle(i, 1000, 1))
      if n == C.mtr_shuffle(i, 1000, 2) then same = same + 1 end
    end
    assert.is_true(same < 10)
  end)

  it("puts any number at the first place", function()
    local seen, count = {}, 0
    for seed = 1, 400 do
      local n = C.mtr_shuffle(0, 20, seed)
      if not seen[n] then count = count + 1 end
      seen[n] = true
    end
    assert.equal(20, count)
  end)

  it("gives 0 for a place that does not exist", function()
    local nan = 0 / 0
    for _, case in ipairs { { 0, 0 }, { 5, 5 }, { -1, 5 }, { 1, 2 ^ 53 }, { nan, 5 }, { 1, nan } }
    do
      assert.equal(0, C.mtr_shuffle(case[1], case[2], 1))
    end
  end)
end)
