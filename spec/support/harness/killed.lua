-- SPDX-License-Identifier: MIT
--
-- Kills a campaign (spec/perf/loads/resume.lua) with SIGKILL again and again, resumes it each time,
-- and counts what its outputs have too many or too few.
--
-- Each process is killed when its output has grown by a random number of bytes, not after a time,
-- so a slow machine is killed at as many different places as a fast one.
local ffi = require "ffi"
local random = require "spec.support.harness.random"
local run = require "spec.support.harness.run"

ffi.cdef [[
int killed_kill(int pid, int signal) __asm__("kill");
int killed_sleep(unsigned microseconds) __asm__("usleep");
]]

local SIGKILL = 9

local M = {}

local OUTPUTS = { "out.jsonl", "out.txt", "out.jsonl.gz" }

local function size(path)
  local file = io.open(path, "rb")
  local n = file and file:seek "end" or 0
  if file then file:close() end
  return n
end

local function read(path)
  local file = io.open(path, "rb")
  local text = file and file:read "*a" or ""
  if file then file:close() end
  return text
end

-- Starts the command; returns its process id and a pipe whose close() waits for its end.
local function start(command, log)
  local pipe = assert(io.popen(("echo $$; exec %s >%s 2>&1"):format(command, log)))
  return pipe:read "*l", pipe
end

-- Runs the command and kills it when `path` has grown by `more` bytes. Returns true if it was
-- killed.
local function kill(command, dir, path, more)
  local goal, looks = size(path) + more, 0
  local pid, pipe = start(command, dir .. "/log")
  while size(path) < goal do
    looks = looks + 1
    if looks % 10 == 0 then
      local state = read(("/proc/%s/stat"):format(pid)):match "%) (%a)"
      if not state or state == "Z" then break end
    end
    ffi.C.killed_sleep(1000)
  end
  ffi.C.killed_kill(tonumber(pid), SIGKILL)
  pipe:close()
  return read(dir .. "/run.state"):find('"finished":true', 1, true) == nil
end

-- Counts the records of an output by destination; returns the number of those that are not whole.
local function count(dir, name, seen)
  local text, torn
  if name:find "%.gz$" then
    local packed = run.run(("gzip -dc %s/%s"):format(dir, name))
    text, torn = packed.out, packed.status
  else
    text, torn = read(dir .. "/" .. name), 0
  end
  if text ~= "" and text:sub(-1) ~= "\n" then torn = torn + 1 end
  local head = name:find "txt" and "^trace to (%S+) %(.* byte packets, icmp$"
    or '^{"type":"trace".*"target":"([^"]+)".*%]}$'
  for line in text:gmatch "[^\n]+" do
    local target = line:match(head)
    if target then
      seen[target] = (seen[target] or 0) + 1
    elseif not (name:find "txt" and (line:find "^[ %d]%d  " or line:find "^stopped: %l+$")) then
      torn = torn + 1
    end
  end
  return torn
end

---Kills a campaign of `targets` targets `kills` times, or until it has ended, and lets it end.
---`order`: a last word for the program.
---@return table { kills, lost, doubled, torn } over all outputs
function M.campaign(dir, targets, kills, grow, seed, order)
  local r, out = random(seed), { kills = 0, lost = 0, doubled = 0, torn = 0 }
  local command = ("%s spec/perf/loads/resume.lua %s %d 500 %s"):format(
    os.getenv "MTR_PROGRAM" or "build/mtrlua", dir, targets, order or "")
  while out.kills < kills and kill(command, dir, dir .. "/out.jsonl", r(grow)) do
    out.kills = out.kills + 1
  end
  for _ = 1, 2 do                              -- the second time there is nothing to do
    local _, pipe = start(command, dir .. "/log")
    pipe:close()
  end
  assert(read(dir .. "/log") == "already\n", read(dir .. "/log"))
  for _, name in ipairs(OUTPUTS) do
    local seen, found = {}, 0
    out.torn = out.torn + count(dir, name, seen)
    for _, n in pairs(seen) do found, out.doubled = found + 1, out.doubled + n - 1 end
    out.lost = out.lost + targets - found
  end
  return out
end

return M
