-- SPDX-License-Identifier: MIT
--
-- Runs a task for each item of a list, all at once, and keeps their output in the order of the
-- list. The calls of the first unfinished task are made at once; those of the others wait until all
-- tasks before them have ended.

local task = require "mtr.script.task"

---@class mtr.Turns
---@field turn integer index of the first unfinished task
---@field waiting table<integer, table[]> by task: calls, each a function and its two arguments
local Turns = {}
Turns.__index = Turns

local M = {}

--- Makes an object with the turn at the first task.
---@return mtr.Turns
function M.new() return setmetatable({ turn = 1, waiting = {} }, Turns) end

--- Calls fn(a, b): at once, or when it is the turn of task i.
---@param i integer
---@param fn fun(a: any, b: any)
---@param a? any
---@param b? any
function Turns:call(i, fn, a, b)
  if i <= self.turn then return fn(a, b) end
  local list = self.waiting[i] or {}
  self.waiting[i], list[#list + 1] = list, { fn, a, b }
end

local function reach(turns, i)
  turns.turn = i
  local list = turns.waiting[i] or {}
  turns.waiting[i] = nil
  for _, call in ipairs(list) do call[1](call[2], call[3]) end
end

--- Runs fn(i, list[i]) for each item of a list, each in a task, and waits for all.
---@async
---@param list any[]
---@param fn fun(i: integer, item: any): boolean? true: success
---@return boolean true if all of them succeeded
function Turns:run(list, fn)
  local tasks, well = {}, true
  for i, item in ipairs(list) do tasks[i] = task.go(fn, i, item) end
  for i, one in ipairs(tasks) do
    reach(self, i)
    if not one:wait() then well = false end
  end
  return well
end

return M
