-- SPDX-License-Identifier: MIT
--
-- Tasks, and everything about a call that must wait for an engine.
--
-- A call waits for an op: a table whose `done` becomes true when finish(op) is called. In a task,
-- or in a coroutine of the host, the wait suspends it; it goes on after the step that finished the
-- op. Outside of all of them the wait itself drives the loop until the op is done. Inside a hook
-- nothing can wait, because the engine is in the middle of a batch: that is a caller's bug.
--
-- After a limit (mtr.with_timeout) has expired, each wait of its context raises until it is lifted.

local compat = require "mtr.compat"
local coro = require "mtr.wait.coro"
local context = require "mtr.wait.context"
local err = require "mtr.base.err"
local hosts = require "mtr.host"
local interrupt = require "mtr.wait.interrupt"
local loop = require "mtr.wait.loop"
local ready = require "mtr.wait.ready"

local M, unpack, xpcall = {}, compat.unpack, compat.xpcall
---@class mtr.Op
---@field done? boolean
---@field idle? boolean see mtr.wait.interrupt
---@field abandon? fun(op: mtr.Op) called when nobody waits for it any more

---@class mtr.Task: mtr.Op, mtr.Context
---@field co? thread in mtr's own loop
---@field done boolean the function has returned or failed
---@field err? string its error with traceback
---@field results? table what it returned, with n
local Task = {}
Task.__index = Task

local NOTHING = { n = 0 }

M.context, M.wake, M.batch, M.inside = context.get, ready.wake, ready.batch, ready.inside

loop.on_turn = ready.turned

local function ended(task, outcome, ...)
  if outcome == "waits" then return end
  task.done = true
  if outcome == "ends" then
    task.results = { n = select("#", ...), ... }
  elseif err.is_interrupt((...)) then
    task.err = err.INTERRUPTED
  else
    task.err = (...)
    -- Without a reporter it is enough that somebody waits for the task and gets the error.
    if err.on_error or not task.waiters then err.report(task.err) end
  end
  M.finish(task)
end

-- Takes what coro.run returns. The traceback of a task that failed is that of its coroutine.
local function ran(task, outcome, ...)
  if outcome ~= "fails" then return ended(task, outcome, ...) end
  ended(task, outcome, err.own_frames(debug.traceback(task.co, err.text((...)))))
end

local function outcome_of(ok, ...) return ok and "ends" or "fails", ... end

local function explained(co, ok, ...)
  if ok then return ok, ... end
  return ok, err.own_frames(debug.traceback(co, err.text((...))))
end

-- In Lua 5.1 nothing can wait inside xpcall.
local function guarded(fn, ...)
  if compat.yields_through then return xpcall(fn, err.traceback, ...) end
  local co = coro.create(fn)
  return explained(co, coro.resume(co, ...))
end

-- Runs a task in a coroutine of the host.
local function run_in_host(task)
  local fn, args = task.fn, task.args
  task.fn, task.args = nil, nil
  context.spawn(function()
    ended(task, outcome_of(guarded(fn, unpack(args, 1, args.n))))
  end)
end

--- Starts a task, or lets it go on; called by mtr.wait.ready.
---@private
function Task:run()
  if self.fn then return run_in_host(self) end
  local args = self.args
  self.args = NOTHING
  context.set(self)
  ran(self, coro.run(self.co, unpack(args, 1, args.n)))
  context.set(nil)
end

--- Suspends the task, the running one, in mtr's own loop.
---@async
---@private
function Task:suspend() return coro.suspend(self.co) end

--- Calls fn as a hook soon, outside of its caller. Reports its error.
---@param fn function
function M.defer(fn)
  loop.defer(function()
    local ok, problem = ready.batch(xpcall, ready.inside, err.traceback, fn)
    if not ok then err.report(problem) end
  end)
end

--- Marks an op as done, and wakes those that wait for it.
---@param op mtr.Op
function M.finish(op)
  op.done = true
  if op.idle then interrupt.finish(op) end
  local waiters = op.waiters
  if not waiters then return end
  op.waiters = nil
  for _, waiter in ipairs(waiters) do ready.wake(waiter) end
end

local function give_up(ops)
  for _, op in ipairs(ops) do
    interrupt.finish(op)
    if op.abandon then op:abandon() end
  end
end

local function check_limits(me, ops)
  for _, limit in ipairs(me.limits) do
    if limit.expired then
      give_up(ops)
      error(limit, 0)
    end
  end
end

--- Raises an error if the caller cannot wait where it runs.
---@param who string the function that would wait
---@param level? integer of its caller, as error() counts from here; default 3
function M.check(who, level)
  hosts.enter()
  if ready.in_hook() then
    error(who .. ": cannot wait inside a hook or callback; give it a callback, or start a task"
      .. " with mtr.go", level or 3)
  end
  local why = not context.get().suspend and loop.stuck()
  if why then
    error(("%s: cannot wait here: %s; start a task with mtr.go, or give it a callback"):format(
      who, why), level or 3)
  end
end

local STUCK = "mtr: this wait would never end: nothing is under way"

-- Adds a context to those that wake when the op is done.
local function follow(op, me)
  for _, waiter in ipairs(op.waiters or NOTHING) do
    if waiter == me then return end
  end
  if op.waiters then table.insert(op.waiters, me) else op.waiters = { me } end
end

-- Suspends the running context until one of the ops may be done.
local function suspend(me, ops)
  for _, op in ipairs(ops) do
    follow(op, me)
    interrupt.begin(op)
  end
  local problem = me:suspend()
  if problem then
    give_up(ops)
    error(problem, 0)
  end
end

--- Waits until one of a list of ops is done, and returns that op.
---@async
---@param ops mtr.Op[]
---@return mtr.Op
function M.wait_first(ops)
  local me = context.get()
  while true do
    for _, op in ipairs(ops) do
      if op.done then return op end
    end
    interrupt.check_idle(ops)
    if me.stuck then
      me.stuck = nil
      error(STUCK, 0)
    end
    check_limits(me, ops)
    if me.suspend then suspend(me, ops) else me.stuck = not context.turn(loop.turn) end
  end
end

--- Waits until an op is done.
---@async
---@param op mtr.Op
function M.wait(op) M.wait_first { op } end

--- Starts a function as a task. It runs at once, up to its first wait; if a task or a hook runs,
--- as soon as that ends or waits; in some hosts a little later. Its error is reported, and returned
--- to those who wait for it.
---@param fn function
---@return mtr.Task
function M.go(fn, ...)
  local args, driven = { n = select("#", ...), ... }, hosts.enter() and loop.driver()
  local task = setmetatable({
    fn = driven and fn or nil, co = not driven and compat.create(fn) or nil,
    args = args, done = false, limits = {},
  }, Task)
  ready.wake(task)
  return task
end

--- Returns true for a task.
---@param value any
---@return boolean
function M.is_task(value) return getmetatable(value) == Task end

--- Lets those that are ready run before the caller goes on.
---@async
---@return boolean some false: none was ready, or the caller cannot be suspended
function M.pass()
  local me = context.get()
  if not me.suspend then return false end
  if me.co then
    if not ready.any() then return false end
    ready.wake(me)
    me:suspend()
    return true
  end
  if not ready.any() and not context.due() then return false end
  local op = {}
  loop.defer(function() M.finish(op) end)
  M.wait(op)
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
