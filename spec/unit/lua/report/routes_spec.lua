-- SPDX-License-Identifier: MIT
--
-- The reporter that merges routes into one graph: Graphviz reads it.
local json = require "mtr.record.json"
local json_read = require "mtr.record.json_read"
local routes = require "mtr.report.routes"
local results = require "spec.support.virtual.results"
local run = require "spec.support.harness.run"

-- Returns the arrows of a graph as Graphviz reads it: "from to label style" of each.
local function arrows(path)
  local got = run.run(("dot -Tplain '%s'"):format(path))
  assert.equal("", got.err)
  local list = {}
  for line in got.out:gmatch "[^\n]+" do
    local from, to = line:match '^edge "?([^ "]+)"? "?([^ "]+)"? '
    if from then
      list[#list + 1] = ("%s %s %s %s"):format(from, to, line:match ' "?(%d+)"? [%d.]+ [%d.]+ %l+ ',
        line:match " (%l+) %l+$")
    end
  end
  table.sort(list)
  return list
end

local WANT = {
  "10.0.0.1 10.0.1.1", "10.0.0.1 10.0.2.1", "10.0.0.2 10.0.0.3", "10.0.1.1 10.0.0.2",
  "10.0.2.1 10.0.0.2", "192.0.2.1 10.0.0.1 4 solid",
}

local function four(list)
  local out = {}
  for _, result in ipairs(list) do
    if not result.dst:find ":" then out[#out + 1] = result end
  end
  return out
end

describe("the reporter of routes", function()
  teardown(run.clean)

  it("merges all traces into one graph", function()
    local path = run.dir() .. "/routes.dot"
    local summary = results.campaign({ routes.new(path) }, { targets = { "203.0.113.9",
      "203.0.113.10", "203.0.113.77", "203.0.113.200" } })
    assert.equal(4, summary.traces)
    local text = table.concat(arrows(path), "\n")
    for _, arrow in ipairs(WANT) do
      assert.truthy(text:find(arrow, 1, true), arrow .. "\n" .. text)
    end
    assert.truthy(text:find("10.0.0.3 203.0.113.9 1 dashed", 1, true), text)
  end)

  it("goes on with saved counters", function()
    local list = four(select(2, results.campaign {}))
    local first = routes.new(function() return true end)
    assert(first:start {})
    for i = 1, 2 do first:trace(list[i]) end
    local data = json_read.decode(json.encode(first:save()))
    local resumed, whole = run.dir() .. "/resumed.dot", run.dir() .. "/whole.dot"
    local second = routes.new(resumed)
    data.length = nil
    second:restore(data)
    results.give(second, { list[3], list[4] })
    results.give(routes.new(whole), list)
    assert.equal(run.read(whole), run.read(resumed))
  end)

  it("writes an empty graph of nothing", function()
    local path = run.dir() .. "/none.dot"
    results.give(routes.new(path), {})
    assert.same({}, arrows(path))
  end)
end)
