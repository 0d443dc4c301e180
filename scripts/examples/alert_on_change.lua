#!/usr/bin/env mtrlua
-- SPDX-License-Identifier: MIT
--
-- Says when the path to a target has changed since the last run, for cron:
--
--     mtrlua alert_on_change.lua path.txt example.org || mail -s "new path" you@example.org
--
-- The first argument is a file that keeps the last path. The exit status is 3 if it has changed.

local mtr = require "mtr"
local path, target = arg[1], arg[2]

-- A silent hop can have any address, so it is no change.
local function differs(before, now) return before ~= "*" and now ~= "*" and before ~= now end

local before = {}
local file = io.open(path)
for line in file and file:lines() or function() end do before[#before + 1] = line end
if file then file:close() end

local result = assert(mtr.trace(target, { attempts = 3 }))
local now, changes = {}, 0
for ttl, hop in ipairs(result.hops) do
  now[ttl] = hop.addr or "*"
  if before[1] and differs(before[ttl] or "none", now[ttl]) then
    changes = changes + 1
    print(("%s: hop %d was %s, is %s"):format(target, ttl, before[ttl] or "none", now[ttl]))
  end
end

-- What is not known now stays as it was known.
for ttl, addr in ipairs(now) do
  if addr == "*" and before[ttl] then now[ttl] = before[ttl] end
end
file = assert(io.open(path, "w"))
file:write(table.concat(now, "\n"), "\n")
file:close()
return changes > 0 and 3 or 0
