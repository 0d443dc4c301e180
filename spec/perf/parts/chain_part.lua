-- SPDX-License-Identifier: MIT
--
-- The bench's part with kernel routers: a few thousand probes through a chain of them, each hop and
-- each byte checked, in comparison with the bare loop and other tracers.

local contenders = require "spec.perf.kit.contenders"
local load_kit = require "spec.perf.kit.load_kit"
local lab = require "spec.lab.lab"
local reports = require "spec.perf.kit.report"

local TTLS, TRACES = 8, 1000
local PAIRS, ROUNDS = 12, 10
local MOST_RATIO, MOST_TRACE, MOST_PROBE = 1.6, 1024, 128
local GROWTH, FLAT = 0.25, 0.05

local report

local function task(options)
  return load_kit.with({ traces = TRACES, rounds = ROUNDS, ttls = TTLS }, options)
end

-- Both contenders in turns, several times; the engine also without a hook.
local function pairs_of_runs(l)
  local runs = { bare = {}, engine = {}, plain = {} }
  for i = 1, PAIRS do
    local bare = contenders.bare(l, task())
    assert(bare.replies == bare.probes and bare.wrong == 0, "bench: bare lost replies")
    runs.bare[i] = bare
    runs.engine[i] = contenders.engine(l, task())
    runs.plain[i] = contenders.engine(l, task({ hook = "off" }))
  end
  -- What the transport packet sends the kernel does not count as ICMP.
  runs.counted = { contenders.engine(l, task({ transport = "raw" })) }
  return runs
end

local function sum(list, ...)
  local total = 0
  for _, values in ipairs(list) do
    for _, key in ipairs({ ... }) do
      total = total + values[key]
    end
  end
  return total
end

local function check_results(runs)
  local all, probes = runs.engine, PAIRS * ROUNDS * TRACES * TTLS
  local head = "\n%d concurrent traces over %d hops, %d times"
  reports.say(head:format(TRACES, TTLS, PAIRS * ROUNDS))
  report:add({ name = "hops_right", text = "hops right, by the lab's own account", unit = "hops",
    value = sum(all, "right"), most = probes, least = probes, digits = 0 })
  report:add({ name = "hops_wrong", text = "hops that are not", unit = "hops",
    value = sum(all, "wrong"), most = 0, least = 0, digits = 0 })
  report:add({ name = "traces_completed", text = "traces completed", unit = "traces",
    value = sum(all, "completed"), most = probes / TTLS, least = probes / TTLS, digits = 0 })
  local lost = sum(all, "kernel_received") - sum(all, "replies")
    + sum(all, "kernel_drops", "send_errors", "unmatched", "orphans", "malformed", "timeouts")
  report:add({ name = "probes_lost", text = "probes lost by us: dropped, refused, unmatched",
    value = lost, most = 0, least = 0, digits = 0 })
  report:add({ name = "extra_packets", text = "packets that bare did not send", digits = 0,
    value = sum(runs.counted, "kernel_sent") - runs.bare[1].probes, most = 0, least = 0 })
end

local function column(list, key)
  return load_kit.map(#list, function(i)
    return list[i][key]
  end)
end

local function ratios(above, below)
  return load_kit.map(#above, function(i)
    return above[i].us_per_probe / below[i].us_per_probe
  end)
end

-- What the chain itself costs: what a send takes less when the first router swallows it.
local function chain_cost(l)
  local through = reports.median(load_kit.map(3, function()
    return contenders.bare(l, task(), true).sending
  end))
  local swallowed
  contenders.dropping(l, "r1", function()
    swallowed = contenders.bare(l, task({ rounds = 3 }), true).sending
  end)
  return through - swallowed
end

local function check_cost(l, runs)
  reports.say("\nCPU time per probe, its reply included")
  report:add_median({ name = "bare_us", text = "bare sendmmsg/recvmmsg loop", unit = "us" },
    column(runs.bare, "us_per_probe"))
  report:add_median({ name = "engine_us", text = "engine, script with on_hop per hop",
    unit = "us" }, column(runs.engine, "us_per_probe"))
  report:add_median({ name = "cost_ratio", text = "engine / bare", most = MOST_RATIO },
    ratios(runs.engine, runs.bare))
  report:add_median({ name = "hook_us", text = "of it for the hook", unit = "us" },
    load_kit.map(PAIRS, function(i)
      return runs.engine[i].us_per_probe - runs.plain[i].us_per_probe
    end))
  local chain = chain_cost(l)
  report:add({ name = "chain_us", text = "of it the chain's own work, in softirq", unit = "us",
    value = chain })
  report:add_median({ name = "cost_ratio_without_chain", text = "engine / bare without that" },
    load_kit.map(PAIRS, function(i)
      return (runs.engine[i].us_per_probe - chain) / (runs.bare[i].us_per_probe - chain)
    end))
