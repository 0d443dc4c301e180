-- SPDX-License-Identifier: MIT
--
-- The load bench: the engine and mini, the bare reference, run in turns against a fake internet of
-- up to a million destinations, hop by hop, with a Lua callback for each finished trace; then other
-- tracers. The engine has CPU 0, the responder CPU 1. load_kit says how they are compared.
--
-- It is a part of bench.lua and assumes build/fakenet and build/perf/mini.

local contenders = require "spec.perf.kit.contenders"
local fakenet = require "spec.lab.fakenet.fakenet"
local load_gear = require "spec.perf.parts.load_gear"
local load_kit = require "spec.perf.kit.load_kit"
local load_peers = require "spec.perf.parts.load_peers"
local load_rtt = require "spec.perf.parts.load_rtt"
local reports = require "spec.perf.kit.report"
local load_runs = require "spec.perf.kit.load_runs"

local M = {}

-- What must be reached. *_us: more CPU per probe.
local TARGETS = {
  hook_us = { most = 0.25 },
  strategy_us = { most = 0.5 },
  jsonl_us = { most = 0.35 },
  many_cpu = { most = 1.1 },
  many_memory = { most = 1.1 },
  few_wait = { most = 200 },
}

---@type perf.Gear[]
local GEARS = {
  { transport = "raw", mini = "rawmm raw" },
  { transport = "packet", mini = "pktmm ring" },
  { transport = "xdp", mini = "xdp ring" },
}
-- Out of a link that is not Ethernet's packet has raw send, and receives by its rings all the same.
-- Without ARP the lab's link is such a one.
local MIXED = { name = "raw_ring", pairs = 2, transport = "packet", mini = "rawmm ring",
  detours = { least = 100 } }
local TWIN = "window-lua" -- the default strategy written in Lua
local N, JSON_N, RATE = 65536, 16384, 300000
local MANY = tonumber(os.getenv("LOAD_MANY") or 1000000)

local add, column, map, with = load_kit.add, load_kit.column, load_kit.map, load_kit.with
local pairs_of_runs = load_kit.pairs_of_runs

-- What differs from a plain run, in turns with it.
local MORE = {
  { name = "hook_us", text = "a Lua on_hop callback for every hop", options = { hook = "on" } },
  { name = "strategy_us", text = "the window strategy in Lua", options = { strategy = TWIN } },
}
local JSON = { name = "jsonl_us", text = "every result as a line of JSON",
  options = { jsonl = "build/perf/load.jsonl" } }

local function check_more(report, net, gear, n, cases)
  local options = { n = n, rate = RATE, transport = gear.transport }
  local costs = map(load_kit.PAIRS, function()
    local plain = assert(load_runs.engine(net, options))
    return map(#cases, function(i)
      local other = assert(load_runs.engine(net, with(options, cases[i].options)))
      return load_kit.difference(other, plain)
    end)
  end)
  for i, case in ipairs(cases) do
    add(report, case.name, gear.transport, TARGETS[case.name], { text = case.text, unit = "us" },
      map(#costs, function(k)
        return costs[k][i]
      end))
  end
end

-- The long run takes most of a minute, in which the machine changes: short ones before and after.
local function check_many(report, net, gear)
  local options = { n = N, rate = RATE, transport = gear.transport }
  local function short()
    return assert(load_runs.engine(net, options))
  end
  local list = { short(), short() }
  local many = assert(load_runs.engine(net, with(options, { n = MANY, inflight = N })))
  for i = 3, 4 do
    list[i] = short()
  end
  local function against(key)
    return map(#list, function(i)
      return many[key] / list[i][key]
    end)
  end
  local text = ("%d destinations / 65,536: "):format(MANY)
  add(report, "many_cpu", gear.transport, TARGETS.many_cpu, { text = text .. "CPU per probe" },
    against("us_per_packet"))
  add(report, "many_memory", gear.transport, TARGETS.many_memory, { text = text .. "peak memory" },
    against("rss_kib"))
end

