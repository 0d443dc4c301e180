-- SPDX-License-Identifier: MIT
--
-- mtr.base.each goes through a table. That it does so to the end after minutes, too, is checked by
-- spec/regress/options_lost_spec.lua.
local each = require "mtr.base.each"

describe("each", function()
  it("hands out every key once, with its value", function()
    local t, seen = { 1, 2, nil, 4, a = false, [2.5] = "b", [print] = each }, {}
    for key, value in each(t) do
      assert.is_nil(seen[key])
      seen[key] = value
    end
    assert.same(t, seen)
  end)

  it("hands out nothing of an empty table", function()
    for _ in each {} do error "there is nothing" end
  end)

  it("lets a key that is there be changed or removed meanwhile", function()
    local t = { a = 1, b = 2, c = 3, d = 4 }
    for key, value in each(t) do t[key] = value % 2 == 0 and value * 10 or nil end
    assert.same({ b = 20, d = 40 }, t)
  end)
end)
