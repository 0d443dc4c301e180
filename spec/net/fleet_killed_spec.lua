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
