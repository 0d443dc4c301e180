-- SPDX-License-Identifier: MIT
--
-- The bench's part about fleets, over a real redis-server: what a worker costs above a plain
-- campaign of as many targets, how many targets go through one Redis, that nothing is lost or
-- doubled when workers, drain and Redis are killed, what shared stop sets spare, and what a hundred
-- workers cost, each an engine with a simulated internet of its own, above one.

local fleet_chaos = require "spec.support.real.fleet_chaos"
local cjson = require "cjson"
local redis = require "spec.support.real.redis"
local measure = require "spec.perf.kit.measure"
local reports = require "spec.perf.kit.report"
local run = require "spec.support.harness.run"

local TARGETS, WORKERS, SPENT, MEMORY, RATE = 1000000, 4, 0.3, 64 * 2 ^ 20, 20000
local HUNDRED = 50000                  -- targets of the hundred workers
local MTRLUA = os.getenv "MTR_PROGRAM" or "build/mtrlua"

local function good(command, seconds)
  local got = run.run(command, seconds or 600)
  assert(got.status == 0, command .. ": " .. got.err)
  return got.out
end

local function values_of(text)
  local values = {}
  for key, value in text:gmatch "([%w_]+)=(%S+)" do values[key] = tonumber(value) end
  assert(values.probes, text)
  return values
end

-- The targets of a simulated internet, in a file.
local function list_of(n)
  local script = run.file("targets.lua", ([[
    for t in require("mtr").sim.internet({ prefixes = %d, dead = 0 }):targets() do print(t) end
  ]]):format(n))
  local list = run.file("targets", "")
  good(("%s %s >%s"):format(MTRLUA, script, list))
  return list
end

-- The processor time of a probe, us, where as many plain campaigns as there are workers run side by
-- side, each of its part of a list: they have to share the processors' caches too.
local function beside(list)
  good(("split -n l/%d %s %s.part"):format(WORKERS, list, list))
  local programs, cpu, probes = {}, 0, 0
  for i = 1, WORKERS do
    local part = ("%s.parta%s"):format(list, string.char(96 + i))
    programs[i] = redis.start(("%s spec/perf/loads/fleet.lua targets=%d list=%s way=plain"):format(
      MTRLUA, TARGETS, part), part .. ".log")
  end
  for i, program in ipairs(programs) do
    program:wait()
    local values = values_of(run.read(("%s.parta%s.log"):format(list, string.char(96 + i))))
    cpu, probes = cpu + values.cpu, probes + values.probes
  end
  return cpu / probes * 1e6
end

local function cost(report)
  local server, list = redis.up "--appendonly no", list_of(TARGETS)
  local load = ("%s spec/perf/loads/fleet.lua targets=%d list=%s url=%s "):format(MTRLUA, TARGETS,
    list, server.url)
  -- The machine's speed changes within minutes: the plain campaign runs before and after.
  local function plain() return values_of(good(load .. "way=plain")).us_per_probe end
  local first, before = plain(), measure.now()
  good(("%s fleet submit --redis %s bench -t %s --most-leases 100000"):format(MTRLUA, server.url,
    list))
  local submitted = measure.now() - before
  local drain = redis.start(("%s fleet drain --redis %s bench -o jsonl=/dev/null"):format(MTRLUA,
    server.url), server.dir .. "/drain.log")
  local workers = {}
  for i = 1, WORKERS do
    workers[i] = redis.start(load .. "way=work name=vp/" .. i,
      ("%s/worker%d"):format(server.dir, i))
  end
  local cpu, probes, peak, seconds, traces = 0, 0, 0, 0, 0
  for i, worker in ipairs(workers) do
    worker:wait()
    local values = values_of(run.read(("%s/worker%d"):format(server.dir, i)))
    cpu, probes, traces = cpu + values.cpu, probes + values.probes, traces + values.traces
    peak, seconds = math.max(peak, values.peak), math.max(seconds, values.seconds)
  end
  drain:kill(15)
  server:down()
  assert(traces == TARGETS, "bench: " .. traces .. " targets were traced")
  report:add { name = "fleet_cost", text = "a worker above a plain campaign, us per probe",
    value = cpu / probes * 1e6 - (first + plain()) / 2, most = SPENT, digits = 3 }
  report:add { name = "fleet_cost_beside", text = "and above four plain ones side by side",
    value = cpu / probes * 1e6 - beside(list), digits = 3 }
  report:add { name = "fleet_memory", text = "memory of a worker, MiB", value = peak / 2 ^ 20,
    most = MEMORY / 2 ^ 20, digits = 1 }
  report:add { name = "fleet_submitted", text = "targets/s submitted",
    value = TARGETS / submitted, least = RATE, digits = 0 }
  report:add { name = "fleet_rate", text = "targets/s by four workers and a drain, on this machine",
    value = TARGETS / seconds, least = RATE, digits = 0 }
end

