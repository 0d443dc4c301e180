-- SPDX-License-Identifier: MIT
--
-- The reporter of all kinds of results: each goes to the reporter of its kind, into one output.
local any = require "mtr.report.any"
local mtr = require "mtr"
local run = require "spec.support.harness.run"

-- All results in some of scamper's files.
local function results(...)
  local list = {}
  for _, name in ipairs { ... } do
    local file = assert(mtr.report.read("spec/fuzz/corpus/warts/" .. name))
    for result in file:results() do list[#list + 1] = result end
    file:close()
  end
  return list
end

local function written(word, list, opts)
  local path = os.tmpname()
  local reporter = any.new(word, path, opts)
  assert.is_true(reporter:start {})
  for _, result in ipairs(list) do assert.is_true(reporter:trace(result)) end
  assert.is_true(reporter:finish {})
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  os.remove(path)
  return text, reporter
end

describe("the reporter of all kinds", function()
  teardown(run.clean)

  it("knows the kind of a result", function()
    local kinds = {}
    for _, name in ipairs { "trace-udp-paris", "trace-pmtud", "tracelb-tcp", "ping" } do
      kinds[#kinds + 1] = any.kind(results(name)[1])
    end
    assert.same({ "trace", "pmtu", "mda", "ping" }, kinds)
  end)

  it("writes text of each kind into one output", function()
    local text, reporter = written("text", results("trace-udp-paris", "tracelb-diamond", "ping",
      "trace-pmtud"))
    for _, words in ipairs { "trace to 10.0.4.2 (10.0.4.2), 30 hops max", "\n 4  10.0.4.2  ",
      "paths to 10.0.10.2 (10.0.10.2), udp", "PING 10.0.4.2 (10.0.4.2) 84 bytes",
      "2 sent, 2 received, 0% unanswered", "path mtu 1400" } do
      assert.truthy(text:find(words, 1, true), words .. "\n" .. text)
    end
    assert.same({}, reporter.skipped)
  end)

  it("writes a line of JSON for each", function()
    local list = results("trace-udp-paris", "ping")
    local lines = run.records((written("jsonl", list)))
    assert.equal(#list, #lines)
    for i, line in ipairs(lines) do assert.equal(list[i].type, line.type) end
  end)

  it("counts what a format cannot write", function()
    local text, reporter = written("dot", results("tracelb-tcp", "ping"))
    assert.truthy(text:find '^digraph "10.0.4.2" {')
    assert.same({ ping = 8 }, reporter.skipped)
  end)

  it("takes the words of formats only", function()
    assert.has_error(function() any.new("xml", "-") end, 'report: there is no format "xml"')
    for _, word in ipairs(mtr.report.formats()) do any.new(word, run.dir() .. "/out") end
  end)
end)
