-- The load bench: our engine and mini, the bare reference, in turns before a fake internet of up to
-- a million destinations, hop by hop, with a Lua callback per finished trace; then other people's
-- tracers. The engine has CPU 0, the responder CPU 1. Every figure of ours that has a target is
-- told as a ratio to mini, or as a difference, of runs that were neighbours, and is their median.
--
-- It assumes build/fakenet and build/perf/mini, and is a part of bench.lua.
-- SPDX-License-Identifier: MIT

local contenders = require("spec.perf.contenders")
local fakenet = require("spec.lab.fakenet.fakenet")
local reports = require("spec.perf.report")
local runs = require("spec.perf.load_runs")

local M = {}

-- What must be reached. *_ratio: to mini in the same gear; *_us: more CPU per probe.
local TARGETS = {
  cpu_ratio = { most = 1.25 },
  slow_ratio = { most = 1.3 },
  hook_us = { most = 0.25 },
  strategy_us = { most = 0.5 },
  jsonl_us = { most = 0.35 },
  peak = { least = 350000 },
  completeness = { least = 99.98 },
  peak_memory = { most = 64 },
  trace_bytes = { most = 400 + 128 }, -- 400 and one probe, of which the chain's part has the limit
  many_cpu = { most = 1.1 },
  many_memory = { most = 1.1 },
  few_wait = { most = 200 },
  rtt = { [1000] = { 5, 24 }, [10000] = { 5, 24 }, [50000] = { 6, 55 }, [100000] = { 6, 55 } },
}

-- The engine's transports, and the gears of mini that move packets as they do.
local GEARS = {
  { transport = "raw", mini = "rawmm raw" },
  { transport = "packet", mini = "pktmm ring" },
  { transport = "xdp", mini = "xdp ring", delay = false }, -- TAP has no AF_XDP in copy mode
}
-- Out of a link that is not Ethernet's packet has raw send, and receives by its rings all the same.
-- Without ARP the lab's link is such a one.
local MIXED = { name = "raw_ring", pairs = 2, transport = "packet", mini = "rawmm ring",
  detours = { least = 100 } }
local TWIN = "window-lua" -- the default strategy written in Lua
local N, SLOW_N, JSON_N = 65536, 6000, 16384
local MANY = tonumber(os.getenv("LOAD_MANY") or 1000000)
local RATE, SLOW_RATE, PAIRS = 300000, 20000, 3
local DELAY_US = 10000
local OUT = "build/perf/load.out"

local function map(n, fn)
  local list = {}
  for i = 1, n do
    list[i] = fn(i)
  end
  return list
end

local function with(options, more)
  local all = {}
  for _, from in ipairs({ options, more or {} }) do
    for key, value in pairs(from) do
      all[key] = value
    end
  end
  return all
end

local function add(report, name, gear, target, figure, list)
  figure.name = ("load_%s_%s"):format(gear, name)
  figure.most, figure.least = target and target.most, target and target.least
  report:add_median(figure, list)
end

-- Engine and mini in turns. Without `mini`: the engine twice, `more` being what differs.
local function pairs_of_runs(net, options, mini, more, n)
  return map(n or PAIRS, function()
    local engine = assert(runs.engine(net, with(options, more)))
    local other = mini and runs.mini(net, mini, options) or assert(runs.engine(net, options))
    return { engine = engine, other = other }
  end)
end

local function column(list, fn)
  return map(#list, function(i)
    return fn(list[i].engine, list[i].other)
  end)
end

local function ratio(engine, other)
  return engine.us_per_packet / other.us_per_packet
end

local function difference(engine, other)
  return engine.us_per_packet - other.us_per_packet
end

-- At a set rate much of the cost is to wake up, so mini sends as many at once as the engine does:
-- what 100 us of the rate hold.
local function burst(rate)
  return math.max(1, rate / 10000)
end

