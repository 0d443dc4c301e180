-- SPDX-License-Identifier: MIT
--
-- Measures the memory of traces in flight. It starts TRACES traces at a very low rate and measures,
-- lets all probes be sent and measures again, before any trace ends: the destination must not
-- answer, so each trace waits, with all its hops except the last answered and kept.
--
--   mtrlua spec/perf/loads/memory.lua [traces=1000] [ttls=8]
--
-- Memory is the engine's slabs and, after a full collection, the Lua heap; RSS, which also holds
-- garbage and free space, is told beside them. It prints one line of key=value.

package.path = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/../../?.lua;" .. package.path

local mtr = require "mtr"
local measure = require "spec.perf.kit.measure"
local topo = require "spec.lab.topo"

local opts = measure.options({ ... }, { traces = 1000, ttls = 8 })
local plan = assert(topo.plan("many", { opts.ttls }))
local probes, answers = opts.traces * opts.ttls, opts.traces * (opts.ttls - 1)
local STEP_MS, STEPS = 20, 500

local engine = assert(mtr.engine({ rate = 0.01, max_probes = math.max(65536, probes + 16384) }))

local function on_hop() end

local function on_done() end

local function look()
  collectgarbage()
  collectgarbage()
  local stats = engine:stats()
  return {
    slabs = stats.memory, lua = collectgarbage("count") * 1024, rss = measure.rss(),
    traces = stats.traces, sent = stats.probes_sent, replies = stats.replies,
  }
end

local empty = look()
for i = 1, opts.traces do
  local target = plan.target(i)
  assert(engine:trace(target, {
    max_ttl = opts.ttls, gap_limit = opts.ttls, window = opts.ttls, timeout = "1m",
    on_hop = on_hop,
  }, on_done))
end
local started = look()
engine:set_rate("max")
for _ = 1, STEPS do
  mtr.sleep(STEP_MS)
  local stats = engine:stats()
  if stats.probes_sent >= probes and stats.replies >= answers then
    break
  end
end
local full = look()

local line, keys = {}, { "traces", "sent", "replies" }
for _, key in ipairs(keys) do
  line[key] = full[key]
end
for _, key in ipairs({ "slabs", "lua", "rss" }) do
  line["start_" .. key] = started[key] - empty[key]
  line["probe_" .. key] = full[key] - started[key]
  keys[#keys + 1] = "start_" .. key
  keys[#keys + 1] = "probe_" .. key
end
measure.print(line, keys)
engine:close()