-- Before routers that all answer: how long a trace waits for a reply, beyond what mini waits on
-- a socket without a ring.
local function check_few(report, net, gear)
  local options = { n = 1000, inflight = 10, rate = 0, transport = gear.transport }
  local list = pairs_of_runs(net, options, "rawmm raw")
  add(report, "few_wait", gear.transport, TARGETS.few_wait, { unit = "us", digits = 0,
    text = "10 traces in flight: us per hop more than mini, raw" }, column(list,
    function(engine, mini)
      return (engine.seconds / engine.packets - mini.seconds / mini.packets) * 10 * 1e6
    end))
end

local told = {}

-- What this build's engine can be asked for. What it cannot is told once.
local function gears_here(net)
  local here = {}
  for _, gear in ipairs(GEARS) do
    local can, why = load_runs.engine(net, { n = 16, transport = gear.transport })
    if can then
      here[#here + 1] = gear
    elseif not told[gear.transport] then
      told[gear.transport] = true
      reports.say(("     transport %s: skipped: %s"):format(gear.transport, why))
    end
  end
  return here
end

local function in_net(opts, fn)
  local net = assert(fakenet.up(opts))
  local ok, problem = xpcall(fn, debug.traceback, net)
  net:down()
  if not ok then
    error(problem, 0)
  end
end

--- Runs fn in the load lab, where all but the RTT is measured.
---@param settings string[]
---@param fn fun(net: fakenet.Net)
function M.fast(settings, fn)
  local ok, why = fakenet.up({ kind = "xdp" })
  if ok then
    ok:down()
  else
    reports.say("     no XDP here, so a TAP responder, which is slower: " .. why:gsub("\n.*", ""))
  end
  in_net({ kind = ok and "xdp" or "tap", settings = settings }, fn)
end

--- The parts of the bench: each adds its figures to a report.
M.parts = {}

---@param report perf.Report
function M.parts.speed(report)
  reports.say("\nLoad: 65,536 destinations, 10 to 16 hops, 5 % silent, hop by hop")
  M.fast({}, function(net)
    for _, gear in ipairs(gears_here(net)) do
      reports.say(("\nTransport %s"):format(gear.transport))
      load_gear.check_cost(report, net, gear)
      load_gear.check_slow(report, net, gear)
      load_gear.check_peak(report, net, gear)
      load_gear.check_truth(report, net, gear)
    end
  end)
end

---@param report perf.Report
function M.parts.mixed(report)
  reports.say("\nTransport packet out of a link unlike Ethernet: raw sends, the ring receives")
  M.fast({}, function(net)
    local text, status = net:exec(("ip link set %s arp off"):format(net.device))
    assert(status == 0, text)
    load_gear.check_cost(report, net, MIXED)
    load_gear.check_truth(report, net, MIXED)
  end)
end

---@param report perf.Report
function M.parts.programmed(report)
  M.fast({}, function(net)
    local here = gears_here(net)
    local best = here[#here]
    reports.say(("\nProgrammed, transport %s: CPU per probe more"):format(best.transport))
    check_more(report, net, best, N, MORE)
    check_more(report, net, best, JSON_N, { JSON })
    check_many(report, net, best)
  end)
end

---@param report perf.Report
function M.parts.peers(report)
  reports.say("\nOther tracers before the same fake internet")
  M.fast({}, function(net)
    load_peers(report, net)
  end)
end

---@param report perf.Report
function M.parts.few(report)
  reports.say("\nFew traces in flight, before routers that all answer")
  M.fast({ "silent=0" }, function(net)
    for _, gear in ipairs(gears_here(net)) do
      check_few(report, net, gear)
    end
  end)
end

---@param report perf.Report
function M.parts.rtt(report)
  reports.say("\nRTT against answers that take 10 ms")
  in_net({ kind = "wire", delay_us = load_rtt.DELAY_US, late_us = load_rtt.LATE_US }, function(net)
    local here = gears_here(net)
    for _, gear in ipairs(here) do
      load_rtt.check(report, net, gear)
    end
    if contenders.installed("scamper") then
      load_rtt.check_scamper(report, net, here[#here])
    end
  end)
end

return M
