-- SPDX-License-Identifier: MIT
--
-- What a process can measure of itself: CPU time, memory, allocations (when malloc_count.c is
-- preloaded), and the kernel's counters of its network. It only reads and keeps no state. Linux
-- only.

local ffi = require "ffi"

ffi.cdef([[
struct perf_usage { long user_s, user_us, sys_s, sys_us; long rest[14]; };
struct perf_time { long s, ns; };
int perf_getrusage(int who, struct perf_usage *u) __asm__("getrusage");
int perf_clock_gettime(int id, struct perf_time *t) __asm__("clock_gettime");
unsigned long malloc_count(int which);
]])

local M = {}

M.SELF, M.CHILDREN = 0, -1

local usage, time = ffi.new("struct perf_usage"), ffi.new("struct perf_time")

--- CPU time so far, in seconds.
---@param who integer?  M.SELF, or M.CHILDREN: of those that ended and were waited for
---@return number user
---@return number sys
function M.cpu(who)
  ffi.C.perf_getrusage(who or M.SELF, usage)
  return tonumber(usage.user_s) + tonumber(usage.user_us) / 1e6,
    tonumber(usage.sys_s) + tonumber(usage.sys_us) / 1e6
end

--- Seconds of a clock that only goes forward.
---@return number
function M.now()
  ffi.C.perf_clock_gettime(1, time)
  return tonumber(time.s) + tonumber(time.ns) / 1e9
end

local function read(path)
  local file = assert(io.open(path))
  local text = file:read("*a")
  file:close()
  return text
end

--- Resident memory now, in bytes.
---@return number
function M.rss()
  return tonumber(read("/proc/self/smaps_rollup"):match("\nRss:%s+(%d+) kB")) * 1024
end

--- The most that was ever resident, in bytes.
---@return number
function M.peak()
  return tonumber(read("/proc/self/status"):match("\nVmHWM:%s+(%d+) kB")) * 1024
end

--- Calls of malloc and its kin, and of mmap, so far; nil without malloc_count.so.
---@return { heap: number, maps: number }?
function M.allocations()
  local ok, heap = pcall(function()
    return tonumber(ffi.C.malloc_count(0))
  end)
  return ok and { heap = heap, maps = tonumber(ffi.C.malloc_count(1)) } or nil
end

--- ICMP messages that the kernel has counted in this network namespace, out and in.
---@param snmp string?  another one's /proc/net/snmp
---@return integer out
---@return integer into
function M.icmp(snmp)
  snmp = snmp or read("/proc/self/net/snmp")
  local names, values = snmp:match("Icmp: (InMsgs[^\n]*)\nIcmp: ([^\n]*)")
  local counts, value = {}, values:gmatch("%d+")
  for name in names:gmatch("%S+") do
    counts[name] = tonumber(value())
  end
  return counts.OutMsgs, counts.InMsgs
end

--- Arguments of the form key=value, over defaults; what looks like a number is one.
---@param args string[]
---@param defaults table<string, any>
---@return table<string, any>
function M.options(args, defaults)
  local options = {}
  for key, value in pairs(defaults) do
    options[key] = value
  end
  for _, arg in ipairs(args) do
    local key, value = arg:match("^([%w_]+)=(.*)$")
    assert(key and defaults[key] ~= nil, "no such option: " .. arg)
    options[key] = tonumber(value) or value
  end
  return options
end

--- One line of key=value, in the order of the keys given.
---@param values table<string, any>
---@param keys string[]
function M.print(values, keys)
  local words = {}
  for _, key in ipairs(keys) do
    if values[key] ~= nil then
      words[#words + 1] = key .. "=" .. tostring(values[key])
    end
  end
  print(table.concat(words, " "))
end

return M
