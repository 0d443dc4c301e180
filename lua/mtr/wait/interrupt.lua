-- SPDX-License-Identifier: MIT
--
-- What a signal means to those who wait: mtrlua counts SIGINT and SIGTERM, and from the first on
-- nothing is started any more and nobody waits for what has no result. Both raise, so that loops
-- end and tasks unwind. In any other host nothing here ever happens.
--
-- An op with `idle` has no result: only time, or somebody else, would end it.

local lib = require "mtr.lib"
local err = require "mtr.base.err"

local signals = lib.signals
local M = {}

-- The idle ops that are waited for.
local waited = {}

--- Raises "mtr: interrupted" if the program was interrupted.
function M.check()
  if signals[0] > 0 then error(err.INTERRUPTED, 0) end
end

--- Somebody waits for an op.
---@param op mtr.Op
function M.begin(op)
  if op.idle then waited[op] = true end
end

--- Nobody waits for it any more.
---@param op mtr.Op
function M.finish(op) waited[op] = nil end

--- Gives idle ops up, and raises, if the program was interrupted.
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

--- Calls wake(task) for each that waits for an idle op: the program was interrupted.
---@param wake fun(task: mtr.Task)
function M.tell(wake)
  for op in pairs(waited) do
    for _, task in ipairs(op.waiters or {}) do wake(task) end
  end
end

return M
