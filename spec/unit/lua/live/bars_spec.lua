-- SPDX-License-Identifier: MIT
--
-- The history of a hop as bars.
local bars = require "mtr.live.bars"
local history = require "mtr.live.history"
local text = require "mtr.screen.text"

describe("bars", function()
  it("have a round number of ms at their top, above nearly all times", function()
    for _, case in ipairs { { 0.1, 0, 1 }, { 1, 0, 1 }, { 12, 3, 20 }, { 45, 2, 50 },
      { 51, 0, 100 }, { 190, 10, 500 }, { 2000, 0, 2000 } } do
      assert.equal(case[3], bars.scale { { avg = 0.1 }, { avg = case[1], stdev = case[2] }, {} })
    end
  end)

  it("show times, silence and what is not decided yet, the latest at the right", function()
    local h = history.new()
    for round, value in pairs { [1] = 1, [2] = 4, [3] = false, [5] = 8, [6] = 99 } do
      h:add(round, value)
    end
    local plain = text.new { styled = false }
    assert.equal("_-x ##", bars.row(h, 6, 6, 8, plain, "red"))
    assert.equal(" ##  ", bars.row(h, 8, 5, 8, plain, "red"))
    assert.equal("  _-", bars.row(h, 2, 4, 8, plain, "red"))
  end)

  it("paint only the silence in the given style", function()
    local h = history.new()
    h:add(1, 8)
    h:add(2, false)
    h:add(3, false)
    assert.equal("\27[32m#\27[0m\27[31mxx\27[0m",
      bars.row(h, 3, 3, 8, text.new { color = true }, "red"))
  end)

  it("have a title that fits", function()
    assert.equal("last 40 rounds, bars 0 to 20 ms", bars.title(20, 40, 40))
    assert.equal("bars 0 to 20 ms", bars.title(20, 20, 20))
    assert.equal("0-20 ms", bars.title(20, 9, 9))
    assert.equal("", bars.title(20, 4, 4))
  end)
end)
