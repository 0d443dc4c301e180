-- SPDX-License-Identifier: MIT
--
-- A replacement for mtr-packet that a spec programs: it greets as the real one does, and answers
-- probes with the functions that the file in arg[1] defines (see spec/support/real/fake.lua). That
-- file may set:
--
--   VERSION, SUPPORT     what check-support says; SUPPORT[feature] = "ok" or "no"
--   check(token, p)      for each check-support; p holds its arguments by name
--   probe(token, p)      for each send-probe
--
-- and may call: say(...) writes a line and raw(text) any bytes, at once; echo(token, p) answers as
-- if the target had answered; close(fd) closes a descriptor.
local ffi = require "ffi"

ffi.cdef "int close(int fd);"

local env = setmetatable({ VERSION = "0.95", SUPPORT = { sctp = "no" } }, { __index = _G })

function env.raw(text)
  io.stdout:write(text)
  io.stdout:flush()
end

function env.say(...) env.raw(table.concat({ ... }, " ") .. "\n") end

function env.echo(token, p)
  local family = p["ip-4"] and "ip-4" or "ip-6"
  env.say(token, "reply", family, p[family], "round-trip-time 5")
end

function env.check(token, p)
  local value = p.feature == "version" and env.VERSION or env.SUPPORT[p.feature] or "ok"
  env.say(token, "feature-support support", value)
end

env.probe, env.close = env.echo, ffi.C.close

setfenv(assert(loadfile(arg[1])), env)()

local TESTS = 16  -- tokens below are of the greeting

for line in io.lines() do
  local token, command, rest = line:match "^(%d+) (%S+) ?(.*)$"
  local p = {}
  for name, value in rest:gmatch "(%S+) (%S+)" do p[name] = value end
  if command == "check-support" then
    env.check(tonumber(token), p)
  elseif p["ip-4"] == "0" then
    env.say(token, "invalid-argument")
  elseif tonumber(token) < TESTS then
    env.echo(token, p)
  else
    env.probe(tonumber(token), p)
  end
end
