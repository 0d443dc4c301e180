-- SPDX-License-Identifier: MIT
--
-- The reporter that writes like mtr --report.
local json = require "mtr.record.json"
local json_read = require "mtr.record.json_read"
local report_table = require "mtr.report.table"
local results = require "spec.support.virtual.results"

-- Returns what a table says of each hop: { "host loss sent", ... }.
local function hops(text)
  local list = {}
  for ttl, host, loss, sent in text:gmatch "\n *(%d+)%.|%-%- (%S+) +([%d.]+)%% +(%d+)" do
    list[tonumber(ttl)] = ("%s %s %s"):format(host, loss, sent)
  end
  return list
end

describe("the table reporter", function()
  it("writes a table for each target, with the numbers of all its results", function()
    local _, list = results.campaign({}, { targets = { "203.0.113.10" } })
    local out, text = results.collector()
    results.give(report_table.new(out), { list[1], list[1] })
    assert.equal(1, select(2, text():gsub("HOST: 192.0.2.1 ", "")))
    assert.truthy(text():find "^to 203.0.113.10 %(203.0.113.10%)\n")
    local got = hops(text())
    assert.equal("10.0.0.1 0.0 6", got[1])
    assert.equal("??? 100.0 6", got[5])
    assert.equal(6, #got)
  end)

  it("goes on with saved counters", function()
    local _, list = results.campaign({}, { targets = { "203.0.113.10" } })
    local first = report_table.new(function() return true end)
    assert(first:start {})
    first:trace(list[1])
    local data = json_read.decode(json.encode(first:save()))
    local out, text = results.collector()
    local second = report_table.new(out)
    second:restore(data)
    results.give(second, list)
    assert.equal("10.0.0.1 0.0 6", hops(text())[1])
  end)

  it("writes nothing without results", function()
    local out, text = results.collector()
    results.give(report_table.new(out), {})
    assert.equal("", text())
  end)
end)
