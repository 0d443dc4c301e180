-- SPDX-License-Identifier: MIT
--
-- The fleet over a real redis-server: workers that share a campaign, die, pause and give back, and
-- a drain that writes each lease once. The workers trace simulated networks, in the last case
-- kernel routers.
local cjson = require "cjson"
local lab = require "spec.lab.lab"
local vantage = dofile "spec/perf/loads/vantage.lua"
local chaos = require "spec.support.real.fleet_chaos"
local redis = require "spec.support.real.redis"
local run = require "spec.support.harness.run"

local MTRLUA = os.getenv "MTR_PROGRAM" or "build/mtrlua"

describe("the fleet", function()
  local server, net, fleet

  before_each(function()
    server = redis.up()
    net = run.file("net.lua", [[return require("mtr").sim.internet { prefixes = 2000, dead = 0 }]])
    fleet = function(command, words)
      return run.run(("%s%s fleet %s --redis %s %s"):format(MTRLUA,
        command == "work" and " --sim " .. net or "", command, server.url, words or ""))
    end
  end)

  after_each(function()
    server:down()
    run.clean()
  end)

  local function good(command, words)
    local got = fleet(command, words)
    assert.equal(0, got.status, got.err)
    return got
  end

  -- Starts a worker in the background.
  local function start(words)
    return redis.start(("%s --sim %s fleet work --redis %s %s"):format(MTRLUA, net, server.url,
      words), run.dir() .. "/log")
  end

  local function status()
    return cjson.decode(good("status", "-o json").out)
  end

  -- Drains a campaign; its results.
  local function drained(name)
    return run.records(good("drain", name).out)
  end

  local function dsts(results)
    local count, n = {}, 0
    for _, result in ipairs(results) do
      if not count[result.dst] then n = n + 1 end
      count[result.dst] = (count[result.dst] or 0) + 1
    end
    return n, count
  end

  local LIST = "--prefix 1.0.0.0/24 --prefix 1.0.1.0/25"

  it("traces each target once", function()
    assert.equal("campaign s: 384 targets in 8 leases\n",
      good("submit", "s --lease 50 --list mine " .. LIST).out)
    good("work", "--name ams --once")
    local results = drained "s"
    assert.equal(384, (dsts(results)))
    assert.equal(384, #results)
    assert.equal("s", results[1].campaign)
    assert.equal("ams", results[1].monitor)
    assert.equal("mine", results[1].list)
    local now = status()
    assert.same({ "done", 384, 8, 8, 0 }, { now.campaigns[1].state, now.campaigns[1].targets,
      now.campaigns[1].leases, now.campaigns[1].done, now.campaigns[1].undrained_bytes })
    assert.equal("0", server:call "XLEN mtr:fleet:{s}:results")
    assert.equal("0", server:call "XLEN mtr:fleet:{s}:leases")
  end)

  it("traces each target from every vantage point, or from some", function()
    good("submit", "all --share all --points ams,fra,nyc --lease 20 --prefix 1.0.0.0/26")
    good("submit", "some --share n --from 2 --points ams,fra,nyc --lease 4 --prefix 1.0.1.0/26")
    for _, name in ipairs { "ams/1", "fra", "nyc/x" } do good("work", "--once --name " .. name) end
    local results = drained "all"
    assert.equal(192, #results)
    for dst, n in pairs(select(2, dsts(results))) do assert.equal(3, n, dst) end
    results = drained "some"
    assert.equal(128, #results)
    local points = {}
    for _, result in ipairs(results) do
      points[result.monitor] = (points[result.monitor] or 0) + 1
    end
    for dst, n in pairs(select(2, dsts(results))) do assert.equal(2, n, dst) end
    for _, name in ipairs { "ams", "fra", "nyc" } do assert.is_true(points[name] > 0) end
  end)

  it("goes on with a submission that was stopped", function()
    local list = run.file("list", "")
    local file = io.open(list, "w")
    for i = 0, 299 do file:write(("1.0.%d.%d\n"):format(i / 200, i % 200 + 1)) end
    file:close()
    -- Only some leases fit; the submission waits, and is killed.
    local words = "s --lease 10 --most-leases 16 -t " .. list
    local got = run.run(("timeout -s KILL 2 %s fleet submit --redis %s %s"):format(MTRLUA,
      server.url, words))
    assert.not_equal(0, got.status)
    assert.equal("16", server:call "XLEN mtr:fleet:{s}:leases")
    assert.truthy(good("status").out:find("160 targets so far", 1, true))
    local worker = start "--name ams --once"
    assert.equal("campaign s: 300 targets in 30 leases\n", good("submit", words).out)
    worker:wait()
    local n, count = dsts(drained "s")
    assert.equal(300, n)
    for _, times in pairs(count) do assert.equal(1, times) end
    -- Another list, or other options, is another campaign.
    got = fleet("submit", "s --lease 10 -p udp -t " .. list)
    assert.equal(1, got.status)
    assert.truthy(got.err:find("there is a campaign s already, and its trace is", 1, true), got.err)
  end)

  it("pauses, resumes and cancels", function()
    good("submit", "s --lease 4 " .. LIST)
    good("pause", "s")
    local worker = start "--name ams"
    redis.sleep(1500)
    assert.same({ "paused", 0 }, { status().campaigns[1].state, status().campaigns[1].done })
    good("resume", "s --rate 100000")
    assert.equal(384, #drained "s")
    -- A worker says so with its next sign of life.
    while status().workers[1].facts.done_targets < 384 do redis.sleep(50) end
    worker:kill(15)
    assert.same({}, status().workers)
    good("submit", "t " .. LIST)
    good("cancel", "t")
    assert.equal(0, #drained "t")
    local got = fleet("resume", "t")
    assert.equal(1, got.status)
    assert.equal("fleet: ECANCELED: campaign t was cancelled\n", got.err)
  end)

  it("gives leases back when it is interrupted", function()
    good("submit", "s --lease 10 --prefix 1.0.0.0/21")
    local worker = start "--name a/1 --window 100"
    while (tonumber(server:call "HGET mtr:fleet:{s}:meta done") or 0) < 3 do redis.sleep(1) end
    worker:kill(15)
    assert.truthy(worker:text():find("mtrlua: interrupted", 1, true))
    assert.equal("", server:call "HKEYS mtr:fleet:workers")
    local before = tonumber(server:call "HGET mtr:fleet:{s}:meta done")
    assert.is_true(before < 205)
    good("work", "--name a/2 --once")
    assert.equal("205", server:call "HGET mtr:fleet:{s}:meta done")
    local n, count = dsts(drained "s")
    assert.equal(2048, n)
    for _, times in pairs(count) do assert.equal(1, times) end
  end)

  it("has each target once after kills of workers, drain and Redis", function()
    local got = chaos.run { targets = 1500, kills = 6, restarts = 2, workers = 2, lease = 10,
      seed = 5 }
    assert.same({ 6, 2, 0, 0, 0 }, { got.kills, got.restarts, got.lost, got.doubled, got.torn })
  end)

  it("rests when nobody drains, and goes on", function()
    good("submit", "s --lease 20 --most-bytes 200K " .. LIST)
    local worker = start "--name ams --once"
    redis.sleep(1500)
    local c = status().campaigns[1]
    assert.is_true(c.undrained_bytes >= 200000 and c.undrained_bytes < 500000, c.undrained_bytes)
    assert.is_true(c.done < c.leases)
    assert.equal(384, #drained "s")
    worker:wait()
  end)

  it("shares stop sets of doubletree between vantage points", function()
    local list = run.file("list", table.concat(vantage("targets", 60), "\n") .. "\n")
    -- The probes and the interfaces of two vantage points, one after the other.
    local function traced(name, words)
      good("submit", ("%s -t %s --share all --points v1,v2 --strategy doubletree --lease 10 %s")
        :format(name, list, words))
      for v = 1, 2 do
        net = run.file("v.lua",
          ("return dofile('spec/perf/loads/vantage.lua')('v%d', 60)"):format(v))
        good("work", ("--name v%d --campaign %s --once"):format(v, name))
      end
      local probes, seen, n = 0, {}, 0
      for _, result in ipairs(drained(name)) do
        probes = probes + result.probe_count
        for _, hop in ipairs(result.hops) do
          if hop.addr and not seen[hop.addr] then seen[hop.addr], n = true, n + 1 end
        end
      end
      return probes, n
    end
    local probes, interfaces = traced("apart", "")
    local fewer, same = traced("together", "--shared")
    assert.is_true(fewer < 0.8 * probes, fewer .. " of " .. probes)
    assert.is_true(same >= 0.99 * interfaces, same .. " of " .. interfaces)
  end)

  it("traces from three kernel nodes, while one worker is killed and one is stopped", function()
    local able, why = lab.available()
    if not able then return pending(why) end
    local l = assert(lab.up("chain", { 6 }))
    finally(function() l:down() end)
    -- All nodes have a route to the first link, where Redis and the targets are.
    l:spawn(("redis-server --port 6390 --bind 0.0.0.0 --save '' --protected-mode no --dir %s "
      .. ">%s/r.log"):format(run.dir(), run.dir()), "r1")
    local url = ("redis://%s:6390"):format(l.truth.v4[1][1])
    local function inside(node, words)
      local output, code = l:exec(("%s fleet %s --redis %s"):format(MTRLUA, words, url), node)
      assert.equal(0, code, output)
      return output
    end
    local function worker(node, name)
      return l:spawn(("exec %s fleet work --redis %s --name %s --lease-time 2s --window 2 "
        .. "--max-rate 400 >>%s/log 2>&1"):format(MTRLUA, url, name, run.dir()), node)
    end
    inside("p", ("submit s --share all --points ams,fra,nyc --lease 1 --prefix %s --prefix %s "
      .. "--list lab"):format(l.src4, l.src6))
    worker("d", "ams")
    local killed, stopped = worker("r3", "fra/1"), worker("r2", "nyc/1")
    redis.sleep(100)
    os.execute(("kill -9 -%d; kill -STOP -%d"):format(killed, stopped))
    worker("r3", "fra/2")
    worker("r2", "nyc/2")
    inside("p", ("drain s -o warts=%s/out.warts -o jsonl=%s/out.jsonl"):format(run.dir(),
      run.dir()))
    os.execute(("kill -CONT -%d"):format(stopped))
    local away = { ams = 6, fra = 3, nyc = 2 }
    local results = run.records(run.read(run.dir() .. "/out.jsonl"))
    assert.equal(6, #results)
    for _, result in ipairs(results) do
      assert.equal("completed", result.stop_reason)
      local distance = away[result.monitor]
      assert.equal(distance, result.hop_count)
      for ttl, hop in ipairs(result.hops) do
        local pattern = result.dst:find ":" and "fd00:%d::1" or "10.0.%d.1"
        assert.equal(pattern:format(distance - ttl + 1), hop.addr)
      end
    end
    local read = run.run(("sc_wartsdump %s/out.warts | grep -c '^traceroute from'"):format(
      run.dir()))
    assert.equal("6\n", read.out)
  end)

  describe("says what is wrong:", function()
    local function refused(command, words, message)
      local got = fleet(command, words)
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
      refused("drain", "nothing", "there is no campaign nothing")
      refused("pause", "nothing", "there is no campaign nothing")
      refused("work", "--name 'x y'", "--name must be at most 64 letters")
    end)

    it("two workers of one name, a campaign of a later version, foreign keys", function()
      good("submit", "s " .. LIST)
      local worker = start "--name ams"
      while server:call "HKEYS mtr:fleet:workers" == "" do redis.sleep(20) end
      local got = run.run(("timeout 2 %s --sim %s fleet work --redis %s --name ams"):format(MTRLUA,
        net, server.url))
      assert.truthy(got.err:find("another worker has the name ams; waiting for its end", 1, true))
      worker:kill(15)
      server:call "HSET mtr:fleet:{s}:meta version 2"
      refused("work", "--name b --once", "campaign s has version 2; this mtrlua knows version 1")
      refused("drain", "s", "campaign s has version 2; this mtrlua knows version 1")
      server:call "DEL mtr:fleet:{s}:meta"
      server:call "SET mtr:fleet:{s}:meta foreign"
      refused("work", "--name b --once", "mtr:fleet:{s}:meta: Redis says: WRONGTYPE")
      refused("submit", "s " .. LIST, "WRONGTYPE")
    end)

    it("a Redis that is away, has no memory, wants a password", function()
      local got = run.run(("timeout 2 %s fleet status --redis unix://%s/none"):format(MTRLUA,
        run.dir()))
      assert.truthy(got.err:find("connecting to unix://" .. run.dir() .. "/none; trying again", 1,
        true), got.err)
      got = run.run(MTRLUA .. " fleet status --redis rediss://h")
      assert.equal(2, got.status)
      assert.truthy(got.err:find("run stunnel beside it", 1, true), got.err)
      server:call "CONFIG SET maxmemory 1"
      got = run.run(("timeout 2 %s fleet submit --redis %s s %s"):format(MTRLUA, server.url, LIST))
      assert.truthy(got.err:find("Redis says: OOM", 1, true), got.err)
      assert.truthy(got.err:find("trying again", 1, true), got.err)
      server:call "CONFIG SET maxmemory 0"
      server:call "CONFIG SET requirepass secret"
      refused("status", "", "NOAUTH")
      got = run.run(("%s fleet status --redis unix://:wrong@%s"):format(MTRLUA, server.path))
      assert.truthy(got.err:find("WRONGPASS", 1, true), got.err)
      got = run.run(("%s fleet status --redis unix://:secret@%s"):format(MTRLUA, server.path))
      assert.equal(0, got.status, got.err)
      server:call "-a secret CONFIG SET requirepass ''"
    end)
  end)
end)
