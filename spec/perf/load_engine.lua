-- The engine under load, as a campaign would use it: targets are streamed from a file, a number of
-- traces is kept in flight, and a Lua callback gets the result of each. One line of key=value says
-- what the engine counted; what it cost is measured from outside, by run.lua.
--
--   mtrlua spec/perf/load_engine.lua targets=FILE inflight=65536 [transport=raw] [rate=max]
--     [window=1] [attempts=1] [timeout=500] [strategy=NAME] [hook=on] [jsonl=FILE] [out=FILE]
--
-- hook: an on_hop callback for every hop; jsonl: every result as a line; out: every reply as
-- "DESTINATION HOP ADDRESS RTT_US" for truth and for the RTT's error. strategy: a twin in Lua of
-- the default one, where this build has it. A transport or a strategy that it does not know ends
-- it with status 3.
-- SPDX-License-Identifier: MIT

package.path = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/../../?.lua;" .. package.path

local mtr = require("mtr")
local measure = require("spec.perf.measure")

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

local function open(path)
  return path ~= "" and assert(io.open(path, "w")) or nil
end

local out, jsonl = open(opts.out), open(opts.jsonl)
local targets = assert(io.open(opts.targets)):lines()
local started, reasons, failed = 0, {}, 0
local next_trace

local function on_done(problem, result)
  if problem then
    failed = failed + 1
  else
    reasons[result.stop_reason] = (reasons[result.stop_reason] or 0) + 1
    if jsonl then
      jsonl:write(result:json(), "\n")
    end
    for _, hop in ipairs(out and result.hops or {}) do
      if hop.addr then
        out:write(("%s %d %s %.1f\n"):format(result.dst, hop.ttl, hop.addr, hop.rtt * 1000))
      end
    end
  end
  next_trace()
end

function next_trace()
  local target = targets()
  if target then
    started = started + 1
    assert(engine:trace(target, trace_opts, on_done))
  end
  return target
end

local fine, problem = pcall(function()
  for _ = 1, opts.inflight do
    if not next_trace() then
      break
    end
  end
end)
if not fine then
  not_here(problem)
end
engine:run()
for _, file in ipairs({ out or false, jsonl or nil }) do
  if file then
    assert(file:close())
  end
end

local stats = engine:stats()
local line = { traces = started, failed = failed, completed = reasons.completed or 0,
  hops_seen = hops_seen }
local keys = { "traces", "failed", "completed", "hops_seen" }
for _, name in ipairs({ "probes_sent", "replies", "timeouts", "kernel_drops", "send_errors",
  "send_retries", "unmatched", "orphans", "late", "duplicates", "malformed", "steps", "memory" }) do
  line[name] = stats[name]
  keys[#keys + 1] = name
end
engine:close()
measure.print(line, keys)
