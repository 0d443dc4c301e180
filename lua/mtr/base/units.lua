-- SPDX-License-Identifier: MIT
--
-- Reads durations and rates as users write them. A duration is milliseconds as a number, or a
-- string with its unit: "250ms", "2s", "1.5m", "1h". A rate is probes per second as a number, or
-- "100/s"; 0 and "max" mean no limit. A number without a unit in a string is not a duration: its
-- unit is unknown.

local M = {}

local UNIT = { us = 1e-3, ms = 1, s = 1e3, m = 6e4, h = 36e5 }

local LEAST = 1e-6                     -- a second: one probe in eleven days

local function rate_or_nil(n) return n and (n == 0 or n >= LEAST) and n or nil end

local function finite(n) return n == n and n >= 0 and n < math.huge end

--- Returns the milliseconds of a duration, or nil if the value is not a duration.
---@param value any
---@return number?
function M.duration(value)
  if type(value) == "number" then return finite(value) and value or nil end
  if type(value) ~= "string" then return nil end
  local number, unit = value:match "^%s*(%d*%.?%d+)%s*(%l+)%s*$"
  local scale = UNIT[unit]
  return scale and tonumber(number) * scale or nil
end

--- Returns the probes per second of a rate, 0 for no limit, or nil if the value is not a rate or
--- less than one probe in eleven days.
---@param value any
---@return number?
function M.rate(value)
  if type(value) == "number" then return finite(value) and rate_or_nil(value) or nil end
  if type(value) ~= "string" then return nil end
  if value == "max" then return 0 end
  local number = value:match "^%s*(%d*%.?%d+)%s*$" or value:match "^%s*(%d*%.?%d+)%s*/s%s*$"
  return rate_or_nil(tonumber(number))
end

return M
