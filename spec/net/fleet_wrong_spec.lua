-- SPDX-License-Identifier: MIT
--
-- What a fleet says of wrong names and options, and of a Redis that is away, full, read-only, old,
-- strange or hostile; and that it goes on when the trouble is over.
local fleets = require "spec.support.real.fleet"
local redis = require "spec.support.real.redis"
local run = require "spec.support.harness.run"

local LIST = "--prefix 1.0.0.0/24 --prefix 1.0.1.0/25"

describe("a fleet says what is wrong:", function()
  local fleet = fleets.each(before_each, after_each)

  local function refused(command, words, message)
    local got = fleet:run(command, words)
    assert.is_true(got.status == 1 or got.status == 2, got.status)
    assert.truthy(got.err:find(message, 1, true), got.err)
  end

  it("names, shares and targets", function()
    refused("submit", "a/b " .. LIST, "name must be at most 64 letters")
    refused("submit", "s --share some " .. LIST, "--share must be split, all or n, got \"some\"")
    refused("submit", "s --share all " .. LIST, "no worker lives, so name the vantage points")
    refused("submit", "s --share n --from 3 --points a,b " .. LIST, "each target is to be traced "
      .. "from 3 vantage points, and there are 2: a, b")
    refused("submit", "s", "give the targets with one of --targets and --prefix")
    refused("submit", "s --shared " .. LIST, "needs the strategy")
    refused("submit", "s --rate 5x " .. LIST, "--rate must be a rate in probes per second")
    refused("drain", "nothing", "there is no campaign nothing")
    refused("drain", "s -o xml", "--output must be one of text, jsonl, warts, json, csv, table, "
      .. "mtr, caracal, saimiris, dot, prometheus, sqlite, ")
    refused("forget", "nothing", "there is no campaign nothing")
    refused("pause", "nothing", "there is no campaign nothing")
    refused("work", "--name 'x y'", "--name must be at most 64 letters")
    refused("work", "--name a --allow udp,bogus",
      "--allow must have some of icmp, udp, tcp; got 'bogus'")
    refused("submit", "s --first-ttl 9 --max-ttl 3 " .. LIST, "--first-ttl 9 is above --max-ttl 3")
    assert.equal("0", fleet:redis "EXISTS mtr:fleet:{s}:meta")
  end)

  it("two workers of one name", function()
    local first = fleet:start("work", "--name ams")
    fleet:beats("ams", 0)
    local second = fleet:start("work", "--name ams")
    second:says "another worker has the name ams; waiting for its end"
    first:kill(15)
    fleet:beats("ams", 0)              -- the second one's
    second:kill(15)
    assert.equal("", fleet:redis "HKEYS mtr:fleet:workers")
  end)

  it("two drains of one campaign", function()
    fleet:good("submit", "s " .. LIST)
    local first = fleet:start("drain", "s --follow")
    redis.await("the lock", function() return fleet:redis "EXISTS mtr:fleet:{s}:drain" == "1" end)
    refused("drain", "s", "another process drains the campaign s")
    first:kill(15)
    assert.equal("0", fleet:redis "EXISTS mtr:fleet:{s}:drain")
  end)

  it("a campaign of a later version, foreign keys", function()
    fleet:good("submit", "s " .. LIST)
    fleet:redis "HSET mtr:fleet:{s}:meta version 3"
    refused("work", "--name b --once", "campaign s has version 3; this mtrlua knows version 2")
    refused("drain", "s", "campaign s has version 3; this mtrlua knows version 2")
    fleet:redis "DEL mtr:fleet:{s}:meta"
    fleet:redis "SET mtr:fleet:{s}:meta foreign"
    refused("work", "--name b --once", "mtr:fleet:{s}:meta is a string, and no hash")
    refused("submit", "s " .. LIST, "WRONGTYPE")
  end)

  -- It was written as it was, and workers passed the campaign over from then on.
  it("a rate that is none, in commands that change it", function()
    fleet:good("submit", "s --rate 20 " .. LIST)
    for _, command in ipairs { "pause", "resume", "cancel" } do
      for _, rate in ipairs { "-1", "5x", "nan", "1e-9" } do
        local got = fleet:run(command, "s --rate " .. rate)
        assert.equal(2, got.status)
        assert.truthy(got.err:find("rate must be a", 1, true), got.err)
      end
    end
    assert.equal("running", fleet.server:call "HGET mtr:fleet:{s}:meta state")
    assert.equal("20", fleet.server:call "HGET mtr:fleet:{s}:meta rate")
    for _, case in ipairs { { "max", "0" }, { "100", "100" }, { "7.5/s", "7.5" },
      { "0.00001", "0.00001" } } do
      fleet:good("resume", "s --rate " .. case[1])
      assert.equal(case[2], fleet.server:call "HGET mtr:fleet:{s}:meta rate")
    end
  end)

  it("a rate that is too high; none that is very low, or was put there by others", function()
    refused("submit", "s --rate 1e10 " .. LIST, 'rate must be at most 1e9, or "max", got 1')
    refused("work", "--name a --max-rate 1e10", 'max-rate must be at most 1e9, or "max", got 1')
    for name, rate in pairs { a = "0.00001", b = "1e9" } do
      fleet:good("submit", ("%s --lease 50 --rate %s --prefix 1.0.0.0/28"):format(name, rate))
    end
    refused("pause", "a --rate 1e10", 'rate must be at most 1e9, or "max", got 1')
    assert.equal("0.00001", fleet.server:call "HGET mtr:fleet:{a}:meta rate")
    fleet.server:call "HSET mtr:fleet:{a}:meta rate 99999999999"
    local got = fleet:good("work", "--name a --once --max-rate 1e9")
    assert.equal("fleet: 2 leases, 32 targets\n", got.err)
  end)

  it("a Redis that is away", function()
    local path = run.dir() .. "/none"
    local status = redis.start(("%s fleet status --redis unix://%s"):format(fleets.PROGRAM, path),
      run.dir() .. "/status")
    status:says("connecting to unix://" .. path .. "; trying again")
    status:kill()
    local got = run.run(fleets.PROGRAM .. " fleet status --redis rediss://h")
    assert.equal(2, got.status)
    assert.truthy(got.err:find("run stunnel beside it", 1, true), got.err)
    got = run.run(fleets.PROGRAM .. " fleet status --redis http://redis")
    assert.equal('fleet: --redis = "http://redis": it must begin with redis:// or unix://\n',
      got.err:match "^[^\n]*\n")
  end)

  it("a Redis that wants a password", function()
    fleet:redis "CONFIG SET requirepass secret"
    refused("status", "", "NOAUTH")
    local login = fleets.PROGRAM .. " fleet status --redis unix://:%s@"
      .. fleet.server.path
    local got = run.run(login:format "wrong")
    assert.equal(1, got.status)
    assert.truthy(got.err:find("WRONGPASS", 1, true), got.err)
    got = run.run(login:format "secret")
    assert.equal(0, got.status, got.err)
    fleet:redis "-a secret CONFIG SET requirepass ''"
  end)

  -- While the server refuses writes the command waits; then it succeeds.
  local function waits(refuse, allow, message)
    fleet:redis(refuse)
    local submission = fleet:start("submit", "s --lease 50 " .. LIST)
    submission:says(message)
    submission:says "trying again"
    fleet:redis(allow)
    submission:says "campaign s: 384 targets in 8 leases"
    submission:wait()
    assert.truthy(submission:text():find("answers again", 1, true))
  end

  it("nothing but an interrupt, if it is interrupted meanwhile", function()
    fleet.server:call "REPLICAOF 127.0.0.1 1"
    local submission = fleet:start("submit", "s " .. LIST)
    submission:says "trying again"
    submission:kill(15)
    assert.truthy(submission:text():find("mtrlua: interrupted", 1, true), submission:text())
    assert.is_nil(submission:text():find("ECANCELED", 1, true))
  end)

  it("a Redis that is a read-only replica", function()
    waits("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", "Redis says: READONLY")
  end)

  it("a Redis without memory", function()
    waits("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", "Redis says: OOM")
  end)

  it("a Redis without memory can be drained, and then takes results again", function()
    fleet:good("submit", "s --results json --lease 20 --most-bytes 300K --prefix 1.0.0.0/24")
    local worker = fleet:start("work", "--name ams --once --lease-time 1s")
    redis.await("results", function() return fleet:field("s", "bytes") >= 300000 end)
    local used = fleet:redis "INFO memory":match "used_memory:(%d+)"
    fleet:redis("CONFIG SET maxmemory " .. used - 100000)
    local drain = fleet:start("drain", "s -o jsonl=" .. run.dir() .. "/out")
    redis.await("an empty Redis", function() return fleet:field("s", "bytes") == 0 end)
    fleet:redis "CONFIG SET maxmemory 0"
    drain:wait()
    worker:wait()
    local n, count = fleets.dsts(run.records(run.read(run.dir() .. "/out")))
    assert.equal(256, n)
    for _, times in pairs(count) do assert.equal(1, times) end
  end)

  it("a Redis without memory, until it is interrupted", function()
    fleet:good("submit", "s --lease 1 --prefix 1.0.0.0/19")
    local worker = fleet:start("work", "--name ams")
    redis.await("leases", function() return fleet:field("s", "done") > 0 end)
    fleet.server:call "CONFIG SET maxmemory 1"
    worker:says "Redis says: OOM"
    worker:kill(15)
    fleet.server:call "CONFIG SET maxmemory 0"
    assert.truthy(worker:text():find("mtrlua: interrupted", 1, true), worker:text())
    assert.is_nil(worker:text():find("ECANCELED", 1, true))
  end)

  it("results that are larger than Redis takes", function()
    fleet:good("submit", "s --results json --lease 600 --prefix 1.0.0.0/23")
    fleet:redis "CONFIG SET proto-max-bulk-len 1048576"
    local worker = fleet:start("work", "--name ams --once")
    worker:says "trying again"
    fleet:redis "CONFIG SET proto-max-bulk-len 100mb"
    worker:wait()
    assert.equal(512, (fleets.dsts(fleet:drained "s")))
  end)
end)

