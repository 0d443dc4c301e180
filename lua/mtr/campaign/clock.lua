-- SPDX-License-Identifier: MIT
--
-- The clock of a campaign: what happens once a second while it runs, and the end of its time.
-- Nobody waits for its timers.

local pending = require "mtr.wait.pending"
local timer = require "mtr.wait.timer"

local M, UPDATE = {}, 1000             -- ms between two calls of update

local function tick(c)
  local saver = c.checkpoint
  if c.done or not (saver or c.reporters:have "update") then return end
  c.clock = timer.start(c.engine, UPDATE, function()
    local ok, message, name = c.reporters:call("update", c.tally:summary(c.halted))
    if ok and saver and not c.done then ok, message, name = saver:save() end
    if not ok then c:fail(message, name) end
    tick(c)
  end)
  if c.clock then pending.forget(c.engine, c.clock) end
end

-- Ends the campaign when its time is over.
local function limit(c)
  if not c.time_limit or c.done then return end
  c.alarm = timer.start(c.engine, c.time_limit, function()
    if c.done then return end
    c.stopped_by = "time_limit"
    c:stop()
  end)
  if c.alarm then pending.forget(c.engine, c.alarm) end
end

--- Starts it.
---@param c mtr.Campaign
function M.start(c)
  tick(c)
  limit(c)
end

--- Stops it.
---@param c mtr.Campaign
function M.stop(c)
  if c.clock then c.clock:cancel() end
  if c.alarm then c.alarm:cancel() end
end

return M
