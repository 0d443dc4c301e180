-- SPDX-License-Identifier: MIT
--
-- Percentiles of many values: near the true ones, and memory does not grow.
local quantile = require "mtr.campaign.quantile"

describe("the estimator of percentiles", function()
  it("is at most 1 % off, and keeps minimum, maximum and mean", function()
    local q, values, x = quantile.new(), {}, 12345
    for i = 1, 20000 do
      x = (x * 1103515245 + 12345) % 2147483648
      values[i] = 0.05 + (x / 2147483648) ^ 4 * 3000
      q:add(values[i])
    end
    local sum = 0
    for _, v in ipairs(values) do sum = sum + v end
    table.sort(values)
    for _, percent in ipairs { 1, 25, 50, 90, 95, 99, 100 } do
      local real = values[math.ceil(#values * percent / 100)]
      assert.is_true(math.abs(q:percentile(percent) / real - 1) <= 0.011, percent)
    end
    assert.same({ values[1], values[#values] }, { q.min, q.max })
    assert.is_near(sum / #values, q:mean(), 1e-6)
  end)

  it("has a bounded number of buckets, for any values", function()
    local q, n = quantile.new(), 0
    for i = -400, 400 do q:add(10 ^ (i / 10)) end
    q:add(0)
    for _ in pairs(q.buckets) do n = n + 1 end
    assert.is_true(n < 1500)
    assert.is_true(q:percentile(0) < 0.0011)
  end)

  it("goes on from what was saved", function()
    local json, json_read = require "mtr.record.json", require "mtr.record.json_read"
    local all, q = quantile.new(), quantile.new()
    for i = 1, 3000 do
      local value = (i * 7919 % 3001) / 7
      all:add(value)
      q:add(value)
      if i % 500 == 0 then q = quantile.restored(json_read.decode(json.encode(q:save()))) end
    end
    assert.same(all, q)
    assert.same(quantile.new(), quantile.restored(quantile.new():save()))
  end)

  it("knows nothing of nothing", function()
    local q = quantile.new()
    assert.is_nil(q:percentile(50))
    assert.is_nil(q:mean())
  end)
end)
