-- SPDX-License-Identifier: MIT
--
-- What a fleet says of keys in its place that are of another program, and of campaigns whose name
-- is taken. A message names the key, and nothing is half done.
local fleets = require "spec.support.real.fleet"
local redis = require "spec.support.real.redis"
local run = require "spec.support.harness.run"

local LIST = "--prefix 1.0.0.0/26 --lease 16"
local META = "mtr:fleet:{s}:"

describe("a foreign key", function()
  local fleet = fleets.each(before_each, after_each)

  local function refused(command, words, ...)
    local got = fleet:run(command, words)
    assert.equal(1, got.status, got.err)
    for _, text in ipairs { ... } do assert.truthy(got.err:find(text, 1, true), got.err) end
  end

  local function put(key) fleet:redis("SET " .. key .. " foreign") end
  local WHAT = "another program uses this name; rename or delete it"

  for _, case in ipairs {
    { "mtr:fleet:campaigns", "set", "submit", "s " .. LIST },
    { "mtr:fleet:campaigns", "set", "status", "" },
    { "mtr:fleet:workers", "hash", "work", "--name a --once" },
    { "mtr:fleet:workers", "hash", "status", "" },
    { META .. "leases", "stream", "submit", "s " .. LIST },
    { META .. "results", "stream", "submit", "s " .. LIST },
    { META .. "left", "hash", "submit", "s " .. LIST },
    { META .. "stops", "stream", "submit", "s " .. LIST },
    { META .. "rates", "stream", "submit", "s " .. LIST },
  } do
    it(("%s is named by %s, which changes nothing"):format(case[1], case[3]), function()
      put(case[1])
      refused(case[3], case[4], ("%s is a string, and no %s of a fleet"):format(case[1], case[2]),
        WHAT)
      assert.equal(case[1], fleet:redis "KEYS '*'")
      fleet:redis("DEL " .. case[1])
      assert.equal("campaign s: 64 targets in 4 leases\n", fleet:good("submit", "s " .. LIST).out)
      assert.equal("s", fleet:status().campaigns[1].name)
    end)
  end

  for _, case in ipairs {
    { META .. "leases", "stream", "work", "--name a --once" },
    { META .. "leases", "stream", "drain", "s" },
    { META .. "leases", "stream", "status", "" },
    { META .. "left", "hash", "work", "--name a --once" },
    { META .. "left", "hash", "drain", "s" },
    { META .. "results", "stream", "work", "--name a --once" },
    { META .. "results", "stream", "drain", "s" },
  } do
    it(("%s of a campaign is named by %s"):format(case[1], case[3]), function()
      fleet:good("submit", "s --share all --points a,b " .. LIST)
      local before = fleet:redis("HGETALL " .. META .. "meta")
      fleet:redis("DEL " .. case[1])
      put(case[1])
      refused(case[3], case[4], ("%s is a string, and no %s of a fleet"):format(case[1], case[2]),
        WHAT)
      assert.equal(before, fleet:redis("HGETALL " .. META .. "meta"))
      assert.equal("foreign", fleet:redis("GET " .. case[1]))
    end)
  end

  it("in place of a lock is named", function()
    fleet:good("submit", "s " .. LIST)
    fleet:redis "RPUSH mtr:fleet:worker:a foreign"
    fleet:redis("RPUSH " .. META .. "drain foreign")
    refused("work", "--name a --once", "mtr:fleet:worker:a is a list, and no string of a fleet")
    refused("drain", "s", META .. "drain is a list, and no string of a fleet")
  end)

  it("in place of what workers share is told once, and they go on without it", function()
    fleet:good("submit", "s --strategy doubletree --shared " .. LIST)
    put(META .. "stops")
    put(META .. "rates")
    local worker = fleet:good("work", "--name a --once")
    local _, n = worker.err:gsub("stops is no stream of a fleet", "")
    assert.equal(1, n, worker.err)
    _, n = worker.err:gsub("rates is no stream of a fleet", "")
    assert.equal(1, n, worker.err)
    assert.equal(64, (fleets.dsts(fleet:drained "s")))
  end)

  it("or keys that were left, let no campaign begin over them", function()
    fleet:good("submit", "s " .. LIST)
    fleet:redis("DEL " .. META .. "meta")
    refused("submit", "s " .. LIST, "there is no campaign s, but keys of one are left",
      META .. "leases")
  end)

  it("cannot hide a campaign: the next submission names it in the set again", function()
    fleet:good("submit", "s " .. LIST)
    fleet:redis "DEL mtr:fleet:campaigns"
    fleet:good("submit", "s " .. LIST)
    assert.equal("s", fleet:status().campaigns[1].name)
  end)

  it("of a campaign that is over keeps its name taken until it is forgotten", function()
    fleet:good("submit", "s " .. LIST)
    refused("forget", "s", "campaign s is not over: cancel it first")
    fleet:good("work", "--name a --once")
    refused("submit", "s " .. LIST, "there is a campaign s already, which is done",
      "mtrlua fleet forget s")
    refused("forget", "s", "results of campaign s wait for a drain")
    local drain = fleet:start("drain", "s --follow -o jsonl=" .. run.dir() .. "/out")
    redis.await("results", function() return fleet:field("s", "drained") == 4 end)
    refused("forget", "s", "a process drains the campaign s")
    drain:kill(15)
    fleet:good("forget", "s")
    assert.equal("", fleet:redis "KEYS '*'")
    fleet:good("submit", "s " .. LIST)
    fleet:good("work", "--name a --once")
    fleet:good("forget", "s --discard")
    assert.equal("", fleet:redis "KEYS '*'")
    fleet:good("submit", "s " .. LIST)
    fleet:good("cancel", "s")
    refused("submit", "s " .. LIST, "there is a campaign s already, which is cancelled")
    fleet:good("forget", "s")
    assert.equal("", fleet:redis "KEYS '*'")
  end)
end)
