-- The load bench's part on the RTT's error: answers that take 10 ms, at four rates, and what the
-- engine, mini and scamper take them to be.
-- SPDX-License-Identifier: MIT

local contenders = require("spec.perf.contenders")
local kit = require("spec.perf.load_kit")
local runs = require("spec.perf.load_runs")

local M = {}

local TARGETS = { [1000] = { 5, 24 }, [10000] = { 5, 24 }, [50000] = { 6, 55 },
  [100000] = { 6, 55 } }
local OUT, SCAMPER_N = "build/perf/load.out", 2000

--- How long every answer takes, us, or it does not come: how much longer it may take. The machine
--- that answers is interrupted, too.
M.DELAY_US, M.LATE_US = 10000, 5

local function add_errors(report, name, gear, rate, limits)
  local errors = runs.errors(OUT, M.DELAY_US)
  for i, key in ipairs({ "p50", "p99" }) do
    kit.add(report, ("rtt_%s_%d"):format(key, rate), gear, limits and { most = limits[i] }, {
      text = ("%s: RTT error at %d/s, %s"):format(name, rate, key), unit = "us", digits = 0,
    }, { errors[key] })
  end
end

-- Of the slower transport one rate will do.
local RATES = {
  raw = { { 10000, 2000 } },
  packet = { { 1000, 100 }, { 10000, 2000 }, { 50000, 5000 }, { 100000, 10000 } },
}

--- Engine and mini.
---@param report perf.Report
---@param net fakenet.Net
---@param gear perf.Gear
function M.check(report, net, gear)
  for _, case in ipairs(RATES[gear.transport] or RATES.packet) do
    local rate = case[1]
    local options = { n = case[2], rate = rate, transport = gear.transport, out = OUT,
      burst = kit.burst(rate) }
    assert(runs.engine(net, options))
    add_errors(report, "engine", gear.transport, rate, TARGETS[rate])
    runs.mini(net, gear.mini, options)
    add_errors(report, "mini", gear.transport .. "_mini", rate)
  end
end

-- The engine's errors at scamper's rate.
local function engine_errors(net, gear)
  local rate = contenders.SCAMPER_RATE
  assert(runs.engine(net, { n = SCAMPER_N, rate = rate, transport = gear.transport, out = OUT,
    burst = kit.burst(rate) }))
  return runs.errors(OUT, M.DELAY_US)
end

--- scamper, at the highest rate that it offers, and the engine beside it, in turns. Both take the
--- time before a packet leaves, so neither tells of an RTT that is shorter than the path.
---@param report perf.Report
---@param net fakenet.Net
---@param gear perf.Gear
function M.check_scamper(report, net, gear)
  local ratio = { p50 = {}, p99 = {} }
  for i = 1, 2 do
    runs.peers.scamper(net, SCAMPER_N, OUT)
    local scamper = runs.errors(OUT, M.DELAY_US)
    if i == 1 then
      add_errors(report, "scamper", "scamper", contenders.SCAMPER_RATE)
    end
    local engine = engine_errors(net, gear)
    for key, list in pairs(ratio) do
      list[i] = engine[key] / scamper[key]
    end
  end
  for _, key in ipairs({ "p50", "p99" }) do
    kit.add(report, "rtt_ratio_" .. key, gear.transport, { most = 1 }, {
      text = "engine / scamper: RTT error at its rate, " .. key }, ratio[key])
  end
end

return M
