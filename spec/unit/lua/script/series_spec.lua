-- SPDX-License-Identifier: MIT
--
-- Running statistics against the same numbers computed from the whole list.
local random = require "spec.support.harness.random"
local series = require "mtr.script.series"

local function of(list)
  local s = series.new()
  for _, value in ipairs(list) do s:add(value) end
  return s
end

local function near(expected, got, within)
  assert.truthy(math.abs(expected - got) <= (within or 1e-9) * math.max(1, math.abs(expected)),
    ("expected %g, got %g"):format(expected, got))
end

describe("a series", function()
  it("knows nothing of no numbers", function()
    local s = series.new()
    assert.same({ 0, 0 }, { s.count, s.mean })
    assert.same({}, { s.min, s.max, s.last, s.jitter, s.jitter_avg, s.jitter_interarrival,
      s:stdev(), s:geometric_mean(), s:quantile(0.5) })
  end)

  it("has neither deviation nor jitter with a single number", function()
    local s = of { 7 }
    assert.same({ 1, 7, 7, 7, 7 }, { s.count, s.mean, s.min, s.max, s.last })
    assert.same({}, { s:stdev(), s.jitter, s.jitter_avg, s.jitter_max, s.jitter_interarrival })
    assert.same({ 7, 7, 7 }, { s:quantile(0), s:quantile(0.5), s:quantile(1) })
  end)

  it("has mean, sample deviation and geometric mean", function()
    local s = of { 2, 4, 4, 4, 5, 5, 7, 9 }
    assert.same({ 2, 9, 9 }, { s.min, s.max, s.last })
    near(5, s.mean)
    near(math.sqrt(32 / 7), s:stdev())
    near((2 * 4 * 4 * 4 * 5 * 5 * 7 * 9) ^ (1 / 8), s:geometric_mean())
  end)

  it("keeps its deviation where the squares of the numbers would have lost it", function()
    near(1, of { 1e9 + 1, 1e9 + 2, 1e9 + 3 }:stdev(), 1e-6)
  end)

  it("has each kind of jitter", function()
    local s = of { 10, 14, 13, 13, 21 }
    assert.equal(8, s.jitter)
    assert.equal(8, s.jitter_max)
    near((4 + 1 + 0 + 8) / 4, s.jitter_avg)
    local smooth = 0
    for _, d in ipairs { 4, 1, 0, 8 } do smooth = smooth + (d - smooth) / 16 end
    near(smooth, s.jitter_interarrival)
  end)

  it("takes a quantile from the numbers themselves, by nearest rank", function()
    local s = of { 40, 15, 50, 20, 35 }
    for _, case in ipairs { { 0, 15 }, { 0.05, 15 }, { 0.3, 20 }, { 0.4, 20 }, { 0.5, 35 },
      { 0.9, 50 }, { 1, 50 } } do
      assert.equal(case[2], s:quantile(case[1]), case[1])
    end
    s:add(1)
    assert.equal(1, s:quantile(0.1))
  end)

  it("refuses a quantile outside 0..1", function()
    for _, q in ipairs { -0.1, 1.1, 0 / 0, "p95" } do
      assert.has_error(function() of { 1 }:quantile(q) end, "quantile: must be 0..1, got "
        .. tostring(q))
    end
  end)

  for name, draw in pairs {
    uniform = function(r) return 1 + r() * 99 end,
    ["heavy-tailed"] = function(r) return 0.05 / (1e-4 + r()) end,
    bimodal = function(r) return r() < 0.7 and 1 + r() * 0.01 or 300 + r() end,
  } do
    it(("is within one per cent of %s numbers too many to keep"):format(name), function()
      local unit, list = random(7), {}
      for i = 1, 20000 do list[i] = draw(unit) end
      local s = of(list)
      table.sort(list)
      for _, q in ipairs { 0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1 } do
        near(list[math.max(1, math.ceil(q * #list))], s:quantile(q), series.ERROR + 1e-9)
      end
    end)
  end

  it("changes over at the bound without a jump beyond its error", function()
    local s = series.new()
    for i = 1, series.EXACT do s:add(i) end
    assert.equal(128, s:quantile(0.5))
    s:add(series.EXACT + 1)
    assert.is_false(s.values)
    near(129, s:quantile(0.5), series.ERROR)
  end)

  it("has room for zero and for the largest numbers", function()
    local s = series.new()
    for _ = 1, 300 do s:add(0) end
    for _ = 1, 300 do s:add(3.6e6) end
    assert.same({ 0, 3.6e6 }, { s:quantile(0.25), s:quantile(1) })
    near(3.6e6, s:quantile(0.75), series.ERROR)
  end)

  it("does not grow with the numbers", function()
    local r, s = random(1), series.new()
    local function more()
      for _ = 1, 50000 do s:add(r(1000000) / 1000) end
      collectgarbage()
      collectgarbage()
      return collectgarbage "count"
    end
    local before = more()
    assert.truthy(more() - before < 16, "kilobytes kept of 50,000 more numbers")
  end)
end)
