-- SPDX-License-Identifier: MIT
--
-- Tasks, and everything about a call that must wait for an engine.
--
-- A call waits for an op: a table whose `done` becomes true when finish(op) is called. In a task
-- the wait suspends the task, which goes on after the step that finished the op. Outside any task
-- the wait itself drives the open engines until the op is done. Inside a hook nothing can wait,
-- because the engine is in the middle of a batch: that is a caller's bug.
--
-- Tasks are resumed one after another by the outermost call (the end of a step, or the call that
-- woke them), never one inside another and never inside a hook.
--
-- After a limit (mtr.with_timeout) has expired, each wait of its task raises until the limit is
-- lifted. Code that never waits is never interrupted.

local compat = require "mtr.compat"
local coro = require "mtr.wait.coro"
local err = require "mtr.base.err"
local interrupt = require "mtr.wait.interrupt"
local loop = require "mtr.wait.loop"

local unpack, xpcall = compat.unpack, compat.xpcall
local M = {}

---@class mtr.Op
---@field done? boolean
---@field idle? boolean see mtr.wait.interrupt
---@field abandon? fun(op: mtr.Op) called when nobody waits for it any more

---@class mtr.Task: mtr.Op
---@field co thread
---@field done boolean the function has returned or failed
---@field err? string its error with traceback
---@field results? table what it returned, with n
---@field limits mtr.Limit[]
local Task = {}
Task.__index = Task

-- Stands for all code outside tasks.
local outside = { limits = {} }

local current = outside
local ready, first, last = {}, 1, 0
local busy, NOTHING = false, { n = 0 }

--- True while a hook runs.
M.in_hook = false

--- The task that runs now, or nil.
---@return mtr.Task?
function M.current() return current ~= outside and current or nil end

--- Returns the running task, or the object that stands for all code outside tasks.
---@return mtr.Task
function M.context() return current end

local function ended(task, outcome, ...)
  if outcome == "waits" then return end
  task.done = true
  if outcome == "ends" then
    task.results = { n = select("#", ...), ... }
  elseif err.is_interrupt((...)) then
    task.err = err.INTERRUPTED
  else
    task.err = err.own_frames(debug.traceback(task.co, err.text((...))))
    -- Without a reporter it is enough that somebody waits for the task and gets the error.
    if err.reporter or not task.waiters then err.report(task.err) end
  end
  M.finish(task)
end

local function resume(task)
  local args = task.args
  current, task.args = task, NOTHING
  ended(task, coro.run(task.co, unpack(args, 1, args.n)))
  current = outside
end

local function advance()
  local task = ready[first]
  ready[first], first = nil, first + 1
  task.queued = false
  if task.co then resume(task) else task:run() end
end

-- Runs the ready tasks, unless a caller further up the stack will do it.
local function drain()
  if busy or first > last then return end
  busy = true
  advance()
  while first <= last do advance() end
  first, last = 1, 0
  busy = false
end

--- Queues a task, or any object with run(), to go on when no hook and no other task runs.
---@param task mtr.Task|{ run: fun(self: table), queued?: boolean }
function M.wake(task)
  if task == outside or task.queued or task.done then return end
  task.queued = true
  last = last + 1
  ready[last] = task
  drain()
end

--- Calls fn as the outermost call: tasks that it wakes run after it. Returns two values.
---@param fn function
---@param a? any its arguments: a fixed number, so that LuaJIT compiles the call
function M.batch(fn, a, b, c)
  if busy then return fn(a, b, c) end
  busy = true
  local ok, value, more = pcall(fn, a, b, c)
  busy = false
  drain()
  if not ok then error(value, 0) end
  return value, more
end

local function as_hook(fn, a)
  local outer = M.in_hook
  M.in_hook = true
  local ok, value = pcall(fn, a)
  M.in_hook = outer
  if not ok then error(value, 0) end
  return value
end

--- Calls fn as a hook: it cannot wait, and tasks that it wakes run after it has returned.
---@param fn function
---@param a? any its argument
function M.inside(fn, a) return M.batch(as_hook, fn, a) end

--- Calls fn as a hook in the next turn of mtr.wait.loop. Reports its error.
---@param fn function
function M.defer(fn)
  loop.defer(function()
    local ok, problem = M.batch(xpcall, as_hook, err.traceback, fn)
    if not ok then err.report(problem) end
  end)
end

--- Marks an op as done, and wakes the tasks that wait for it.
---@param op mtr.Op
function M.finish(op)
  op.done = true
  if op.idle then interrupt.finish(op) end
  local waiters = op.waiters
  if not waiters then return end
  op.waiters = nil
  for _, task in ipairs(waiters) do M.wake(task) end
end

local function check_limits(ops)
  for _, limit in ipairs(current.limits) do
    if limit.expired then
      for _, op in ipairs(ops) do
        interrupt.finish(op)
        if op.abandon then op:abandon() end
      end
      error(limit, 0)
    end
  end
end

--- Raises an error if the caller runs in a hook, where nothing can wait.
---@param who string the function that would wait
---@param level? integer of its caller, as error() counts from here; default 3
function M.check(who, level)
  if M.in_hook then
    error(who .. ": cannot wait inside a hook or callback; give it a callback, or start a task"
      .. " with mtr.go", level or 3)
  end
end

local STUCK = "mtr: this wait would never end: nothing is under way"

-- Adds the running task to those that wake when the op is done.
local function follow(op)
  for _, task in ipairs(op.waiters or NOTHING) do
    if task == current then return end
  end
  if op.waiters then table.insert(op.waiters, current) else op.waiters = { current } end
end

--- Waits until one of a list of ops is done, and returns that op.
---@async
---@param ops mtr.Op[]
---@return mtr.Op
function M.wait_first(ops)
  local me = current
  while true do
    for _, op in ipairs(ops) do
      if op.done then return op end
    end
    interrupt.check_idle(ops)
    if me.stuck then
      me.stuck = nil
      error(STUCK, 0)
    end
    check_limits(ops)
    if me == outside then
      me.stuck = not loop.turn()
    else
      for _, op in ipairs(ops) do
        follow(op)
        interrupt.begin(op)
      end
      coro.suspend(me.co)
    end
  end
end

--- Waits until an op is done.
---@async
---@param op mtr.Op
function M.wait(op) M.wait_first { op } end

--- Starts a function as a task. It runs at once, up to its first wait; if a task or a hook runs,
--- as soon as that ends or waits. Its error is reported, and returned to those who wait for it.
---@param fn function
---@return mtr.Task
function M.go(fn, ...)
  local co, args = compat.create(fn), { n = select("#", ...), ... }
  local task = setmetatable({ co = co, args = args, done = false, limits = {} }, Task)
  M.wake(task)
  return task
end

--- Lets the ready tasks run before the calling task goes on.
---@async
---@return boolean some false: no task was ready, or the caller is not a task
function M.pass()
  local me = current
  if me == outside or first > last then return false end
  M.wake(me)
  coro.suspend(me.co)
  return true
end

--- Waits for the task. Returns the results of its function, or nil, its error with traceback, and
--- "ETASK" ("EINTR" if it was interrupted).
---@async
function Task:wait()
  M.check "task:wait"
  M.wait(self)
  if self.err then return nil, self.err, self.err == err.INTERRUPTED and "EINTR" or "ETASK" end
  return unpack(self.results, 1, self.results.n)
end

return M
