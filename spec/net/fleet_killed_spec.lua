-- SPDX-License-Identifier: MIT
--
-- A fleet whose workers, drain and Redis are killed: in a simulated network, and between kernel
-- nodes.
local fleet_chaos = require "spec.support.real.fleet_chaos"
local fleets = require "spec.support.real.fleet"
local lab = require "spec.lab.lab"
local redis = require "spec.support.real.redis"
local run = require "spec.support.harness.run"

describe("a fleet in trouble", function()
  after_each(function()
    redis.reap()
    run.clean()
  end)

  it("has each target once after kills of workers, drain and Redis", function()
    local got = fleet_chaos.run { targets = 1500, kills = 6, restarts = 2, workers = 2, lease = 10,
      seed = 5 }
    assert.same({ 6, 2, 0, 0, 0 }, { got.kills, got.restarts, got.lost, got.doubled, got.torn })
  end)

  it("has each target once when the network to Redis is cut for longer than a lease", function()
    local able, why = lab.available()
    if not able then return pending(why) end
    local l = assert(lab.up("chain", { 2 }))
    finally(function() l:down() end)
    l:spawn(("exec redis-server --port 6390 --bind 0.0.0.0 --save '' --protected-mode no --dir %s "
      .. ">%s/r.log"):format(run.dir(), run.dir()), "r1")
    local url = ("redis://%s:6390"):format(l.truth.v4[1][1])
    local function inside(node, words)
      local output, code = l:exec(("%s fleet %s --redis %s"):format(fleets.PROGRAM, words, url),
        node)
      assert.equal(0, code, output)
      return output
    end
    -- Each node traces its loopback, so that only the way to Redis is cut.
    local function worker(node, name)
      return l:spawn(("exec %s --transport raw fleet work --redis %s --name %s --lease-time 1s "
        .. "--window 16 >>%s/%s.log 2>&1"):format(fleets.PROGRAM, url, name, run.dir(), name), node)
    end
    local function done()
      local text = l:exec("redis-cli -p 6390 HGET mtr:fleet:{s}:meta done", "r1")
      return tonumber(text) or 0
    end
    inside("r1", "submit s --prefix 127.1.0.0/24 --rate 60 --attempts 1 --lease 4")
    local cut = worker("p", "cut")
    redis.await("leases of the one that is cut off", function() return done() >= 3 end)
    local device = l:exec("ip -o link show", "p"):match "%d+: ([%w_]+)@?%w*: <BROADCAST"
    l:exec("ip link set " .. device .. " down", "p")
    local before = done()
    worker("r1", "near")
    redis.await("leases of the other", function() return done() >= before + 20 end)
    l:exec("ip link set " .. device .. " up", "p")
    inside("r1", ("drain s -o jsonl=%s/out.jsonl"):format(run.dir()))
    local n, count = fleets.dsts(run.records(run.read(run.dir() .. "/out.jsonl")))
    assert.equal(256, n)
    for dst, times in pairs(count) do assert.equal(1, times, dst) end
    assert.truthy(os.execute("kill -0 " .. cut))             -- it has gone on
  end)

  it("traces from three kernel nodes, while one worker is killed and one is stopped", function()
    local able, why = lab.available()
    if not able then return pending(why) end
    local l = assert(lab.up("chain", { 6 }))
    finally(function() l:down() end)
    -- All nodes have a route to the first link, where Redis and the targets are.
    l:spawn(("exec redis-server --port 6390 --bind 0.0.0.0 --save '' --protected-mode no --dir %s "
      .. ">%s/r.log"):format(run.dir(), run.dir()), "r1")
    local url = ("redis://%s:6390"):format(l.truth.v4[1][1])
    local function inside(node, words)
      local command = ("%s fleet %s --redis %s"):format(fleets.PROGRAM, words, url)
      local output, code = l:exec(command, node)
      assert.equal(0, code, output)
      return output
    end
    local function worker(node, name)
      return l:spawn(("exec %s fleet work --redis %s --name %s --lease-time 2s --window 2 "
        .. "--max-rate 400 >>%s/log 2>&1"):format(fleets.PROGRAM, url, name, run.dir()), node)
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
end)
