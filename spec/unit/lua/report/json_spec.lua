-- SPDX-License-Identifier: MIT
--
-- The reporter of one JSON document: jq reads it, whatever happened.
local json = require "mtr.report.json"
local results = require "spec.support.virtual.results"
local run = require "spec.support.harness.run"

local function jq(path, filter)
  local got = run.run(("jq -c '%s' '%s'"):format(filter, path))
  assert.equal("", got.err)
  return got.out
end

describe("the json reporter", function()
  teardown(run.clean)

  it("writes all results as one array", function()
    local path = run.dir() .. "/all.json"
    local _, list = results.campaign { json.new(path) }
    assert.equal("[5,5]\n", jq(path, "[length, (map(.dst) | unique | length)]"))
    local copied, text = results.collector()
    results.give(json.new(copied), list)
    assert.equal(run.read(path), text())
  end)

  it("writes an empty array without results", function()
    local path = run.dir() .. "/none.json"
    results.give(json.new(path), {})
    assert.equal("[]\n", jq(path, "."))
  end)

  it("goes on behind the last checkpoint, with or without results before it", function()
    local _, list = results.campaign {}
    for saved_after = 0, 2 do
      local path = ("%s/resume%d.json"):format(run.dir(), saved_after)
      local first = json.new(path)
      assert(first:start {})
      for i = 1, saved_after do assert(first:trace(list[i])) end
      local data = assert(first:save())
      assert(first:trace(list[5]))
      assert(first:finish {})
      local second = json.new(path)
      second:restore(data)
      assert(second:start {})
      for i = saved_after + 1, 4 do assert(second:trace(list[i])) end
      assert(second:finish {})
      local want = {}
      for i = 1, 4 do want[i] = '"' .. list[i].dst .. '"' end
      assert.equal("[" .. table.concat(want, ",") .. "]\n", jq(path, "map(.dst)"))
    end
  end)

  it("refuses a file that has something, unless it is told to overwrite it", function()
    local path = run.file("old.json", "[1]\n")
    local ok, message, name = json.new(path):start {}
    assert.same({ nil, "EEXIST" }, { ok, name })
    assert.truthy(message:find("old.json", 1, true))
    assert.equal("[1]\n", run.read(path))
    results.give(json.new(path, { overwrite = true }), {})
    assert.equal("[]\n", jq(path, "."))
  end)

  it("continues an array without a result whose process was killed", function()
    local _, list = results.campaign {}
    for _, name in ipairs { "killed.json", "killed.json.gz" } do
      local path = run.dir() .. "/" .. name
      local killed = json.new(path)
      assert(killed:start {})
      killed.sink:close()
      results.give(json.new(path), { list[1] })
      local got = run.run(("cat '%s' | (case %s in *.gz) zcat;; *) cat;; esac) | jq -c 'map(.dst)'")
        :format(path, name))
      assert.equal(('["%s"]\n'):format(list[1].dst), got.out)
      assert.is_nil((json.new(path):start {}))
    end
  end)

  it("refuses to rotate", function()
    assert.has_error(function() json.new("x.json", { rotate = { size = 1000 } }) end,
      "report.json: a JSON document cannot be rotated; write jsonl")
  end)
end)
