-- SPDX-License-Identifier: MIT
--
-- Hosts with names in the URLs of a fleet. addr.parse() gives a negative number for a name, which
-- was taken for a family, so that every name ended with "invalid argument"; and a simulated engine,
-- such as that of an ordinary user, would have asked its own network.
local dial = require "mtr.fleet.dial"
local fleets = require "spec.support.real.fleet"
local lib = require "mtr.lib"
local mtr = require "mtr"
local redis = require "spec.support.real.redis"
local resolve = require "mtr.wait.resolve"
local run = require "spec.support.harness.run"
local Ticker = require "mtr.fleet.ticker"

describe("a fleet's host that has a name", function()
  local fleet = fleets.each(before_each, after_each)
  local port

  before_each(function()
    port = fleet.server:listen()
    fleet.url = "redis://localhost:" .. port
  end)

  it("is found by all commands, also beside a simulated network", function()
    fleet:good("submit", "s --prefix 1.0.0.0/28")
    fleet:good("work", "--name ams --once")
    assert.equal(16, #fleet:drained "s")
    assert.equal("done", fleet:status().campaigns[1].state)
  end)

  it("is asked for again if it is not found, until the program ends", function()
    fleet.url = "redis://no.such.name.invalid:" .. port
    local status = fleet:start("status", "")
    status:says('name "no.such.name.invalid" not found')
    status:says "; trying again"
    assert.is_false(status:ended())
    status:kill(15)
    assert.truthy(status:text():find("mtrlua: interrupted", 1, true), status:text())
  end)

  it("is the place of a table of ClickHouse", function()
    run.file("mode", "ok")
    redis.start("python3 spec/support/real/clickhouse.py " .. run.dir(), run.dir() .. "/click.log")
    local http = redis.await("a port", function()
      local file = io.open(run.dir() .. "/port")
      local text = file and file:read "*a"
      if file then file:close() end
      return text
    end)
    fleet:good("submit", "s --prefix 1.0.0.0/28")
    fleet:good("work", "--name ams --once")
    local at = ("http://iris:s%%20e@localhost:%s/iris.results?async=x%%20y"):format(http)
    fleet:good("drain", ("s -o caracal='%s'"):format(at))
    assert.truthy(run.read(run.dir() .. "/iris.results.csv"):find("1.0.0.9", 1, true))
    fleet:good("submit", "t --prefix 1.0.0.0/28")
    fleet:good("work", "--name ams --once")
    local got = fleet:run("drain", "t -o caracal=http://1.2.3/iris.results")
    assert.equal(1, got.status)
    assert.truthy(got.err:find('EINVAL: "1.2.3" is not an address', 1, true), got.err)
  end)

  it("may have addresses that refuse: the next one is tried", function()
    local kept = resolve.start
    local texts = { "127.0.0.9", "127.0.0.1" }
    resolve.start = function(_, _, _, done)
      local list = {}
      for i, text in ipairs(texts) do
        list[i] = { bytes = lib.new "uint8_t[16]", family = 4 }
        for n, number in ipairs { text:match "(%d+).(%d+).(%d+).(%d+)" } do
          list[i].bytes[n - 1] = tonumber(number)
        end
      end
      done(list)
      return {}
    end
    local engine = assert(mtr.engine { sim = { source = "a", nodes = { a = "192.0.2.1" } } })
    local found, refused
    mtr.go(function()
      local ticker = assert(Ticker.new(100))
      local to = { host = "name", port = port, shown = "redis://name" }
      found = { dial.open(to, ticker, 5000) }
      texts = { "127.0.0.9", "127.0.0.8" }
      refused = { dial.open(to, ticker, 5000) }
      ticker:close()
    end)
    engine:run()
    resolve.start = kept
    assert(found[1], found[2])
    lib.C.mtr_local_hangup(found[1])
    assert.same({ nil, "ECONNREFUSED: connection refused: connecting to redis://name",
      "ECONNREFUSED" }, refused)
    engine:close()
  end)
end)
