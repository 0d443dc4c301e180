-- SPDX-License-Identifier: MIT
--
-- Which vantage points trace a lease: exactly n, evenly, and the same wherever it is asked.
local chosen = require "mtr.fleet.chosen"

local POINTS = { "ams", "fra", "nyc", "sin", "syd" }

local function those(n, seed, lease)
  local list = {}
  for _, point in ipairs(POINTS) do
    if chosen.is(point, POINTS, n, seed, lease) then list[#list + 1] = point end
  end
  return list
end

describe("the vantage points of a lease", function()
  it("are n", function()
    for n = 1, 5 do
      for lease = 1, 200 do assert.equal(n, #those(n, 3, lease)) end
    end
  end)

  it("depend on the seed and the lease, and are documented", function()
    assert.same({ "sin", "syd" }, those(2, 42, 1))
    local changed = 0
    for lease = 1, 200 do
      if table.concat(those(2, 1, lease)) ~= table.concat(those(2, 2, lease)) then
        changed = changed + 1
      end
    end
    assert.is_true(changed > 100)
  end)

  it("share the work evenly", function()
    local count = {}
    for lease = 1, 5000 do
      for _, point in ipairs(those(2, 9, lease)) do count[point] = (count[point] or 0) + 1 end
    end
    for _, point in ipairs(POINTS) do
      assert.is_true(math.abs(count[point] - 2000) < 200, point .. " " .. count[point])
    end
  end)
end)
