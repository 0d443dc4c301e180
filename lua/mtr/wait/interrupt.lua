-- SPDX-License-Identifier: MIT
--
-- Ends waits after a signal. mtrlua counts SIGINT and SIGTERM. After the first one, starting
-- something raises an error, and so does waiting for something that has no result; so loops and
-- tasks end. In any other host nothing here ever happens.
--
-- An op with `idle` has no result: only time, or another task, can end it.

local lib = require "mtr.lib"
local err = require "mtr.base.err"

local signals = lib.signals
local M = {}

-- The idle ops that tasks wait for now.
local waited = {}

--- Raises "mtr: interrupted" if the program was interrupted.
function M.check()
  if signals[0] > 0 then error(err.INTERRUPTED, 0) end
end

--- Notes that a task waits for an op.
---@param op mtr.Op
function M.begin(op)
  if op.idle then waited[op] = true end
end

--- Notes that no task waits for an op any more.
---@param op mtr.Op
function M.finish(op) waited[op] = nil end

--- If the program was interrupted: abandons the idle ops, and raises.
---@param ops mtr.Op[]
function M.check_idle(ops)
  if signals[0] == 0 then return end
  for _, op in ipairs(ops) do
    if op.idle then
      M.finish(op)
      if op.abandon then op:abandon() end
      error(err.INTERRUPTED, 0)
    end
  end
end

--- Calls wake(task) for each task that waits for an idle op, after an interrupt.
---@param wake fun(task: mtr.Task)
function M.wake_idle(wake)
  for op in pairs(waited) do
    for _, task in ipairs(op.waiters or {}) do wake(task) end
  end
end

return M
