-- SPDX-License-Identifier: MIT
--
-- What a Redis says of itself in its answer to INFO: whether a fleet can use it, and whether it
-- keeps what it is given.

local err = require "mtr.base.err"

local M = {}

local OLDEST = { 6, 2 }                -- XAUTOCLAIM

--- Returns why a fleet cannot use it; nil: it can.
---@param info string
---@return string? message
function M.unfit(info)
  if info:find "redis_mode:cluster" then
    return "belongs to a cluster; a fleet needs one server that has all its keys"
  end
  local text = info:match "redis_version:(%S+)" or "0"
  local major, minor = text:match "^(%d+)%.?(%d*)"
  major, minor = tonumber(major) or 0, tonumber(minor) or 0
  if major > OLDEST[1] or major == OLDEST[1] and minor >= OLDEST[2] then return nil end
  return ("is Redis %s; a fleet needs %d.%d or later"):format(err.plain(text), OLDEST[1], OLDEST[2])
end

--- Returns what is wrong if it deletes keys when its memory is full; nil: it does not. (Policies
--- that delete only keys which expire can hit the locks, which their owners make anew.)
---@param info string
---@return string? message
function M.evicts(info)
  local policy = info:match "maxmemory_policy:(allkeys%S+)"
  if not policy or (tonumber(info:match "[\r\n]maxmemory:(%d+)") or 0) == 0 then return nil end
  return ("has the maxmemory-policy %s: when its memory is full it deletes keys, and with them "
    .. "targets and results; give it noeviction"):format(err.plain(policy))
end

return M
