-- SPDX-License-Identifier: MIT
--
-- When the RTT has shifted: a new level is told once, noise and wild values are not.
local shift = require "mtr.change.shift"

-- Numbers around a level: the same each time.
local function noise(level, wide, n)
  local list, x = {}, 7.0               -- no integer, whose product would wrap in Lua 5.4
  for i = 1, n do
    x = x * 1103515245 % 2147483648
    list[i] = level + wide * (x / 1073741824 - 1)
  end
  return list
end

-- Gives RTTs to one; returns the shifts, and after how many values each came.
local function run(one, ...)
  local found, n = {}, 0
  for _, list in ipairs { ... } do
    for _, rtt in ipairs(list) do
      n = n + 1
      local moved = one:add(rtt)
      if moved then
        found[#found + 1] = ("%d: %.0f %.0f"):format(n, moved.from, moved.to)
      end
    end
  end
  return found
end

local WILD = { 10, 10, 900, 10, 900, 10, 10, 10, 900, 10, 10, 900, 10, 10, 10, 900 }

describe("a shift of the RTT", function()
  it("has a median and a MAD", function()
    assert.same({ 3, 1 }, { shift.median { 1, 2, 3, 4, 100 } })
    assert.same({ 2.5, 1 }, { shift.median { 1, 2, 3, 4 } })
  end)

  for name, case in pairs {
    ["is told once, up and down"] = {
      { noise(20, 0.3, 30), noise(35, 0.3, 30), noise(20, 0.3, 30) },
      { "33: 20 35", "63: 35 20" } },
    ["is not noise"] = { { noise(20, 8, 500) }, {} },
    ["is not a wild value now and then"] = { { noise(10, 0.1, 20), WILD, WILD, noise(10, 0.1, 20) },
      {} },
    ["is not less than 1 ms"] = { { noise(0.2, 0.01, 30), noise(1.1, 0.01, 30) }, {} },
    ["is not less than 5 percent"] = { { noise(200, 0.1, 30), noise(209, 0.1, 30) }, {} },
    ["is not known before there is a baseline"] = { { noise(10, 0.1, 8), noise(50, 0.1, 3) }, {} },
  } do
    it(name, function()
      local told = run(shift.new(), unpack(case[1]))
      for i, text in ipairs(told) do told[i] = text:gsub("%.%d+", "") end
      assert.same(case[2], told)
    end)
  end

  it("goes on from what was saved, and forgets when it is told to", function()
    local first = shift.new()
    run(first, noise(20, 1, 30))
    local second = shift.new(first:save())
    assert.same({ "3: 20 35" }, run(second, noise(35, 1, 10)))
    first:reset()
    assert.same({}, run(first, noise(99, 1, 14)))
  end)

  it("keeps at most 25 values", function()
    local one = shift.new()
    run(one, noise(20, 1, 1000))
    assert.is_true(#one.base <= 20 and #one.recent <= 5)
  end)
end)
