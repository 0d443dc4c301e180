-- SPDX-License-Identifier: MIT
--
-- The load bench's part about one transport: what a probe costs, how fast probes go, and how much
-- of the true paths it finds.

local load_kit = require "spec.perf.kit.load_kit"
local load_runs = require "spec.perf.kit.load_runs"

local M = {}

-- What must be reached. *_ratio: to mini in the same gear.
local TARGETS = {
  cpu_ratio = { most = 1.25 },
  slow_ratio = { most = 1.3 },
  peak = { least = 350000 },
  completeness = { least = 99.98 },
  peak_memory = { most = 64 },
  trace_bytes = { most = 400 + 128 }, -- 400 and one probe, of which the chain's part has the limit
}
local N, SLOW_N, RATE, SLOW_RATE = 65536, 3000, 300000, 20000
local OUT = "build/perf/load.out"

local add, column, ratio, with = load_kit.add, load_kit.column, load_kit.ratio, load_kit.with
local burst, pairs_of_runs = load_kit.burst, load_kit.pairs_of_runs

--- A transport of the engine, and the gear of mini that moves packets as it does.
---@class perf.Gear
---@field transport string
---@field mini string
---@field name string?  in the report; default: the transport
---@field pairs integer?  runs of each
---@field detours table?  target: probes that raw has to send for it, percent

--- What a probe costs, and what a trace in flight takes.
---@param report perf.Report
---@param net fakenet.Net
---@param gear perf.Gear
function M.check_cost(report, net, gear)
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
  local few = assert(load_runs.engine(net, with(options, { inflight = 8192 })))
  add(report, "trace_bytes", name, T.trace_bytes, { text = "a trace in flight, its probe included",
    unit = "bytes", digits = 0 }, column(list, function(engine)
      return (engine.rss_kib - few.rss_kib) * 1024 / (N - 8192)
    end))
end

--- What a probe costs at a low rate.
---@param report perf.Report
---@param net fakenet.Net
---@param gear perf.Gear
function M.check_slow(report, net, gear)
  local options = { n = SLOW_N, rate = SLOW_RATE, transport = gear.transport,
    burst = burst(SLOW_RATE) }
  local list = pairs_of_runs(net, options, gear.mini)
  add(report, "slow_us", gear.transport, nil, { text = "CPU per probe, paced at 20,000/s",
    unit = "us" }, column(list, function(engine) return engine.us_per_packet end))
  add(report, "slow_ratio", gear.transport, TARGETS.slow_ratio, { text = "engine / mini, paced" },
    column(list, ratio))
end

--- How fast it goes.
---@param report perf.Report
---@param net fakenet.Net
---@param gear perf.Gear
function M.check_peak(report, net, gear)
  local list = pairs_of_runs(net, { n = N, rate = 0, transport = gear.transport }, gear.mini)
  for _, key in ipairs({ "peak", "rate" }) do
    local text = key == "peak" and "probes/s, the best half second" or "probes/s, mean"
    add(report, key, gear.transport, TARGETS[key], { text = text, digits = 0 },
      column(list, function(engine) return engine[key] end))
    add(report, "mini_" .. key, gear.transport, nil, { text = "mini's", digits = 0 },
      column(list, function(_, mini) return mini[key] end))
  end
end

--- How much of what there is it finds.
---@param report perf.Report
---@param net fakenet.Net
---@param gear perf.Gear
function M.check_truth(report, net, gear)
  local options = { n = N, rate = RATE, transport = gear.transport, out = OUT }
  local engine = assert(load_runs.engine(net, options))
  local score = load_runs.score(net, OUT, N)
  local name = gear.name or gear.transport
  add(report, "completeness", name, TARGETS.completeness, {
    text = "hops found", unit = "%",
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

return M
