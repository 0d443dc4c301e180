-- SPDX-License-Identifier: MIT
--
-- Entries of the stream of results that are none, and parts of leases whose others are missing. The
-- first made the drain end at the same entry for ever, the others made it wait for ever.
local mtr = require "mtr"
local entry = require "mtr.fleet.entry"
local Reporters = require "mtr.campaign.reporters"

describe("a drain's entry", function()
  local drain, written, said, line

  setup(function()
    local engine = assert(mtr.engine { sim = mtr.sim.internet { prefixes = 5, dead = 0 } })
    line = assert(engine:trace "1.0.0.1"):json() .. "\n"
    engine:close()
  end)

  before_each(function()
    written, said = {}, {}
    drain = { campaign = "s", done = {}, results = 0, leases = 0, repeated = 0, failed = 0,
      unread = 0, strange = 0, whole = true, lock = { keep = function() return true end },
      say = function(text) said[#said + 1] = text end,
      list = assert(Reporters.new { { trace = function(_, result)
        written[#written + 1] = tonumber(result.dst:match "%d+$")
        return true
      end } }) }
  end)

  -- Gives the drain an entry with one result, which has the number of the entry.
  local function take(n, fields)
    local list = { "results", (line:gsub('"dst":"1.0.0.1"', '"dst":"1.0.0.' .. n .. '"')) }
    for name, value in pairs(fields) do list[#list + 1], list[#list + 2] = name, value end
    assert.same({ true }, { entry.write(drain, { n .. "-1", list }) })
    assert.equal(n .. "-1", drain.after)
  end

  local function part(n, lease, text) take(n, { lease = lease, point = "a", part = text }) end

  local function passed(n, why)
    assert.same({ n, true }, { drain.strange, drain.whole })
    assert.equal("mtr:fleet:{s}:results " .. why, drain.unread_why)
  end

  it("is written when its parts follow each other", function()
    part(1, "3", "1/2")
    assert.is_false(drain.whole)
    part(2, "3", "2/2")
    part(3, "4", "1/1")
    part(4, "3", "1/2")                -- it came again
    part(5, "3", "2/2")
    assert.same({ { 1, 2, 3 }, 2, 1, 0, true }, { written, drain.leases, drain.repeated,
      drain.strange, drain.whole })
    assert.equal("3-4", drain.done.a:text())
  end)

  for name, fields in pairs {
    ["has no part"] = { lease = "3", point = "a" },
    ["has a part of no number"] = { lease = "3", point = "a", part = "x/1" },
    ["is part 2 of 1"] = { lease = "3", point = "a", part = "2/1" },
    ["is part 0"] = { lease = "3", point = "a", part = "0/1" },
    ["is a part of none"] = { lease = "3", point = "a", part = "1/0" },
    ["is a part of too many"] = { lease = "3", point = "a", part = "1/99999999999999999" },
    ["has no lease"] = { point = "a", part = "1/1" },
    ["has a negative lease"] = { lease = "-3", point = "a", part = "1/1" },
    ["has a lease that is no whole number"] = { lease = "1e3", point = "a", part = "1/1" },
    ["has a lease that is too large"] = { lease = "9007199254740993", point = "a", part = "1/1" },
    ["has no point"] = { lease = "3", part = "1/1" },
    ["has a point that is no name"] = { lease = "3", point = "a b", part = "1/1" },
    ["has other fields"] = { foreign = "x" },
  } do
    it("is passed over if it " .. name, function()
      take(1, fields)
      passed(1, "1-1: this is no entry of a fleet")
      part(2, "3", "1/1")
      assert.same({ { 2 }, "3" }, { written, drain.done.a:text() })
    end)
  end

  it("is passed over if it is too large, with its size", function()
    assert(entry.write(drain, { "1-1", { "lease", "3", "point", "a", "part", "1/1", "results",
      300000000 } }))
    passed(1, "1-1: a text of 300000000 bytes is too long")
    assert.is_nil(drain.done.a)
  end)

  it("is passed over if it was deleted", function()
    assert(entry.write(drain, { "1-1", false }))
    passed(1, "1-1: this is no entry of a fleet")
  end)

  it("is passed over if it is a part without the first one", function()
    part(1, "3", "2/2")
    passed(1, "1-1: lease 3 of a has no part 1 of 2")
    part(2, "3", "1/1")
    assert.same({ 2 }, written)
  end)

  for name, next_one in pairs {
    ["another lease"] = { "4", "1/1" }, ["another first part"] = { "4", "1/2" },
    ["a later part"] = { "3", "3/3" }, ["a part of other parts"] = { "3", "2/4" },
  } do
    it("ends a lease whose next part should be there: " .. name, function()
      part(1, "3", "1/3")
      part(2, unpack(next_one))
      assert.equal("mtr:fleet:{s}:results 1-1: lease 3 of a has no part 2 of 3", drain.unread_why)
      assert.is_true(drain.done.a:has(3))
      assert.equal(1, written[1])
    end)
  end

  it("ends a lease behind which nothing is", function()
    part(1, "3", "1/2")
    entry.give_up(drain)
    passed(1, "1-1: lease 3 of a has no part 2 of 2")
    entry.give_up(drain)               -- once
    assert.equal(1, drain.strange)
    -- Its first part is in the outputs, so the lease is not written when it comes again.
    part(2, "3", "1/1")
    assert.same({ { 1 }, 1 }, { written, drain.repeated })
  end)

  it("tells some complaints of a lease, not all", function()
    take(1, { lease = "3", point = "a", part = "1/1", complaints = ("no\n"):rep(1000) })
    assert.equal(20, #said)
    assert.equal("a: no", said[1])
  end)
end)
