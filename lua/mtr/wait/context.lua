-- SPDX-License-Identifier: MIT
--
-- Who waits. A context is a coroutine that may wait, with the limits of its waits. It belongs to
-- the coroutine: a host may switch to another one inside any function of the user, and come back.
--
-- A task of mtr's own loop is resumed by mtr.wait.scheduler alone, and gives way only to it: so
-- there the context is the task that was resumed last. In a host the context is found by the token
-- of the running coroutine.

local coro = require "mtr.wait.coro"
local hosts = require "mtr.host"

local M = {}

---@class mtr.Context
---@field limits mtr.Limit[]
---@field token any of the host
---@field parked? boolean it is suspended by the host
---@field woken? boolean the host was asked to resume it
local Context = {}
Context.__index = Context

-- Stands for all code outside coroutines. It counts as queued, so that nobody queues it.
local function fresh() return { limits = {}, queued = true } end

-- Stands for the main coroutine where a coroutine is needed as a key.
local MAIN = {}
M.MAIN = MAIN

local outside = fresh()
local current = outside                -- a task of mtr's own loop, or |outside|

-- A context refers to its token. So nothing here may keep a context alive; those that wait do.
local contexts = setmetatable({}, { __mode = "v" })

-- The contexts that were woken and do not run yet.
local due = setmetatable({}, { __mode = "k" })

-- The coroutine that a host that runs them at once has resumed last.
local resumed

local STRANGER = "mtr: cannot wait in a coroutine that a task has resumed with coroutine.resume;"
  .. " use mtr.coroutine.resume or mtr.coroutine.wrap, or start a task with mtr.go"

-- Returns the token of the running coroutine of a host, or nil.
local function token(host)
  local found = host.running()
  if not found then return nil end
  found = coro.root(found)
  if host.in_place and resumed and resumed ~= found and coroutine.status(resumed) == "normal" then
    error(STRANGER, 0)
  end
  return found
end

--- Returns the context of the running code: a task, a coroutine of the host, or what stands for all
--- code outside of them, which has no suspend().
---@return mtr.Task|mtr.Context
function M.get()
  local host = hosts.current
  if not host or current.co then return current end
  local key = token(host)
  if not key then return outside end
  local context = contexts[key]
  if not context then
    context = setmetatable({ limits = {}, token = key }, Context)
    contexts[key] = context
  end
  return context
end

--- Returns a key for the running coroutine: of what must not happen twice in one.
---@return any
function M.key()
  local host = hosts.current
  return host and coro.root(host.running()) or MAIN
end

--- Returns a key for those that may run inside each other: one for all, unless the host switches.
---@return any
function M.place()
  local host = hosts.current
  return host and not host.in_place and coro.root(host.running()) or MAIN
end

--- Calls fn for a wait outside of any coroutine. What it runs has another context.
---@param fn fun(): boolean
---@return boolean
function M.turn(fn)
  if not hosts.current then return fn() end
  local before = outside
  outside = fresh()
  local ok, value = pcall(fn)
  outside = before
  if not ok then error(value, 0) end
  return value
end

--- In mtr's own loop: sets the task that runs now; nil: none.
---@param task? mtr.Task
function M.set(task) current = task or outside end

--- Suspends a context of a host, the running one. Returns nothing, or the error with which the host
--- has cancelled it.
---@async
---@return any problem
function Context:suspend()
  self.parked = true
  local problem = coro.suspend_host(hosts.current.park, self.token)
  self.parked, self.woken, due[self] = false, nil, nil
  return problem
end

--- Lets the context go on, if it is suspended.
function Context:run()
  if not self.parked or self.woken then return end
  local host = hosts.current
  self.woken, due[self] = true, true
  if not host.in_place then return host.wake(self.token) end
  local before = resumed
  resumed = self.token
  host.wake(self.token)
  resumed = before
end

-- Runs fn in a new coroutine, at once.
local function plain(fn)
  local before, co = resumed, coroutine.create(fn)
  resumed = co
  local ok, problem = coroutine.resume(co)
  resumed = before
  if not ok then error(problem, 0) end
end

--- Runs fn in a new coroutine of the host, at once or soon.
---@param fn fun()
function M.spawn(fn)
  local start = {}
  due[start] = true
  local spawn = hosts.current.spawn or plain
  spawn(function()
    due[start] = nil
    fn()
  end)
end

--- Returns true if a coroutine of the host was woken or started and does not run yet.
---@return boolean
function M.due() return next(due) ~= nil end

return M
