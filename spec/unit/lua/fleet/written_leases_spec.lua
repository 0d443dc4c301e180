-- SPDX-License-Identifier: MIT
--
-- The leases that a drain has written, as ranges.
local WrittenLeases = require "mtr.fleet.written_leases"
local random = require "spec.support.harness.random"

describe("the leases that were drained", function()
  it("are kept as ranges", function()
    local set = WrittenLeases.new()
    assert.equal("", set:text())
    for _, n in ipairs { 5, 1, 2, 9, 3, 4, 4, 7 } do set:add(n) end
    assert.equal("1-5,7,9", set:text())
    set:add(8)
    set:add(6)
    assert.equal("1-9", set:text())
  end)

  it("are read from text again", function()
    local set = WrittenLeases.new "1-5,7,9-12"
    assert.equal("1-5,7,9-12", set:text())
    assert.is_true(set:has(5) and set:has(7) and set:has(10))
    assert.is_false(set:has(6) or set:has(8) or set:has(13) or set:has(0))
    assert.is_nil(WrittenLeases.new "1-5,x")
  end)

  it("are those that were added, in any order", function()
    local r, set, all = random(3), WrittenLeases.new(), {}
    for _ = 1, 3000 do
      local n = r(2000)
      set:add(n)
      all[n] = true
    end
    for n = 0, 2001 do assert.equal(all[n] == true, set:has(n)) end
    for n = 1, 2000 do set:add(n) end
    assert.equal("1-2000", set:text())
  end)
end)
