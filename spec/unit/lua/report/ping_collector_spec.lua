-- SPDX-License-Identifier: MIT
--
-- The results of pings under way, collected until each has ended.
local ping_collector = require "mtr.report.ping_collector"

describe("a collection of pings", function()
  it("gives each ping when it has ended, and only its own results", function()
    local all, kept = ping_collector.new(), {}
    local function add(dst, result)
      result.target, result.dst = "web", dst
      kept[#kept + 1] = result
      return all:add(result)
    end
    assert.is_nil(add("a", { type = "ping_start" }))
    assert.is_nil(add("b", { type = "ping_start" }))
    assert.is_nil(add("a", { type = "ping", seq = 1 }))
    assert.is_nil(add("b", { type = "ping", seq = 1 }))
    local b = add("b", { type = "ping_summary" })
    assert.same({ kept[4], kept[5], start = kept[2] }, b)
    assert.is_nil(add("b", { type = "ping_summary" }))
    local a = add("a", { type = "ping_summary" })
    assert.same({ kept[3], kept[7], start = kept[1] }, a)
  end)

  it("leaves out a ping that did not begin there", function()
    local all = ping_collector.new()
    assert.is_nil(all:add({ type = "ping", target = "web", dst = "a" }))
    assert.is_nil(all:add({ type = "ping_summary", target = "web", dst = "a" }))
    assert.same({}, all.under_way)
  end)
end)
