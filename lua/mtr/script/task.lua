-- SPDX-License-Identifier: MIT
--
-- Functions to start tasks, and to wait for tasks, traces and time. Tasks are made by
-- mtr.wait.scheduler.
--
-- A wait suspends the task that calls it; outside any task it drives the engines. A task that fails
-- is reported at once. Other tasks go on, and those that wait for it get its error.

local err = require "mtr.base.err"
local units = require "mtr.base.units"
local default = require "mtr.engine.default"
local coro = require "mtr.wait.coro"
local interrupt = require "mtr.wait.interrupt"
local scheduler = require "mtr.wait.scheduler"
local timer = require "mtr.wait.timer"
local Trace = require "mtr.trace"

local M = {}

local function milliseconds(who, duration)
  local ms = units.duration(duration)
  if ms then return ms end
  error(('%s: the duration must be such as 250, "250ms", "2s" or "1m", got %s'):format(
    who, err.show(duration)), 3)
end

-- Returns true if a value is one task or trace, and not a list of them.
local function is_one(value)
  return scheduler.is_task(value) or Trace.is(value)
end

-- Returns the tasks and traces of arguments: one by one, or as a list.
local function list(who, ...)
  local tasks, n = { ... }, select("#", ...)
  if n == 1 and type(tasks[1]) == "table" and not is_one(tasks[1]) then
    tasks, n = tasks[1], #tasks[1]
  end
  for i = 1, n do
    if not is_one(tasks[i]) then
      error(("%s: argument %d must be a task or a trace, got %s"):format(who, i,
        err.show(tasks[i])), 3)
    end
  end
  return tasks
end

-- Returns the error of a task or a trace that has ended, and its name.
local function problem_of(op)
  if scheduler.is_task(op) then return op.err, "ETASK" end
  return op.failure, op.failure_name
end

--- Starts a function as a task.
---@param fn function
---@return mtr.Task
function M.go(fn, ...)
  if type(fn) ~= "function" then
    error(("go: the task must be a function, got %s"):format(err.show(fn)), 2)
  end
  return scheduler.go(fn, ...)
end

--- Waits until all tasks have ended, the failed ones too. Traces that were started with a callback
--- can be waited for as well; one has failed if it could not be traced.
---@async
---@param ... mtr.Task|mtr.Trace|(mtr.Task|mtr.Trace)[]
---@return true? ok nil if one of them failed
---@return string? message of the first that failed; of a task: with traceback
---@return string? name of a task: "ETASK"
---@return (mtr.Task|mtr.Trace)? task the one that failed
function M.wait_all(...)
  scheduler.check "wait_all"
  local failed
  for _, task in ipairs(list("wait_all", ...)) do
    scheduler.wait(task)
    if not failed and problem_of(task) then failed = task end
  end
  if not failed then return true end
  local message, name = problem_of(failed)
  return nil, message, name, failed
end

--- Waits until one of the tasks or traces has ended, and returns it; task:wait() returns the
--- results of a task.
---@async
---@param ... mtr.Task|mtr.Trace|(mtr.Task|mtr.Trace)[]
---@return mtr.Task|mtr.Trace
function M.wait_any(...)
  scheduler.check "wait_any"
  local tasks = list("wait_any", ...)
  if not tasks[1] then error("wait_any: no task given", 2) end
  return scheduler.wait_first(tasks)
end

--- Waits for a duration.
---@async
---@param duration number|string
---@return true?
---@return string? message, string? name if there is no engine to keep the time
function M.sleep(duration)
  scheduler.check "sleep"
  local ms = milliseconds("sleep", duration)
  interrupt.check()
  local engine, message, name = default.for_timers()
  if not engine then return nil, message, name end
  local op = { idle = true }
  local clock, problem, code = timer.start(engine, ms, function(cancelled)
    op.cancelled = cancelled
    scheduler.finish(op)
  end)
  if not clock then return nil, problem, code end
  op.abandon = function() clock:cancel() end
  scheduler.wait(op)
  if op.cancelled then return err.named("ECANCELED", "the engine was closed") end
  return true
end

---@class mtr.Limit
local Limit = { __tostring = function(limit) return limit.message end }

-- Handles the end of the function: it has returned, failed, or reached the limit.
local function lift(context, limit, clock, ok, ...)
  clock:cancel()
  for i, other in ipairs(context.limits) do
    if other == limit then table.remove(context.limits, i) end
  end
  if ok then return ... end
  local problem = ...
  if problem ~= limit then error(problem, 0) end
  return nil, limit.message, "ETIMEDOUT"
end

--- Calls fn(...) and returns its results. If it still waits after `duration`, that wait is
--- abandoned (a trace ends as "halted") and the result is nil, message, "ETIMEDOUT". A loop that
--- never waits is not interrupted.
---@async
---@param duration number|string
---@param fn function
function M.with_timeout(duration, fn, ...)
  scheduler.check "with_timeout"
  local ms = milliseconds("with_timeout", duration)
  if type(fn) ~= "function" then
    error(("with_timeout: fn must be a function, got %s"):format(err.show(fn)), 2)
  end
  local engine, message, name = default.for_timers()
  if not engine then return nil, message, name end
  local context = scheduler.context()
  local limit = setmetatable({
    message = ("ETIMEDOUT: not finished after %g ms"):format(ms),
  }, Limit)
  local clock, problem, code = timer.start(engine, ms, function(cancelled)
    limit.expired = not cancelled
    scheduler.wake(context)
  end)
  if not clock then return nil, problem, code end
  table.insert(context.limits, limit)
  return lift(context, limit, clock, coro.pcall(fn, ...))
end

return M
