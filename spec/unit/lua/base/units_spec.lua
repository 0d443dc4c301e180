-- SPDX-License-Identifier: MIT
--
-- Durations and rates.
local units = require "mtr.base.units"

describe("a duration", function()
  for _, case in ipairs {
    { 250, 250 }, { 0, 0 }, { 1.5, 1.5 }, { "250ms", 250 }, { "2s", 2000 }, { "1m", 60000 },
    { "1.5s", 1500 }, { ".5s", 500 }, { "1h", 3600000 }, { "10us", 0.01 }, { " 2 s ", 2000 },
    { "5" }, { "" }, { "s" }, { "2 sec" }, { "-1s" }, { "1e3s" }, { -1 }, { 0 / 0 },
    { math.huge }, { true }, { {} },
  } do
    it(("%s is %s"):format(tostring(case[1]), case[2] and case[2] .. " ms" or "none"), function()
      assert.equal(case[2], units.duration(case[1]))
    end)
  end
end)

describe("a rate", function()
  for _, case in ipairs {
    { 100, 100 }, { 0, 0 }, { "100/s", 100 }, { "100", 100 }, { "0.5/s", 0.5 }, { "max", 0 },
    { " 7 /s ", 7 }, { "100/m" }, { "fast" }, { "" }, { "-5" }, { -5 }, { 0 / 0 }, { false },
  } do
    it(("%s is %s"):format(tostring(case[1]), case[2] or "none"), function()
      assert.equal(case[2], units.rate(case[1]))
    end)
  end
end)
