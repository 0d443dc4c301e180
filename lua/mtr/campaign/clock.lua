-- SPDX-License-Identifier: MIT
--
-- The clock of a campaign: what happens once a second while it runs. Nobody waits for its timer.

local pending = require "mtr.wait.pending"
local timer = require "mtr.wait.timer"

local M, UPDATE = {}, 1000             -- ms between two calls of update

--- Starts it, if a reporter wants its update, or there is a state to save.
---@param c mtr.Campaign
function M.start(c)
  local saver = c.checkpoint
  if c.done or not (saver or c.reporters:have "update") then return end
  c.clock = timer.start(c.engine, UPDATE, function()
    local ok, message, name = c.reporters:call("update", c.tally:summary(c.halted))
    if ok and saver and not c.done then ok, message, name = saver:save() end
    if not ok then c:fail(message, name) end
    M.start(c)
  end)
  if c.clock then pending.forget(c.engine, c.clock) end
end

--- Stops it.
---@param c mtr.Campaign
function M.stop(c)
  if c.clock then c.clock:cancel() end
end

return M