end

local function check_memory(l)
  reports.say("\nMemory")
  local few, many
  contenders.dropping(l, "d", function()
    few = contenders.memory(l, TRACES, TTLS)
    many = contenders.memory(l, 10 * TRACES, TTLS)
  end)
  local traces = many.traces - few.traces
  assert(traces == 9 * TRACES and many.sent == many.traces * TTLS, "bench: traces did not wait")
  local function slope(...)
    return (sum({ many }, ...) - sum({ few }, ...)) / traces
  end
  report:add({ name = "trace_bytes", text = "a trace in flight, Lua object included",
    unit = "bytes", value = slope("start_slabs", "start_lua"), most = MOST_TRACE, digits = 0 })
  report:add({ name = "trace_slab_bytes", text = "of it in slabs", unit = "bytes",
    value = slope("start_slabs"), digits = 0 })
  report:add({ name = "trace_rss_bytes", text = "the same as RSS", unit = "bytes",
    value = slope("start_rss"), digits = 0 })
  report:add({ name = "probe_bytes", text = "a probe, its kept reply included", unit = "bytes",
    value = slope("probe_slabs", "probe_lua") / TTLS, most = MOST_PROBE, digits = 0 })
  report:add({ name = "probe_rss_bytes", text = "the same as RSS", unit = "bytes",
    value = slope("probe_rss") / TTLS, digits = 0 })
  -- Warm: until the probe table and the cache of addresses' text are as large as they get.
  -- By raw: packet makes its tables of routes anew whenever the kernel has news.
  local steady = contenders.engine(l, task({ warm = 140, rounds = 60, transport = "raw" }), true)
  report:add({ name = "allocations", text = "malloc calls in 60 rounds once warm",
    value = steady.heap, most = 0, least = 0, digits = 0 })
  report:add({ name = "steady_slab_growth", text = "growth of the slabs meanwhile", unit = "bytes",
    value = steady.slab_growth, most = 0, least = 0, digits = 0 })
  report:add({ name = "steady_rss_growth", text = "growth of RSS meanwhile", unit = "%",
    value = steady.rss_growth / steady.rss * 100, most = FLAT * 100, digits = 1 })
end

local function check_growth(l)
  reports.say("\nGrowth")
  local ratio = load_kit.map(3, function()
    local few = contenders.engine(l, task())
    local many = contenders.engine(l, task({ traces = 10 * TRACES, rounds = 1 }))
    return (many.user + many.sys) / many.traces / ((few.user + few.sys) / few.traces) * 10
  end)
  report:add_median({ name = "growth", text = "CPU time of 10 times the traces at once", unit = "x",
    most = 10 * (1 + GROWTH), least = 10 * (1 - GROWTH), digits = 1 }, ratio)
end

-- What another tracer costs, or why it was not asked.
local function other(l, name, n)
  local ran, cost = pcall(load_kit.map, 3, function()
    return contenders[name](l, n, TTLS).us_per_probe
  end)
  if ran then
    report:add_median({ name = name .. "_us", text = name, unit = "us" }, cost)
    return reports.median(cost)
  end
  local why = contenders.installed(name) and "does not run here" or "is not installed"
  reports.say(("     %s %s: skipped"):format(name, why))
end

local function check_others(l, runs)
  reports.say("\nOther tracers on the same chain, CPU time per probe")
  local rate = contenders.SCAMPER_RATE
  local scamper = other(l, "scamper", TRACES)
  if scamper then
    local paced = load_kit.map(3, function()
      return contenders.engine(l, task({ rounds = 1, rate = rate })).us_per_probe
    end)
    report:add_median({ name = "engine_paced_us", unit = "us",
      text = ("engine at scamper's rate, %d per second"):format(rate) }, paced)
    report:add({ name = "scamper_ratio", text = "scamper / engine at that rate",
      value = scamper / reports.median(paced) })
  end
  local traceroute = other(l, "traceroute", 200)
  if traceroute then
    report:add({ name = "traceroute_ratio", text = "traceroute / engine", digits = 1,
      value = traceroute / reports.median(column(runs.engine, "us_per_probe")) })
  end
end

---@param to perf.Report
return function(to)
  report = to
  local l = assert(lab.up("many", { TTLS }))
  local runs = pairs_of_runs(l)
  check_results(runs)
  check_cost(l, runs)
  check_memory(l)
  check_growth(l)
  check_others(l, runs)
  l:down()
end
