-- SPDX-License-Identifier: MIT
--
-- Kills the workers and the drain of a campaign of the fleet again and again, restarts its Redis,
-- and counts what the archive has too many or too few.
local random = require "spec.support.harness.random"
local redis = require "spec.support.real.redis"
local run = require "spec.support.harness.run"

local M = {}

local NET = [[return require("mtr").sim.internet { prefixes = %d, dead = 0 }]]
local LIST = [[for t in require("mtr").sim.internet({ prefixes = %d, dead = 0 }):targets() do
  print(t)
end]]

---Runs it. Returns { kills, restarts, lost, doubled, torn, repeated }: `repeated` is the number of
---targets in leases that were taken over.
---@param o { targets: integer, kills: integer, restarts: integer, workers: integer, lease: integer,
--- seed: integer }
function M.run(o)
  local program = os.getenv "MTR_PROGRAM" or "build/mtrlua"
  local server, r = redis.up(), random(o.seed)
  local dir = server.dir
  local net = run.file("net.lua", NET:format(o.targets))
  local list = run.file("targets", "")
  local script = run.file("targets.lua", LIST:format(o.targets))
  local got = run.run(("%s %s >%s"):format(program, script, list))
  assert(got.status == 0, got.err)
  local fleet = program .. " fleet %s --redis " .. server.url
  got = run.run(fleet:format "submit" .. (" chaos -t %s --lease %d"):format(list, o.lease))
  assert(got.status == 0, got.err)
  local serial, workers, counts = 0, {}, { kills = 0, restarts = 0 }
  local function work(i)
    serial = serial + 1
    workers[i] = redis.start(("%s --sim %s fleet work --redis %s --name vp/%d --once --window %d "
      .. "--lease-time 1s"):format(program, net, server.url, serial, 2 * o.lease),
      dir .. "/workers.log")
  end
  local drain
  local function start_drain()
    drain = redis.start(fleet:format "drain" .. (" chaos -o jsonl=%s/out.jsonl "
      .. "--state %s/drain.state"):format(dir, dir), dir .. "/drain.log")
  end
  for i = 1, o.workers do work(i) end
  start_drain()
  local events = o.kills + o.restarts
  local step = math.floor(o.targets / o.lease / (events + 1))
  local function progress() return tonumber(server:call "HGET mtr:fleet:{chaos}:meta done") or 0 end
  for n = 1, events do
    local goal = (n - 1) * step + r(step)
    while progress() < goal do redis.sleep(2) end
    if n % math.ceil(events / (o.restarts + 1)) == 0 and counts.restarts < o.restarts then
      server:kill()
      server:begin()
      counts.restarts = counts.restarts + 1
    else
      local which = r(o.workers + 1)
      if which > o.workers then
        drain:kill()
        -- The next drain waits for the lock of the dead one, as a supervisor would.
        server:call "DEL mtr:fleet:{chaos}:drain"
        start_drain()
      else
        workers[which]:kill()
        work(which)
      end
      counts.kills = counts.kills + 1
    end
  end
  for _, one in ipairs(workers) do one:wait() end
  drain:wait()
  local seen, found = {}, 0
  counts.torn, counts.doubled = 0, 0
  for line in io.lines(dir .. "/out.jsonl") do
    local target = line:match '^{"type":"trace".*"target":"([^"]+)".*%]}$'
    if target then seen[target] = (seen[target] or 0) + 1 else counts.torn = counts.torn + 1 end
  end
  for _, n in pairs(seen) do found, counts.doubled = found + 1, counts.doubled + n - 1 end
  counts.lost, counts.repeated = o.targets - found, 0
  for n in run.read(dir .. "/workers.log"):gmatch "takes over (%d+) leases" do
    counts.repeated = counts.repeated + n * o.lease
  end
  server:down()
  return counts
end

return M