local function check_cost(report, net, gear)
  local options = { n = N, rate = RATE, transport = gear.transport, burst = burst(RATE) }
  local list = pairs_of_runs(net, options, gear.mini, nil, gear.pairs)
  local name, T = gear.name or gear.transport, TARGETS
  add(report, "us", name, nil, { text = "CPU per probe", unit = "us" },
    column(list, function(engine) return engine.us_per_packet end))
  add(report, "mini_us", name, nil, { text = "mini's, " .. gear.mini, unit = "us" },
    column(list, function(_, mini) return mini.us_per_packet end))
  add(report, "ratio", name, T.cpu_ratio, { text = "engine / mini" }, column(list, ratio))
  add(report, "user_ns", name, nil, { text = "of the engine's the user part", unit = "ns",
    digits = 0 }, column(list, function(engine) return engine.user / engine.packets * 1e9 end))
  add(report, "memory", name, T.peak_memory, { text = "peak memory, 65,536 in flight",
    unit = "MiB", digits = 1 }, column(list, function(engine) return engine.rss_kib / 1024 end))
  add(report, "mini_memory", name, nil, { text = "mini's", unit = "MiB", digits = 1 },
    column(list, function(_, mini) return mini.rss_kib / 1024 end))
  add(report, "retries", name, nil, { text = "sends put off, in a run", digits = 0 },
    column(list, function(engine) return engine.send_retries end))
  local few = assert(runs.engine(net, with(options, { inflight = 8192 })))
  add(report, "trace_bytes", name, T.trace_bytes, { text = "a trace in flight, its probe included",
    unit = "bytes", digits = 0 }, column(list, function(engine)
      return (engine.rss_kib - few.rss_kib) * 1024 / (N - 8192)
    end))
end

local function check_slow(report, net, gear)
  local options = { n = SLOW_N, rate = SLOW_RATE, transport = gear.transport,
    burst = burst(SLOW_RATE) }
  local list = pairs_of_runs(net, options, gear.mini)
  add(report, "slow_us", gear.transport, nil, { text = "CPU per probe, paced at 20,000/s",
    unit = "us" }, column(list, function(engine) return engine.us_per_packet end))
  add(report, "slow_ratio", gear.transport, TARGETS.slow_ratio, { text = "engine / mini, paced" },
    column(list, ratio))
end

local function check_peak(report, net, gear)
  local list = pairs_of_runs(net, { n = N, rate = 0, transport = gear.transport }, gear.mini)
  for _, key in ipairs({ "peak", "rate" }) do
    local text = key == "peak" and "probes/s, the best half second" or "probes/s, mean"
    add(report, key, gear.transport, TARGETS[key], { text = text, digits = 0 },
      column(list, function(engine) return engine[key] end))
    add(report, "mini_" .. key, gear.transport, nil, { text = "mini's", digits = 0 },
      column(list, function(_, mini) return mini[key] end))
  end
end

local function check_more(report, net, gear)
  local function more(name, text, n, extra)
    local options = { n = n, rate = RATE, transport = gear.transport }
    local can, why = runs.engine(net, with(with(options, extra), { n = 16 }))
    if not can then
      return reports.say(("     %s: skipped: %s"):format(text, why))
    end
    add(report, name, gear.transport, TARGETS[name], { text = text, unit = "us" },
      column(pairs_of_runs(net, options, nil, extra), difference))
  end
  more("hook_us", "a Lua on_hop callback for every hop", N, { hook = "on" })
  more("strategy_us", "the window strategy in Lua", N, { strategy = TWIN })
  more("jsonl_us", "every result as a line of JSON", JSON_N, { jsonl = "build/perf/load.jsonl" })
end

local function check_truth(report, net, gear)
  local options = { n = N, rate = RATE, transport = gear.transport, out = OUT }
  local engine = assert(runs.engine(net, options))
  local score = runs.score(net, OUT, N)
  local name = gear.name or gear.transport
  add(report, "completeness", name, TARGETS.completeness, { text = "hops found", unit = "%",
    digits = 3 }, { score.completeness * 100 })
  add(report, "wrong", name, { most = 0 }, { text = "hops that are not there", digits = 0 },
    { score.wrong + score.foreign })
  add(report, "drops", name, nil, { text = "replies that the kernel dropped, as counted",
    digits = 0 }, { engine.kernel_drops })
  if gear.detours then
    add(report, "detours", name, gear.detours, { text = "probes that raw sent for it", unit = "%" },
      { engine.detours / engine.probes_sent * 100 })
  end
end

local function check_many(report, net, gear)
  local options = { n = MANY, inflight = N, rate = RATE, transport = gear.transport }
  local many = assert(runs.engine(net, options))
  local few = assert(runs.engine(net, with(options, { n = N })))
  local text = ("%d destinations / 65,536: "):format(MANY)
  add(report, "many_cpu", gear.transport, TARGETS.many_cpu, { text = text .. "CPU per probe" },
    { ratio(many, few) })
  add(report, "many_memory", gear.transport, TARGETS.many_memory, { text = text .. "peak memory" },
    { many.rss_kib / few.rss_kib })
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

local function add_errors(report, name, gear, rate, limits)
  local errors = runs.errors(OUT, DELAY_US)
  for i, key in ipairs({ "p50", "p99" }) do
    add(report, ("rtt_%s_%d"):format(key, rate), gear, limits and { most = limits[i] }, {
      text = ("%s: RTT error at %d/s, %s"):format(name, rate, key), unit = "us", digits = 0,
    }, { errors[key] })
  end
end

