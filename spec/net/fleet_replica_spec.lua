-- SPDX-License-Identifier: MIT
--
-- A Redis that fails over: the server that a fleet speaks to becomes a replica, and its name leads
-- to another one. Connections to the old one were kept, so a fleet waited for ever; and each
-- command told its trouble anew at each try.
local fleets = require "spec.support.real.fleet"
local Link = require "mtr.fleet.link"
local mtr = require "mtr"
local redis = require "spec.support.real.redis"
local run = require "spec.support.harness.run"
local Ticker = require "mtr.fleet.ticker"
local url = require "mtr.fleet.url"

describe("a Redis that becomes a replica", function()
  local fleet = fleets.each(before_each, after_each)

  it("is left for the one that has its name now", function()
    local dir = run.dir()
    local name, other = dir .. "/name", dir .. "/other"
    run.run(("mkdir %s; ln -s redis.sock %s"):format(other, name))
    redis.start(("redis-server --port 0 --unixsocket %s/sock --dir %s --save ''"):format(other,
      other), other .. "/log")
    fleet.url = "unix://" .. name
    fleet.server:call "REPLICAOF 127.0.0.1 1"
    local submission = fleet:start("submit", "s --lease 50 --prefix 1.0.0.0/24")
    submission:says "Redis says: READONLY You can't write against a read only replica.; trying"
    redis.await("the other", function()
      return run.run(("redis-cli -s %s/sock PING"):format(other)).out == "PONG\n"
    end)
    run.run(("ln -sfn other/sock %s"):format(name))
    submission:says "campaign s: 256 targets in 6 leases"
    submission:wait()
    assert.truthy(submission:text():find("answers again", 1, true), submission:text())
    fleet:good("work", "--name ams --once")
    assert.equal(256, #fleet:drained "s")
  end)

  it("is told of once, whatever commands wait for it, and once when it is over", function()
    fleet.server:call "REPLICAOF 127.0.0.1 1"
    local engine = assert(mtr.engine { sim = { source = "a", nodes = { a = "192.0.2.1" } } })
    local said, answers = {}, {}
    local ticker = assert(Ticker.new(50))
    local link = Link.new(assert(url.read(fleet.url)), ticker, function(text)
      said[#said + 1] = text
    end)
    local script = "return redis.call('INCR', KEYS[1])"
    for i, words in ipairs { { "EVAL", script, 1, "a" }, { "SET", "b", "1" },
      { "EVAL", "redis.call('PING') " .. script, 1, "c" } } do
      mtr.go(function() answers[i] = link:call(words) end)
    end
    mtr.go(function()
      ticker:wait(2000)
      assert.equal(0, link:call { "EXISTS", "b" })
      fleet.server:call "REPLICAOF NO ONE"
    end)
    ticker:listen(function()
      if not (answers[1] and answers[2] and answers[3]) then return false end
      mtr.go(function()
        link:close()
        ticker:close()
      end)
      return true
    end)
    engine:run()
    engine:close()
    assert.same({ "Redis says: READONLY You can't write against a read only replica.; trying again",
      fleet.url .. " answers again" }, said)
    assert.same({ 1, "OK", 1 }, answers)
  end)
end)
