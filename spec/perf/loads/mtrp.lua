-- SPDX-License-Identifier: MIT
--
-- Compares servers of mtr-packet's protocol: mtr-packet itself and scripts/mtr-packet.lua. The same
-- mtrp_driver.c drives both, in turns, on loopback. Ratios compare runs that followed each other,
-- and all figures are medians.
--
--   luajit spec/perf/loads/mtrp.lua [runs=5] [count=100000] [protocol=icmp] [real=mtr-packet]
--
-- It prints one line of key=value per window; our server is better if rate_ratio is above 1 and
-- cpu_ratio is below 1. With a window of 1 the driver and the server work in turns, and the result
-- depends mostly on the CPUs that the scheduler gives them: so both are then bound to one CPU.
-- mtrp.sh builds the driver and runs this in a network of its own, because every raw socket in a
-- network makes every packet there more expensive.

local measure = require "spec.perf.kit.measure"

local M = {}

local DRIVER = "build/perf/mtrp_driver"
local OURS = (os.getenv("MTR_PROGRAM") or "build/mtrlua") .. " scripts/mtr-packet.lua"
local WINDOWS = { 1, 64, 1000 }

local function run(window, opts, program)
  local address = opts.six == 1 and "::1" or "127.0.0.1"
  local command = ("%stimeout 60 %s %d %d %s %s %s 1 %s"):format(
    window == 1 and "taskset -c 0 " or "", DRIVER, window,
    opts.count, opts.protocol, address, address, program)
  local pipe = assert(io.popen(command))
  local line = pipe:read("*a")
  pipe:close()
  local values = {}
  for key, value in line:gmatch("([%w_]+)=(%S+)") do
    values[key] = tonumber(value)
  end
  if not values.rate or values.replies ~= values.probes then
    error("mtrp: " .. command .. ": " .. line, 0)
  end
  return values
end

local function median(list)
  table.sort(list)
  return list[math.ceil(#list / 2)]
end

local function column(runs, fn)
  local list = {}
  for i, pair in ipairs(runs) do
    list[i] = fn(pair)
  end
  return median(list)
end

--- Both servers with one window.
---@param window integer
---@param opts { runs: integer, count: integer, protocol: string, real: string, six: integer }
---@return table<string, number>
function M.compare(window, opts)
  local runs = {}
  for i = 1, opts.runs do
    runs[i] = { real = run(window, opts, opts.real), ours = run(window, opts, OURS) }
  end
  return {
    window = window,
    real_rate = column(runs, function(p) return p.real.rate end),
    ours_rate = column(runs, function(p) return p.ours.rate end),
    rate_ratio = column(runs, function(p) return p.ours.rate / p.real.rate end),
    real_us = column(runs, function(p) return p.real.child_us end),
    ours_us = column(runs, function(p) return p.ours.child_us end),
    cpu_ratio = column(runs, function(p) return p.ours.child_us / p.real.child_us end),
    real_rtt_us = column(runs, function(p) return p.real.rtt_us end),
    ours_rtt_us = column(runs, function(p) return p.ours.rtt_us end),
  }
end

--- Every window, one after the other.
---@return table<string, number>[]
function M.all(opts)
  local list = {}
  for i, window in ipairs(WINDOWS) do
    list[i] = M.compare(window, opts)
  end
  return list
end

if ... == "spec.perf.loads.mtrp" then
  return M
end

local opts = measure.options(arg, {
  runs = 5, count = 100000, protocol = "icmp", real = "mtr-packet", six = 0,
})
for _, values in ipairs(M.all(opts)) do
  for key, value in pairs(values) do
    values[key] = ("%.3g"):format(value)
    if key:find("rate$") then
      values[key] = ("%d"):format(value)
    end
  end
  measure.print(values, { "window", "real_rate", "ours_rate", "rate_ratio", "real_us", "ours_us",
    "cpu_ratio", "real_rtt_us", "ours_rtt_us" })
end
