-- SPDX-License-Identifier: MIT
--
-- The load bench's part about the error of RTTs: answers take exactly 10 ms, at four rates, and the
-- engine, mini and scamper measure them.

local contenders = require "spec.perf.kit.contenders"
local load_kit = require "spec.perf.kit.load_kit"
local load_runs = require "spec.perf.kit.load_runs"

local M = {}

local TARGETS = { [1000] = { 5, 24 }, [10000] = { 5, 24 }, [50000] = { 6, 55 },
  [100000] = { 6, 55 } }
local OUT, SCAMPER_N = "build/perf/load.out", 1000
local TIMEOUT_MS = 50 -- what comes at all comes within 11 ms

--- How long every answer takes, us, or it does not come: how much longer it may take. The machine
--- that answers is interrupted, too.
M.DELAY_US, M.LATE_US = 10000, 5

local function add_errors(report, name, gear, rate, list, limits)
  for i, key in ipairs({ "p50", "p99" }) do
    load_kit.add(report, ("rtt_%s_%d"):format(key, rate), gear, limits and { most = limits[i] }, {
      text = ("%s: RTT error at %d/s, %s"):format(name, rate, key), unit = "us", digits = 0,
    }, load_kit.map(#list, function(k)
      return list[k][key]
    end))
  end
end

-- Of the slower transport one rate will do.
local RATES = {
  raw = { { 10000, 1000 } },
  packet = { { 1000, 60 }, { 10000, 1000 }, { 50000, 4000 }, { 100000, 8000 } },
}

--- Engine and mini in turns.
---@param report perf.Report
---@param net fakenet.Net
---@param gear perf.Gear
function M.check(report, net, gear)
  for _, case in ipairs(RATES[gear.transport] or RATES.packet) do
    local rate = case[1]
    local options = { n = case[2], rate = rate, transport = gear.transport, out = OUT,
      burst = load_kit.burst(rate), timeout = TIMEOUT_MS }
    local engine, mini = {}, {}
    for i = 1, load_kit.PAIRS do
      assert(load_runs.engine(net, options))
      engine[i] = load_runs.errors(OUT, M.DELAY_US)
      load_runs.mini(net, gear.mini, options)
      mini[i] = load_runs.errors(OUT, M.DELAY_US)
    end
    add_errors(report, "engine", gear.transport, rate, engine, TARGETS[rate])
    add_errors(report, "mini", gear.transport .. "_mini", rate, mini)
  end
end

--- scamper, at the highest rate that it offers, and the engine beside it, in turns.
---@param report perf.Report
---@param net fakenet.Net
---@param gear perf.Gear
function M.check_scamper(report, net, gear)
  local rate, list, ratio = contenders.SCAMPER_RATE, {}, { p50 = {}, p99 = {} }
  for i = 1, 2 do
    load_runs.peers.scamper(net, SCAMPER_N, OUT)
    list[i] = load_runs.errors(OUT, M.DELAY_US)
    assert(load_runs.engine(net, { n = SCAMPER_N, rate = rate, transport = gear.transport,
      out = OUT, burst = load_kit.burst(rate), timeout = TIMEOUT_MS }))
    local engine = load_runs.errors(OUT, M.DELAY_US)
    for key, values in pairs(ratio) do
      values[i] = engine[key] / list[i][key]
    end
  end
  add_errors(report, "scamper", "scamper", rate, list)
  for _, key in ipairs({ "p50", "p99" }) do
    load_kit.add(report, "rtt_ratio_" .. key, gear.transport, { most = 1 }, {
      text = "engine / scamper: RTT error at its rate, " .. key }, ratio[key])
  end
end

return M
