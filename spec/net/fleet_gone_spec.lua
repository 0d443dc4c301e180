-- SPDX-License-Identifier: MIT
--
-- A campaign whose keys are deleted behind its back: by an operator, or by a Redis that makes room.
-- Its drain ended as if all was well, and its state said that it had finished; workers and
-- submissions said nothing. And campaigns that could not be submitted must leave nothing behind.
local fleets = require "spec.support.real.fleet"
local redis = require "spec.support.real.redis"
local run = require "spec.support.harness.run"

describe("a fleet", function()
  local fleet = fleets.each(before_each, after_each)
  local server

  before_each(function() server = fleet.server end)

  local function failed(command, words, message)
    local got = fleet:run(command, words)
    assert(got.err:find(message, 1, true), got.err)
    return got.status
  end

  it("says that a campaign is gone, to its drain and to its workers", function()
    fleet:good("submit", "s --lease 20 --prefix 1.0.0.0/26")
    server:call "HSET mtr:fleet:{s}:meta complete 0"         -- more is to come
    local words = ("s -o jsonl=%s/out --state %s/state"):format(run.dir(), run.dir())
    local drain = fleet:start("drain", words)
    local worker = fleet:start("work", "--name ams")
    redis.await("the results", function() return fleet:field("s", "drained") == 4 end)
    fleet:beats("ams", 1)
    server:call "FLUSHALL"
    drain:says "ENOENT: the campaign s is gone from Redis: its keys were deleted"
    drain:wait()
    worker:says "campaign s is gone from Redis, and was not done a moment ago"
    worker:kill(15)
    assert.equal(64, #run.records(run.read(run.dir() .. "/out")))
    assert.truthy(run.read(run.dir() .. "/state"):find('"finished":false', 1, true))
  end)

  it("says nothing of campaigns that are forgotten when they are done or cancelled", function()
    local worker = fleet:start("work", "--name ams")
    for _, case in ipairs { { "drain", "a" }, { "cancel", "b" } } do
      local command, name = case[1], case[2]
      fleet:good("submit", name .. " --prefix 1.0.0.0/28")
      redis.await("the end", function() return fleet:field(name, "done") == 1 end)
      fleet:good(command, name)
      fleet:beats("ams", 2)
      fleet:good("forget", name .. " --discard")
      fleet:beats("ams", 2)
    end
    worker:kill(15)
    assert.is_nil(worker:text():find "gone")
  end)

  it("does not submit to a Redis that deletes keys, and says so in workers and drains", function()
    fleet:good("submit", "s --prefix 1.0.0.0/28")
    server:call "CONFIG SET maxmemory 100mb"
    server:call "CONFIG SET maxmemory-policy allkeys-lru"
    local message = "has the maxmemory-policy allkeys-lru: when its memory is full it deletes keys"
    assert.equal(1, failed("submit", "t --prefix 1.0.0.0/28", message))
    assert.equal("s", server:call "SMEMBERS mtr:fleet:campaigns")
    assert.equal(0, failed("work", "--name ams --once", message))
    assert.equal(0, failed("drain", "s", message))
    server:call "CONFIG SET maxmemory-policy volatile-lru"
    assert.equal("", fleet:good("submit", "t --prefix 1.0.0.0/28").err)
  end)

  it("leaves nothing of a campaign that it cannot submit", function()
    local empty = run.file("empty", "# none\n")
    for _, case in ipairs {
      { "-t " .. empty, 1, "ENODATA: there are no targets in " .. empty },
      { ("-t %s/none"):format(run.dir()), 1, "ENOENT" },
      { "--prefix 1.0.0.0/28 --share all --points ams,fra,ams", 2, "points has ams twice" },
    } do
      local words, status, message = unpack(case)
      assert.equal(status, failed("submit", "s " .. words, message))
      assert.equal("", server:call "KEYS mtr:*")
    end
    fleet:good("submit", "s --prefix 1.0.0.0/28")
  end)

  it("tells a worker that its vantage point has no part in a campaign", function()
    fleet:good("submit", "s --share all --points ams,fra --prefix 1.0.0.0/28")
    local got = fleet:good("work", "--name late --once")
    assert.equal("fleet: campaign s is traced from ams, fra, and not from late\n"
      .. "fleet: 0 leases, 0 targets\n", got.err)
  end)
end)