local function check_rtt(report, net, gear)
  for _, case in ipairs({ { 1000, 100 }, { 10000, 2000 }, { 50000, 5000 }, { 100000, 10000 } }) do
    local rate = case[1]
    local options = { n = case[2], rate = rate, transport = gear.transport, out = OUT,
      burst = burst(rate) }
    assert(runs.engine(net, options))
    add_errors(report, "engine", gear.transport, rate, TARGETS.rtt[rate])
    runs.mini(net, gear.mini, options)
    add_errors(report, "mini", gear.transport .. "_mini", rate)
  end
end

-- Other people's tracers: how many targets each gets, and what it does.
local PEERS = {
  { "scamper", 3000, "hop by hop, 10,000/s" }, { "zmap", 1048576, "one echo request each" },
  { "masscan", 1048576, "one echo request each" }, { "traceroute", 100, "a process per target" },
  { "mtr-packet", 100000, "1,000 commands at once" },
}

local function check_peers(report, net)
  local mini = runs.mini(net, "pktmm ring", { n = N, rate = RATE })
  for _, peer in ipairs(PEERS) do
    local name, n, what = unpack(peer)
    local ran, values = pcall(runs.peers[name], net, n)
    if not contenders.installed(name) then
      reports.say(("     %s is not installed: skipped"):format(name))
    elseif not ran or not values then
      reports.say(("     %s does not run here: %s"):format(name, tostring(values)))
    else
      add(report, "us", name, nil, { text = ("%s (%s), CPU per probe"):format(name, what),
        unit = "us" }, { values.us_per_packet })
      add(report, "ratio", name, nil, { text = "/ mini, pktmm ring", digits = 1 },
        { values.us_per_packet / mini.us_per_packet })
      add(report, "rate", name, nil, { text = "probes/s, mean", digits = 0 }, { values.rate })
      add(report, "peak", name, nil, { text = "probes/s, the best half second", digits = 0 },
        { values.peak })
      add(report, "memory", name, nil, { text = "peak memory of a process", unit = "MiB",
        digits = 1 }, { values.rss_kib / 1024 })
    end
  end
  if contenders.installed("scamper") then
    runs.peers.scamper(net, 3000, OUT)
    add(report, "completeness", "scamper", nil, { text = "scamper: hops found", unit = "%",
      digits = 3 }, { runs.score(net, OUT, 3000).completeness * 100 })
  end
end

local told = {}

-- What this build's engine can be asked for. What it cannot is told once.
local function gears_here(net)
  local here = {}
  for _, gear in ipairs(GEARS) do
    local can, why = runs.engine(net, { n = 16, transport = gear.transport })
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

-- Where all but the RTT is measured.
local function fast(settings, fn)
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
  fast({}, function(net)
    for _, gear in ipairs(gears_here(net)) do
      reports.say(("\nTransport %s"):format(gear.transport))
      check_cost(report, net, gear)
      check_slow(report, net, gear)
      check_peak(report, net, gear)
      check_truth(report, net, gear)
    end
  end)
end

---@param report perf.Report
function M.parts.mixed(report)
  reports.say("\nTransport packet out of a link unlike Ethernet: raw sends, the ring receives")
  fast({}, function(net)
    local text, status = net:exec(("ip link set %s arp off"):format(net.device))
    assert(status == 0, text)
    check_cost(report, net, MIXED)
    check_truth(report, net, MIXED)
  end)
end

---@param report perf.Report
function M.parts.programmed(report)
  fast({}, function(net)
    local gears = gears_here(net)
    local best = gears[#gears]
    reports.say(("\nProgrammed, transport %s: CPU per probe more"):format(best.transport))
    check_more(report, net, best)
    check_many(report, net, best)
  end)
end

---@param report perf.Report
function M.parts.peers(report)
  reports.say("\nOther tracers before the same fake internet")
  fast({}, function(net)
    check_peers(report, net)
  end)
end

---@param report perf.Report
function M.parts.few(report)
  reports.say("\nFew traces in flight, before routers that all answer")
  fast({ "silent=0" }, function(net)
    for _, gear in ipairs(gears_here(net)) do
      check_few(report, net, gear)
    end
  end)
end

---@param report perf.Report
function M.parts.rtt(report)
  reports.say("\nRTT against answers that take 10 ms")
  in_net({ kind = "tap", delay_us = DELAY_US }, function(net)
    for _, gear in ipairs(gears_here(net)) do
      if gear.delay ~= false then
        check_rtt(report, net, gear)
      end
    end
    if contenders.installed("scamper") then
      runs.peers.scamper(net, 2000, OUT)
      add_errors(report, "scamper", "scamper", contenders.SCAMPER_RATE)
    end
  end)
end

return M
