-- SPDX-License-Identifier: MIT
--
-- How the bench runs what it compares, each in the prober of a lab and within a time limit: the
-- engine, the bare loop, the engine's memory test, and other tracers. A contender prints key=value
-- or is measured from outside; in both cases the function returns a table of numbers. A contender
-- that fails is an error, because a bench without it would be incomplete.

local measure = require "spec.perf.kit.measure"

local M = {}

local LIMIT_S = 60
local MTRLUA = os.getenv("MTR_PROGRAM") or "build/mtrlua"
local BARE, COUNTER = "build/perf/bare", "build/perf/malloc_count.so"

-- Run a command in the prober; its output.
local function run(lab, command, node)
  local output, status = lab:exec(("timeout --foreground %d %s"):format(LIMIT_S, command), node)
  if status ~= 0 then
    error(("bench: %s: status %s\n%s"):format(command, status, output), 0)
  end
  return output
end

--- The key=value in what a contender printed.
---@param output string
---@return table<string, number>
local function numbers(output)
  local values = {}
  for key, value in output:gmatch("([%w_]+)=(%S+)") do
    values[key] = tonumber(value)
  end
  return values
end

--- Options as a contender takes them: key=value.
---@param options table<string, any>
---@return string
local function words(options)
  local list = {}
  for key, value in pairs(options) do
    list[#list + 1] = key .. "=" .. tostring(value)
  end
  return table.concat(list, " ")
end

--- The engine: see hops.lua for the options. `count`: count allocations.
---@param lab lab.Lab
---@param options table<string, any>
---@param count boolean?
---@return table<string, number>
function M.engine(lab, options, count)
  local preload = count and "env LD_PRELOAD=" .. COUNTER .. " " or ""
  return numbers(run(lab, preload .. MTRLUA .. " spec/perf/loads/hops.lua " .. words(options)))
end

--- The bare loop, doing what the engine does with the same options.
---@param lab lab.Lab
---@param options { traces: integer, rounds: integer, ttls: integer }
---@param split boolean?  tell how much is spent within sendmmsg
---@return table<string, number>
function M.bare(lab, options, split)
  local first = lab.target(1)
  return numbers(run(lab, ("%s %s %s %d %d %d %s"):format(BARE, lab.src4, first,
    options.traces, options.rounds, options.ttls, split and "split" or "")))
end

--- What traces in flight take: see memory.lua.
---@param lab lab.Lab
---@param traces integer
---@param ttls integer
---@return table<string, number>
function M.memory(lab, traces, ttls)
  return numbers(run(lab, MTRLUA .. " spec/perf/loads/memory.lua " .. words({
    traces = traces, ttls = ttls })))
end

--- A script of ours without any network, such as sim.lua: see there for the options.
---@param script string
---@param options table<string, any>
---@return table<string, number>
function M.script(script, options)
  local command = ("timeout --foreground %d %s spec/perf/%s.lua %s"):format(LIMIT_S, MTRLUA,
    script, words(options))
  local pipe = assert(io.popen(command))
  local values = numbers(pipe:read("*a"))
  assert(pipe:close() and next(values), "bench: failed: " .. command)
  return values
end

--- Have a node drop all IPv4 that comes to it while fn runs.
---@param lab lab.Lab
---@param node string
---@param fn fun()
function M.dropping(lab, node, fn)
  local chain = "chain pre { type filter hook prerouting priority raw; drop; };"
  run(lab, "nft 'table ip bench { " .. chain .. " }'", node)
  local ok, err = pcall(fn)
  run(lab, "nft delete table ip bench", node)
  if not ok then
    error(err, 0)
  end
end

--- Whether a program is installed.
---@param name string
---@return boolean
function M.installed(name)
  return os.execute("command -v " .. name .. " >/dev/null") == 0
end

local function each_target(lab, n, fn)
  for i = 1, n do
    fn((lab.target(i)))
  end
end

-- Measure a command from outside: CPU time of all its processes and the packets of this network.
local function outside(lab, command)
  local counted = "grep ^Icmp: /proc/net/snmp"
  local before, user, sys = run(lab, counted), measure.cpu(measure.CHILDREN)
  run(lab, command)
  local user_after, sys_after = measure.cpu(measure.CHILDREN)
  local sent = measure.icmp(run(lab, counted)) - measure.icmp(before)
  return {
    probes = sent, us_per_probe = (user_after - user + sys_after - sys) / sent * 1e6,
  }
end

M.SCAMPER_RATE = 10000 -- the most that it offers

--- scamper over n targets at its highest rate.
---@param lab lab.Lab
---@param n integer
---@param ttls integer
---@return { probes: integer, us_per_probe: number }
function M.scamper(lab, n, ttls)
  local list = "build/perf/targets"
  local file = assert(io.open(list, "w"))
  each_target(lab, n, function(target)
    file:write(target, "\n")
  end)
  file:close()
  local trace = ("trace -P icmp-paris -q 1 -w 1 -m %d -g %d"):format(ttls, ttls)
  return outside(lab, ("scamper -p %d -w %d -O warts -o /dev/null -f %s -c '%s'"):format(
    M.SCAMPER_RATE, n, list, trace))
end

--- traceroute(8) over n targets, one after the other, each with all its probes at once.
---@param lab lab.Lab
---@param n integer
---@param ttls integer
---@return { probes: integer, us_per_probe: number }
function M.traceroute(lab, n, ttls)
  local list = {}
  each_target(lab, n, function(target)
    list[#list + 1] = target
  end)
  local one = ("traceroute -I -n -q 1 -N %d -m %d $t"):format(ttls, ttls)
  return outside(lab, ("sh -c 'for t in %s; do %s; done' >/dev/null"):format(
    table.concat(list, " "), one))
end

--- Milliseconds that a command takes, run n times.
---@param command string
---@param n integer
---@return number
function M.wall_ms(command, n)
  local loop = "for i in $(seq %d); do %s || exit; done"
  local start = measure.now()
  assert(os.execute(loop:format(n, command)) == 0, command)
  return (measure.now() - start) / n * 1e3
end

--- Peak memory of a mtrlua that has nothing to do, in bytes.
---@return number
function M.idle_peak()
  local chunk = [[io.write(io.open("/proc/self/status"):read("*a"))]]
  local pipe = assert(io.popen(MTRLUA .. " -e '" .. chunk .. "'"))
  local status = pipe:read("*a")
  pipe:close()
  return tonumber(status:match("VmHWM:%s+(%d+) kB")) * 1024
end

M.MTRLUA, M.numbers, M.words = MTRLUA, numbers, words

return M
