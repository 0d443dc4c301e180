-- SPDX-License-Identifier: MIT
--
-- Measures all contenders in the same way. It runs a command on CPU 0 and measures it from outside:
-- CPU time and peak memory by wait4, packets and their rate by the counter of the interface, which
-- it reads every 50 ms. It prints what the command printed, then one line of key=value.
--
--   luajit spec/perf/kit/run.lua DEVICE COMMAND [ARGS]
--
-- It runs in the network that it measures, from the top directory. seconds and rate are from the
-- first packet to the last; peak is the highest rate within half a second. The CPU time of children
-- counts once the command has waited for them.

package.path = "./?.lua;" .. package.path

local ffi = require "ffi"
local measure = require "spec.perf.kit.measure"
local sys = require "spec.lab.sys"

ffi.cdef([[
int perf_wait4(int pid, int *status, int options, struct perf_usage *u) __asm__("wait4");
int perf_fork(void) __asm__("fork");
int perf_usleep(unsigned us) __asm__("usleep");
int perf_prctl(int what, unsigned long value) __asm__("prctl");
]])

local WNOHANG, EVERY_US, WINDOW_S = 1, 50000, 0.5
local DIE_WITH_PARENT, SIGKILL = 1, 9 -- PR_SET_PDEATHSIG

local device = assert(arg[1], "which device?")
local counters = assert(io.open("/proc/net/dev"))

-- Packets that the device has sent.
local function sent()
  counters:seek("set")
  local line = counters:read("*a"):match("%s" .. device .. ":%s*([^\n]*)")
  local fields = {}
  for field in line:gmatch("%d+") do
    fields[#fields + 1] = tonumber(field)
  end
  return fields[10], fields[12]
end

local argv = { "taskset", "-c", "0" }
for i = 2, #arg do
  argv[#argv + 1] = arg[i]
end
counters:setvbuf("no")
local start, start_drops = sent()
local pid = ffi.C.perf_fork()
if pid == 0 then
  ffi.C.perf_prctl(DIE_WITH_PARENT, SIGKILL)
  sys.exec(argv)
  os.exit(127)
end

-- The samples: when, and how many by then.
local times, totals = { measure.now() }, { start }
local status, usage = ffi.new("int[1]"), ffi.new("struct perf_usage")
repeat
  ffi.C.perf_usleep(EVERY_US)
  local ended = ffi.C.perf_wait4(pid, status, WNOHANG, usage) == pid
  times[#times + 1], totals[#totals + 1] = measure.now(), (sent())
until ended
local finish, drops = sent()

local first, last, peak, from = #times, 1, 0, 1
for i = 2, #times do
  if totals[i] > totals[i - 1] then
    first, last = math.min(first, i - 1), i
  end
  while times[i] - times[from] > WINDOW_S + 0.001 do
    from = from + 1
  end
  local wide = from > 1 and from - 1 or from
  local seconds = times[i] - times[wide]
  if seconds >= WINDOW_S then
    peak = math.max(peak, (totals[i] - totals[wide]) / seconds)
  end
end
local packets = finish - start
local seconds = math.max(times[last] - times[first], EVERY_US / 1e6)
local user = tonumber(usage.user_s) + tonumber(usage.user_us) / 1e6
local system = tonumber(usage.sys_s) + tonumber(usage.sys_us) / 1e6
measure.print({
  packets = packets, seconds = ("%.3f"):format(seconds), rate = ("%.0f"):format(packets / seconds),
  peak = ("%.0f"):format(peak > 0 and peak or packets / seconds),
  user = ("%.4f"):format(user), sys = ("%.4f"):format(system),
  us_per_packet = ("%.4f"):format((user + system) / packets * 1e6),
  rss_kib = tonumber(usage.rest[0]), device_drops = drops - start_drops,
}, { "packets", "seconds", "rate", "peak", "user", "sys", "us_per_packet", "rss_kib",
  "device_drops" })
local signal = status[0] % 128
os.exit(signal > 0 and 128 + signal or math.floor(status[0] / 256) % 256)
