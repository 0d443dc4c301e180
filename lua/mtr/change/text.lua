-- SPDX-License-Identifier: MIT
--
-- Events of a watcher as lines of text for people.

local err = require "mtr.base.err"

local M = {}

local WAYS = {}

function WAYS.first(event)
  local n = #event.path
  local reached = event.reachable and ("reached at hop %d"):format(n) or "not reached"
  return ("%s, path %s"):format(reached, table.concat(event.path, " "))
end

function WAYS.path(event)
  local parts = {}
  for i, one in ipairs(event.changes) do
    local where = one.from and ("hop %d to %d"):format(one.from, one.ttl) or "hop " .. one.ttl
    parts[i] = ("%s %s %s"):format(one.change, one.addr, where)
  end
  return "path changed: " .. table.concat(parts, ", ")
end

function WAYS.rtt(event)
  return ("RTT shifted from %.1f to %.1f ms"):format(event.from, event.to)
end

function WAYS.unreachable(event)
  local last = event.last_addr and (", last answer from %s at hop %d"):format(event.last_addr,
    event.last_ttl) or ""
  return "unreachable" .. last
end

function WAYS.reachable(event)
  return event.after and ("reachable again after %.0f s"):format(event.after) or "reachable"
end

function WAYS.error(event) return "error: " .. event.message end

--- Returns an event as a line.
---@param event mtr.WatchEvent
---@return string
function M.line(event)
  local at = os.date("!%Y-%m-%d %H:%M:%S", math.floor(event.time))
  return ("%s %s: %s\n"):format(at, err.plain(event.target), err.plain(WAYS[event.event](event)))
end

return M