local function kills(report)
  local got = fleet_chaos.run { targets = 50000, kills = 30, restarts = 3, workers = 4, lease = 10,
    seed = 1 }
  report:add { name = "fleet_kills", text = "kills of workers and drain", value = got.kills,
    least = 30, digits = 0 }
  report:add { name = "fleet_restarts", text = "restarts of Redis", value = got.restarts, least = 3,
    digits = 0 }
  for _, name in ipairs { "lost", "doubled", "torn" } do
    report:add { name = "fleet_" .. name, text = "results " .. name, value = got[name], most = 0,
      least = 0, digits = 0 }
  end
  report:add { name = "fleet_repeated", text = "work that was repeated, of all",
    value = got.repeated / 50000, most = 0.02, digits = 4 }
end

-- Probes and interfaces of eight vantage points.
local function vantage(name, words)
  local server = redis.up "--appendonly no"
  local targets = table.concat(dofile "spec/perf/loads/vantage.lua"("targets"), "\n")
  local list = run.file("targets", targets .. "\n")
  good(("%s fleet submit --redis %s %s -t %s --share all --points v1,v2,v3,v4,v5,v6,v7,v8 "
    .. "--strategy doubletree --lease 10 %s"):format(MTRLUA, server.url, name, list, words))
  local workers = {}
  for v = 1, 8 do
    local net = run.file(("v%d.lua"):format(v),
      ("return dofile('spec/perf/loads/vantage.lua')('v%d')"):format(v))
    workers[v] = redis.start(("%s --sim %s fleet work --redis %s --name v%d --once --window 20")
      :format(MTRLUA, net, server.url, v), server.dir .. "/workers.log")
  end
  for _, worker in ipairs(workers) do worker:wait() end
  local probes, seen, interfaces = 0, {}, 0
  local out = good(("%s fleet drain --redis %s %s"):format(MTRLUA, server.url, name))
  for line in out:gmatch "[^\n]+" do
    local result = cjson.decode(line)
    probes = probes + result.probe_count
    for _, hop in ipairs(result.hops) do
      local at = hop.addr
      if at and at ~= cjson.null and not seen[at] then
        seen[at], interfaces = true, interfaces + 1
      end
    end
  end
  server:down()
  return probes, interfaces
end

local function stop_sets(report)
  local probes, interfaces = vantage("apart", "")
  local fewer, same = vantage("together", "--shared")
  report:add { name = "fleet_stops_probes", text = "probes of 8 that share stop sets, of 8 that do "
    .. "not", value = fewer / probes, most = 0.6, digits = 3 }
  report:add { name = "fleet_stops_interfaces", text = "interfaces that they find",
    value = same / interfaces, least = 0.99, digits = 3 }
end

-- Lets so many workers in some processes trace a campaign that they share. Returns the processor
-- time of a probe in us, the seconds that it took, and the targets of the results, one a line.
local function together(workers, processes)
  local server, list, commands = redis.up "--appendonly no", list_of(HUNDRED), {}
  good(("%s fleet submit --redis %s s -t %s --lease 50"):format(MTRLUA, server.url, list))
  for p = 1, processes do
    commands[p] = ("%s spec/perf/loads/vantages.lua url=%s targets=%d first=%d last=%d &"):format(
      MTRLUA, server.url, HUNDRED, (p - 1) * workers / processes + 1, p * workers / processes)
  end
  local cpu, probes, before = 0, 0, measure.now()
  for line in good(table.concat(commands, "\n") .. "\nwait"):gmatch "[^\n]+" do
    local values = values_of(line)
    cpu, probes = cpu + values.cpu, probes + values.probes
  end
  local seconds = measure.now() - before
  local out = good(([[%s fleet drain --redis %s s | sed 's/.*"target":"\([^"]*\)".*/\1/']]):format(
    MTRLUA, server.url))
  server:down()
  return cpu / probes * 1e6, seconds, out
end

local function hundred(report)
  local one = together(1, 1)
  local each, seconds, out = together(100, 4)
  local seen, n, doubled = {}, 0, 0
  for target in out:gmatch "[^\n]+" do
    if seen[target] then doubled = doubled + 1 else n = n + 1 end
    seen[target] = true
  end
  report:add { name = "fleet_hundred", text = "cost of a probe if 100 workers have 500 targets "
    .. "each, of that if one has all", value = each / one, most = 12, digits = 2 }
  report:add { name = "fleet_hundred_rate", text = "targets/s by 100 workers, on this machine",
    value = HUNDRED / seconds, digits = 0 }
  report:add { name = "fleet_hundred_lost", text = "results of 100 workers lost",
    value = HUNDRED - n, most = 0, least = 0, digits = 0 }
  report:add { name = "fleet_hundred_doubled", text = "results of 100 workers doubled",
    value = doubled, most = 0, least = 0, digits = 0 }
end

---@param report perf.Report
return function(report)
  reports.say(("\nfleet: %d workers over a simulated internet, a real redis-server"):format(
    WORKERS))
  cost(report)
  kills(report)
  stop_sets(report)
  hundred(report)
  run.clean()
end
