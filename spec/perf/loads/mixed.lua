-- SPDX-License-Identifier: MIT
--
-- Runs campaigns of all kinds one behind the other, over simulated networks only, and prints the
-- memory of the process: after the first rounds it should stay as it is. Half of the campaigns have
-- an engine of their own, which is closed behind them; the others share one engine for all rounds.
--
--   mtrlua spec/perf/loads/mixed.lua [minutes=0] [rounds=0] [targets=250] [window=250]
--
-- minutes: so long it runs, and prints a line each minute; 0: it prints a line each round. rounds:
-- how many at most; 0: no limit; one of the two must be given. A line has the minutes, the rounds,
-- the traces so far, and KB: resident memory, and of that the live objects of Lua.

package.path = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/../../?.lua;" .. package.path

local mtr = require "mtr"
local measure = require "spec.perf.kit.measure"

local opts = measure.options({ ... }, { minutes = 0, rounds = 0, targets = 250, window = 250 })
if opts.minutes == 0 and opts.rounds == 0 then
  error("mixed: give minutes= or rounds=", 0)
end

local KINDS = {
  {}, { protocol = "udp", queries = 3 }, { strategy = "mda", protocol = "udp" },
  { protocol = "tcp" }, { strategy = "window-lua" }, { strategy = "doubletree" },
  { strategy = "mda" }, { strategy = "sequential" }, { strategy = "mda", protocol = "tcp" },
  { strategy = mtr.strategy.rounds({ rounds = 3 }) },
}

local traces, start = 0, measure.now()
local printed = 0

local function count(result)
  if result.hop_count then
    traces = traces + 1
  end
end

local function campaign(engine, net, trace)
  trace.timeout = 200
  local summary = assert(mtr.campaign({
    engine = engine, targets = net:targets(), window = opts.window, trace = trace,
    on_trace = count, reporters = { mtr.report.jsonl("/dev/null") },
  }):run())
  assert(summary.traces == opts.targets)
end

local function tell(rounds)
  collectgarbage()
  measure.print({
    minutes = ("%.1f"):format((measure.now() - start) / 60), rounds = rounds, traces = traces,
    rss = ("%.0f"):format(measure.rss() / 1024), lua = ("%.0f"):format(collectgarbage("count")),
  }, { "minutes", "rounds", "traces", "rss", "lua" })
  io.stdout:flush()
end

local function seconds_left()
  return opts.minutes == 0 or measure.now() - start < opts.minutes * 60
end

local lasting_net = mtr.sim.internet({ seed = 99, prefixes = opts.targets })
local lasting = assert(mtr.engine({ sim = lasting_net, rate = "max" }))
local round = 0
while seconds_left() and (opts.rounds == 0 or round < opts.rounds) do
  round = round + 1
  for i, trace in ipairs(KINDS) do
    local net = mtr.sim.internet({ seed = i, prefixes = opts.targets })
    local engine = assert(mtr.engine({ sim = net, rate = "max" }))
    campaign(engine, net, trace)
    engine:close()
    campaign(lasting, lasting_net, trace)
    if opts.minutes > 0 and measure.now() - start >= (printed + 1) * 60 then
      printed = printed + 1
      tell(round)
    end
  end
  if opts.minutes == 0 then
    tell(round)
  end
end
lasting:close()
