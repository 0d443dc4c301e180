-- SPDX-License-Identifier: MIT
--
-- The engine under load, used as by a campaign: it streams targets from a file, keeps a number of
-- traces running, and a Lua callback gets the result of each. It prints one line of key=value with
-- the engine's counters; run.lua measures the cost from outside.
--
--   mtrlua spec/perf/loads/load_engine.lua targets=FILE inflight=65536 [transport=raw] [rate=max]
--     [window=1] [attempts=1] [timeout=500] [strategy=NAME] [hook=on] [jsonl=FILE] [out=FILE]
--
-- hook: an on_hop callback for every hop. jsonl: writes every result as a line. out: writes every
-- reply as "DESTINATION HOP ADDRESS RTT_US", for the truth program and for the RTT's error.
-- strategy: a version of the default one in Lua, if this build has it. An unknown transport or
-- strategy ends it with status 3.

package.path = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/../../?.lua;" .. package.path

local mtr = require "mtr"
local measure = require "spec.perf.kit.measure"

local NOT_HERE = 3

local opts = measure.options({ ... }, {
  targets = "", inflight = 65536, transport = "raw", rate = "max", window = 1, attempts = 1,
  timeout = 500, strategy = "", hook = "off", jsonl = "", out = "",
})

local function not_here(why)
  print("skipped=" .. tostring(why):gsub("\n.*", ""):gsub("%s", "_"))
  os.exit(NOT_HERE)
end

local known, engine, why = pcall(mtr.engine, {
  transport = opts.transport, rate = opts.rate, max_traces = opts.inflight,
  max_probes = math.min(524288, math.max(131072, 2 * opts.inflight * opts.window)),
})
if not known or not engine then
  not_here(known and why or engine)
end

local hops_seen = 0
local function on_hop()
  hops_seen = hops_seen + 1
end

local trace_opts = {
  window = opts.window, attempts = opts.attempts, timeout = opts.timeout, gap_limit = 16,
  max_ttl = 30, on_hop = opts.hook == "on" and on_hop or nil,
  strategy = opts.strategy ~= "" and opts.strategy or nil,
}

local out = opts.out ~= "" and assert(io.open(opts.out, "w")) or nil
local reasons, failed = {}, 0

-- A result is borrowed: what is not read of it costs nothing.
local function on_trace(result)
  local reason = result.stop_reason
  reasons[reason] = (reasons[reason] or 0) + 1
  if not out then return end
  for _, hop in ipairs(result.hops) do
    if hop.addr then
      out:write(("%s %d %s %.1f\n"):format(result.dst, hop.ttl, hop.addr, hop.rtt * 1000))
    end
  end
end

local function on_error(message)
  failed = failed + 1
  io.stderr:write(message, "\n")
end

local built, campaign = pcall(mtr.campaign, {
  engine = engine, targets = mtr.targets.file(opts.targets), window = opts.inflight,
  trace = trace_opts, on_trace = on_trace, on_error = on_error,
  reporters = opts.jsonl ~= "" and { mtr.report.jsonl(opts.jsonl) } or nil,
})
if not built then
  not_here(campaign)
end
local summary = assert(campaign:run())
if out then
  assert(out:close())
end

local stats = engine:stats()
local line = { traces = summary.traces, failed = failed, completed = reasons.completed or 0,
  hops_seen = hops_seen }
local keys = { "traces", "failed", "completed", "hops_seen" }
for _, name in ipairs({ "probes_sent", "replies", "timeouts", "kernel_drops", "send_errors",
  "send_retries", "detours", "unmatched", "orphans", "late", "duplicates", "malformed", "steps",
  "memory" }) do
  line[name] = stats[name]
  keys[#keys + 1] = name
end
engine:close()
measure.print(line, keys)
