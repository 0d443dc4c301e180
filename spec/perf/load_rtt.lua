-- The load bench's part on the RTT's error: answers that take 10 ms, at four rates, and what the
-- engine, mini and scamper take them to be.
-- SPDX-License-Identifier: MIT

local contenders = require("spec.perf.contenders")
local kit = require("spec.perf.load_kit")
local runs = require("spec.perf.load_runs")

local M = {}

local TARGETS = { [1000] = { 5, 24 }, [10000] = { 5, 24 }, [50000] = { 6, 55 },
  [100000] = { 6, 55 } }
local OUT = "build/perf/load.out"

--- How long every answer takes, us.
M.DELAY_US = 10000

local function add_errors(report, name, gear, rate, limits)
  local errors = runs.errors(OUT, M.DELAY_US)
  for i, key in ipairs({ "p50", "p99" }) do
    kit.add(report, ("rtt_%s_%d"):format(key, rate), gear, limits and { most = limits[i] }, {
      text = ("%s: RTT error at %d/s, %s"):format(name, rate, key), unit = "us", digits = 0,
    }, { errors[key] })
  end
end

--- Engine and mini.
---@param report perf.Report
---@param net fakenet.Net
---@param gear perf.Gear
function M.check(report, net, gear)
  for _, case in ipairs({ { 1000, 100 }, { 10000, 2000 }, { 50000, 5000 }, { 100000, 10000 } }) do
    local rate = case[1]
    local options = { n = case[2], rate = rate, transport = gear.transport, out = OUT,
      burst = kit.burst(rate) }
    assert(runs.engine(net, options))
    add_errors(report, "engine", gear.transport, rate, TARGETS[rate])
    runs.mini(net, gear.mini, options)
    add_errors(report, "mini", gear.transport .. "_mini", rate)
  end
end

--- scamper, at the highest rate that it offers.
---@param report perf.Report
---@param net fakenet.Net
function M.check_scamper(report, net)
  runs.peers.scamper(net, 2000, OUT)
  add_errors(report, "scamper", "scamper", contenders.SCAMPER_RATE)
end

return M
