-- SPDX-License-Identifier: MIT
--
-- The bench's part about hosts: the round trip of a script that waits in each of them, in
-- comparison with the host's own way to wait for a datagram; and how late a timer of luv is beside
-- many traces.

local reports = require "spec.perf.kit.report"

local HOSTS = {
  { "luv", "luajit %s" }, { "cqueues", "luajit %s" }, { "tarantool", "tarantool %s" },
  { "neovim", "nvim -u NONE --headless -c 'luafile %s' < /dev/null" },
}
local ENV = "LUA_PATH='./?.lua;lua/?.lua;lua/?/init.lua;;' "
local ROUNDS, BLOCKS = 5, 15
local MOST_RATIO, MOST_LATE, MOST_LATE_PACED = 1.5, 5, 1

-- Runs a command; the key=value that it printed.
local function run(command)
  local pipe = assert(io.popen(ENV .. command))
  local values = {}
  for key, value in pipe:read("*a"):gmatch "([%w_]+)=(%S+)" do values[key] = tonumber(value) end
  assert(pipe:close() and next(values), "bench: failed: " .. command)
  return values
end

-- Calls fn with the port of an echo.
local function with_echo(fn)
  local echo = assert(io.popen("luajit spec/perf/loads/echo.lua & echo $!; wait"))
  local pid, port = assert(echo:read "*n"), assert(echo:read "*n")
  local ok, problem = pcall(fn, port)
  os.execute("kill " .. pid)
  echo:close()
  if not ok then error(problem, 0) end
end

local function round_trips(report, port)
  reports.say "\nRound trip of a probe to loopback that a script waits for, of the host's own wait"
  for _, host in ipairs(HOSTS) do
    local name, command = host[1], host[2]:format "spec/perf/loads/hosts_rtt.lua"
    local probes, ratios = {}, {}
    for i = 1, ROUNDS do
      local got = run(("HOST=%s PORT=%d BLOCKS=%d %s"):format(name, port, BLOCKS, command))
      probes[i], ratios[i] = got.probe, got.probe / got.echo
    end
    report:add_median({ name = "host_" .. name .. "_us", text = name, unit = "us" }, probes)
    report:add_median({ name = "host_" .. name .. "_ratio", most = MOST_RATIO,
      text = name .. " / a datagram that is echoed" }, ratios)
  end
end

local function lateness(report, name, text, words, most)
  local p50, p99 = {}, {}
  for i = 1, ROUNDS do
    local got = run("luajit spec/perf/loads/hosts_late.lua " .. words)
    p50[i], p99[i] = got.p50, got.p99
  end
  report:add_median({ name = name .. "_p50", text = text .. ", median", unit = "ms" }, p50)
  report:add_median({
    name = name .. "_p99", text = text .. ", 99th percentile", unit = "ms", most = most,
  }, p99)
end

---@param report perf.Report
return function(report)
  with_echo(function(port) round_trips(report, port) end)
  reports.say "\nHow late a timer of 1 ms is in luv, beside 10,000 traces"
  lateness(report, "late_max", "at full rate", "rate=max", MOST_LATE)
  lateness(report, "late_10000", "at 10,000 probes/s", "rate=10000", MOST_LATE_PACED)
end
