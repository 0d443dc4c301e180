-- SPDX-License-Identifier: MIT
--
-- A packed record whose start is no number has null in its JSON, and caracal and saimiris raised at
-- that: a drain ended, and could never pass that entry.
local mtr = require "mtr"
local Gather = require "mtr.fleet.gather"
local Reporters = require "mtr.campaign.reporters"
local entry = require "mtr.fleet.entry"
local lib = require "mtr.lib"

local LOCK = { keep = function() return true end }

-- The result of a trace as the text of an entry.
local function results(packed)
  local engine = assert(mtr.engine { sim = mtr.sim.internet { prefixes = 5, dead = 0 } })
  local gather = Gather.new(packed)
  mtr.go(function()
    assert(mtr.campaign { engine = engine, targets = { "1.0.0.1" }, reporters = { gather } }:run())
  end)
  engine:run()
  local part = gather:take()[1]
  local text = lib.string(part.bytes, part.size)
  engine:close()
  return text
end

-- How many results a drain takes of an entry, and how many not.
local function drained(text)
  local function nowhere() return true end
  local list = {}
  for i, name in ipairs { "jsonl", "caracal", "saimiris", "warts", "prometheus", "csv" } do
    list[i] = mtr.report[name](nowhere)
  end
  local self = { campaign = "s", done = {}, results = 0, leases = 0, repeated = 0, failed = 0,
    unread = 0, strange = 0, lock = LOCK, list = assert(Reporters.new(list)) }
  assert(self.list:call("start", {}))
  assert(entry.write(self, { "1-1", { "lease", "3", "point", "a", "part", "1/1", "results",
    text } }))
  return { self.results, self.unread }
end

describe("a drain passes", function()
  it("lines without times", function()
    local line = results(false)
    assert.same({ 1, 0 }, drained(line))
    for _, name in ipairs { "start", "at" } do
      local changed, n = line:gsub(('"%s":[%%d.]+'):format(name), ('"%s":null'):format(name))
      assert.is_true(n > 0)
      assert.same({ 1, 0 }, drained(changed))
    end
  end)

  it("packed records whose start is no number", function()
    local record = results(true)
    assert.same({ 1, 0 }, drained(record))
    -- The words of a record begin behind tag, length and mask: the first two are the start.
    for _, bits in ipairs { "\0\0\0\0\0\0\248\127", "\0\0\0\0\0\0\240\127", "\0\0\0\0\0\0\240\191",
      ("\255"):rep(8) } do
      assert.same({ 1, 0 }, drained(record:sub(1, 9) .. bits .. record:sub(18)))
    end
  end)
end)
