-- SPDX-License-Identifier: MIT
--
-- The fleet over real packets: three vantage points in a lab of kernel routers, and a redis-server
-- in a fourth namespace, which they reach over TCP. One worker is killed and one is stopped for a
-- while; the drain writes warts, and scamper's reader finds every hop right from each.
local cjson = require "cjson"
local fleets = require "spec.support.real.fleet"
local nets = require "spec.support.real.nets"
local redis = require "spec.support.real.redis"
local run = require "spec.support.harness.run"

local HOPS, TARGETS, PORT = 6, 60, 6379
local POINTS = { ams = "p", fra = "r1", nyc = "r2" }         -- where they are on the path
local SKIPPED = { ams = 0, fra = 1, nyc = 2 }               -- hops behind which that is

describe("a fleet in a lab of routers", function()
  local l, url, programs

  -- Runs a command of the fleet in a node.
  local function good(node, command, words)
    local out, status = l:exec(("%s fleet %s --redis %s %s"):format(fleets.PROGRAM, command, url,
      words), node)
    assert.equal(0, status, out)
    return out
  end

  local function start(node, command)
    programs = programs + 1
    local log = ("%s/log%d"):format(run.dir(), programs)
    return redis.start(l:command("exec " .. command, node), log)
  end

  local function work(name)
    return start(POINTS[name], ("%s --transport raw fleet work --redis %s --name %s --once "
      .. "--window 20 --lease-time 2s"):format(fleets.PROGRAM, url, name))
  end

  -- Makes the way back from all nodes to the source of vantage points that are routers.
  local function ways_back()
    for k = 2, 3 do
      local from = l.plan.links[k].a4
      for j = k + 1, HOPS do
        local node = j == HOPS and "d" or "r" .. j
        local out, status = l:exec(("ip route add %s/32 via %s"):format(from, l.plan.links[j].a4),
          node)
        assert.equal(0, status, out)
      end
    end
  end

  before_each(function()
    nets.needs_privilege(pending)
    programs = 0
    l = nets.up(("many %d"):format(HOPS))
    ways_back()
    local at = l.plan.links[5].a4                            -- r4
    url = ("redis://%s:%d"):format(at, PORT)
    start("r4", ("redis-server --bind %s --port %d --protected-mode no --save '' --dir %s"):format(
      at, PORT, run.dir()))
    redis.await("Redis", function()
      return l:exec(("redis-cli -h %s PING"):format(at), "r4") == "PONG\n"
    end)
  end)

  after_each(function()
    redis.reap()
    nets.down()
    run.clean()
  end)

  -- What redis-cli answers.
  local function ask(words)
    return (l:exec(("redis-cli -h %s %s"):format(url:match "//(.*):", words), "r4"):gsub("\n$", ""))
  end

  it("finds every hop from each vantage point, though one dies and one is stopped", function()
    local list = {}
    for i = 1, TARGETS do list[i] = (l.target(i)) end
    good("p", "submit", "survey --share all --points ams,fra,nyc --lease 5 --rate 200 -t "
      .. run.file("list", table.concat(list, "\n") .. "\n"))
    local killed, stopped, fine = work "fra", work "nyc", work "ams"
    local out = run.dir() .. "/out.warts"
    local drain = start("r4", ("%s fleet drain --redis %s survey -o warts=%s --state %s"):format(
      fleets.PROGRAM, url, out, run.dir() .. "/state"))
    redis.await("results", function()
      return (tonumber(ask "HGET mtr:fleet:{survey}:meta done") or 0) >= 6
    end)
    killed:kill()
    stopped:signal(19)                                       -- SIGSTOP
    local again = work "fra"
    fine:wait()
    again:wait()
    assert.is_false(stopped:ended())
    stopped:signal(18)                                       -- SIGCONT
    stopped:wait()
    drain:wait()
    assert.truthy(drain:text():find(("%d results of 36 leases written; 0 targets could not be")
      :format(3 * TARGETS), 1, true), drain:text())
    local count, seen, point_of = {}, {}, { [l.src4] = "ams", [l.plan.links[2].a4] = "fra",
      [l.plan.links[3].a4] = "nyc" }
    for line in run.run("sc_warts2json " .. out).out:gmatch "[^\n]+" do
      local trace = cjson.decode(line)
      if trace.type == "trace" then
        local point = point_of[trace.src]
        local key = point .. " " .. trace.dst
        assert.is_nil(seen[key], key)
        seen[key], count[point] = true, (count[point] or 0) + 1
        local skipped = SKIPPED[point]
        assert.same({ "COMPLETED", HOPS - skipped }, { trace.stop_reason, #trace.hops }, key)
        for _, hop in ipairs(trace.hops) do
          local ttl = hop.probe_ttl
          local wanted = ttl == HOPS - skipped and trace.dst or l.truth.v4[ttl + skipped][1]
          assert.equal(wanted, hop.addr, key)
        end
      end
    end
    assert.same({ ams = TARGETS, fra = TARGETS, nyc = TARGETS }, count)
    assert.equal("", ask "HKEYS mtr:fleet:workers")
    assert.equal("0", ask "XLEN mtr:fleet:{survey}:results")
  end)
end)
