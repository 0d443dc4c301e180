-- SPDX-License-Identifier: MIT
--
-- A Redis that has lost its last second, and whose clock is behind then: results get ids below
-- those that a drain has read. It passed them over and removed them, so they were lost.
local fleets = require "spec.support.real.fleet"
local redis = require "spec.support.real.redis"
local run = require "spec.support.harness.run"

describe("a drain of a Redis whose clock goes back", function()
  local fleet = fleets.each(before_each, after_each)
  local server, words

  before_each(function()
    server = fleet.server
    words = ("s -o jsonl=%s/out --state %s/state"):format(run.dir(), run.dir())
    fleet:good("submit", "s --lease 16 --prefix 1.0.0.0/26")
    fleet:good("work", "--name ams --once")
  end)

  -- Runs a script in Redis, with the streams of results and of those that are set aside.
  local function eval(script)
    local file = run.file("script.lua", script)
    return server:call(("--eval %s 'mtr:fleet:{s}:results' aside"):format(file))
  end

  -- Sets the last entries aside, which are then to come later.
  local function set_aside(n)
    eval(("for _, entry in ipairs(redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', %d)) do "
      .. "redis.call('XADD', KEYS[2], '*', unpack(entry[2])) "
      .. "redis.call('XDEL', KEYS[1], entry[1]) end"):format(n))
  end

  -- Puts them there with early ids.
  local function put_early()
    eval [[
      redis.call('DEL', KEYS[1])
      for i, entry in ipairs(redis.call('XRANGE', KEYS[2], '-', '+')) do
        redis.call('XADD', KEYS[1], '5-' .. i, unpack(entry[2]))
      end
    ]]
  end

  local function check_all()
    local n, count = fleets.dsts(run.records(run.read(run.dir() .. "/out")))
    assert.equal(64, n)
    for _, times in pairs(count) do assert.equal(1, times) end
    assert.equal(4, fleet:field("s", "drained"))
    assert.equal(0, fleet:field("s", "repeated"))
    assert.equal(0, fleet:field("s", "bytes"))
    assert.equal("0", server:call "XLEN 'mtr:fleet:{s}:results'")
  end

  it("writes what comes behind a new connection", function()
    set_aside(2)
    local drain = fleet:start("drain", words .. " --follow")
    redis.await("the first results", function() return fleet:field("s", "drained") == 2 end)
    put_early()
    server:call "CLIENT KILL TYPE normal"
    redis.await("all results", function() return fleet:field("s", "drained") == 4 end)
    drain:kill(15)
    check_all()
  end)

  it("writes what comes before it is started again", function()
    set_aside(2)
    local drain = fleet:start("drain", words .. " --follow")
    redis.await("the first results", function() return fleet:field("s", "drained") == 2 end)
    drain:kill(9)
    put_early()
    server:call "DEL mtr:fleet:{s}:drain"
    fleet:good("drain", words)
    check_all()
  end)

  for _, finished in ipairs { "true", "false" } do
    it("writes nothing twice that was not removed; finished: " .. finished, function()
      eval "for _, e in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do \z
        redis.call('XADD', KEYS[2], e[1], unpack(e[2])) end"
      fleet:good("drain", words)
      server:call "RENAME aside 'mtr:fleet:{s}:results'"     -- as if the removal was lost
      server:call "HSET 'mtr:fleet:{s}:meta' drained 0 bytes 0"
      local state = run.read(run.dir() .. "/state")
      run.file("state", (state:gsub('"finished":true', '"finished":' .. finished)))
      local got = fleet:good("drain", words)
      assert.matches("0 results of 0 leases written; .* 0 leases came twice", got.err)
      check_all()
    end)
  end
end)
