-- SPDX-License-Identifier: MIT
--
-- Tables of a bounded number of members.
local recent = require "mtr.base.recent"

local function count(t)
  local n = 0
  for _ in pairs(t) do n = n + 1 end
  return n
end

describe("a table of the newest", function()
  it("removes the oldest member for a new one", function()
    local t = recent.new(3)
    for value, name in ipairs { "a", "b", "c" } do t[name] = value end
    t.a = 4                            -- changed, not new
    t.d = 5
    assert.same({ b = 2, c = 3, d = 5 }, t)
    t.a = 6
    assert.same({ c = 3, d = 5, a = 6 }, t)
  end)

  it("never has more, whatever is put into it", function()
    local t = recent.new(100)
    for i = 1, 10000 do
      t[(i * 7919) % 1000] = i
      assert.is_true(i < 200 or count(t) == 100)
    end
  end)
end)