describe("a fleet bears a Redis that", function()
  local socket

  after_each(function()
    redis.reap()
    run.clean()
  end)

  -- Starts a program that answers as a Redis, and waits until it listens.
  local function strange(words)
    socket = run.dir() .. "/strange.sock"
    redis.start(("python3 spec/support/real/strange_redis.py %s %s"):format(socket, words),
      run.dir() .. "/strange.log")
    redis.await("its socket", function() return os.rename(socket, socket) end)
  end

  local function fleet(words)
    return run.run(("%s fleet %s --redis unix://%s"):format(fleets.PROGRAM, words, socket))
  end

  it("is of an old version", function()
    strange "0 version=6.0.16"
    local got = fleet "status"
    assert.equal(1, got.status)
    assert.truthy(got.err:find("is Redis 6.0.16; a fleet needs 6.2 or later", 1, true), got.err)
  end)

  for lines, message in pairs {
    ["*1000000000"] = "a list of 1000000000 elements; at most 1048576 are taken",
    ["*2,:1,*1000000000"] = "a list of 1000000000 elements; at most 1048576 are taken",
    ["$300000000"] = "a text of 300000000 bytes; at most 268435456 are taken",
    [("*1"):rep(8, ",")] = "lists in lists, deeper than 7; that many are taken",
    ["HTTP/1.1 400 Bad Request"] = "Protocol error: a reply of an unknown kind",
  } do
    it("promises what nobody can take: " .. lines, function()
      strange("0 'answer=" .. lines .. "'")
      local got = fleet "status"
      assert.equal(1, got.status)
      assert.truthy(got.err:find(("EPROTO: unix://%s: this is no Redis: %s\n"):format(socket,
        message), 1, true), got.err)
    end)
  end

  it("has another clock", function()
    strange "0 clock=3600"
    local net = run.file("net.lua", [[return require("mtr").sim.internet { prefixes = 10 }]])
    local worker = redis.start(("%s --sim %s fleet work --name a --redis unix://%s"):format(
      fleets.PROGRAM, net, socket), run.dir() .. "/worker.log")
    worker:says " s off that of Redis; the times in results are this host's"
    assert.truthy(worker:text():find("the clock of this host is 3%d%d%d s off"), worker:text())
    worker:kill(15)
  end)

  for seed = 1, 3 do
    it("answers strangely: " .. seed, function()
      strange(seed)
      local got = run.run(("%s spec/support/real/fleet_strange.lua %s 30"):format(fleets.PROGRAM,
        socket))
      assert.equal("", got.err)
      local values, messages = got.out:match "^(%d+) values, (%d+) messages\n$"
      assert.truthy(values, got.out)
      assert.equal(30, values + messages)
      assert.is_true(tonumber(messages) > 0)
    end)
  end
end)
