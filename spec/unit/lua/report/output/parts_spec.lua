-- SPDX-License-Identifier: MIT
--
-- The numbered files of an output that rotates: their names, when one is full, and which are used.
local parts = require "mtr.report.output.parts"
local run = require "spec.support.harness.run"

describe("the parts of an output", function()
  teardown(run.clean)

  for path, first in pairs {
    ["out.jsonl"] = "out.0001.jsonl", ["a.b/out.csv.gz"] = "a.b/out.0001.csv.gz",
    ["a.b/out"] = "a.b/out.0001", ["my.data.csv"] = "my.data.0001.csv",
    [".hidden"] = ".hidden.0001", ["out.gz"] = "out.0001.gz",
  } do
    it("calls the first part of " .. path .. " " .. first, function()
      local p = parts.new(path, { size = 1 })
      p:open {}
      assert.equal(first, p.path)
    end)
  end

  for _, limits in ipairs { 7, {}, { size = 0 }, { size = "1M" }, { every = 999 },
    { every = "soon" }, { size = 1, every = 0 } } do
    it("are not made with limits that mean nothing", function()
      local p, bug = parts.new("out", limits)
      assert.is_nil(p)
      assert.equal("rotate must be { size = bytes, every = a duration from 1s on }, or one of the "
        .. "two", bug)
    end)
  end

  it("are full by size", function()
    local p = parts.new(run.dir() .. "/size", { size = 100 })
    p:open {}
    for _, case in ipairs { { 60, 40, false }, { 60, 41, true },
      { 100, 0, true } } do
      assert.equal(case[3], p:full(case[1], case[2]))
    end
  end)

  it("are full by time", function()
    local clock = 1000
    local p = parts.new(run.dir() .. "/time", { every = "1m" })
    p.now = function() return clock end
    p:open {}
    clock = 1059
    assert.is_false(p:full(1, 1))
    clock = 1060
    assert.is_true(p:full(1, 1))
    p:turn()
    assert.is_false(p:full(1, 1))
  end)

  it("go on with the last one that is there, and with the one that the state names", function()
    for i = 1, 3 do run.file(("on.%04d.txt"):format(i), "x") end
    local p = parts.new(run.dir() .. "/on.txt", { size = 1 })
    p:open {}
    assert.same({ part = 3, next = 4 }, p:save())
    p:open { part = 2, next = 3 }
    assert.equal(run.dir() .. "/on.0002.txt", p.path)
    p:turn()
    assert.same({ part = 3, next = 4 }, p:save())
  end)
end)
