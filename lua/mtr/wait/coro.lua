-- SPDX-License-Identifier: MIT
--
-- Coroutines inside which a task can wait for an engine.
--
-- A task waits by a yield. If it waits inside a coroutine that the user made, the plain resume of
-- that coroutine would receive this yield. The resume and wrap of this file pass it on to the task
-- and return to the same place when the task goes on. So a generator that traces works as if the
-- wait blocked. mtrlua installs both in the global table coroutine. In any other host they are
-- mtr.coroutine, and the host's table does not change.

local compat = require "mtr.compat"
local M = {}

local resume, yield, create = coroutine.resume, coroutine.yield, compat.create
local running, status, yieldable = compat.running, coroutine.status, compat.isyieldable

-- The value that a waiting task yields; users cannot get it.
local WAIT = {}

-- Maps each coroutine that this file has resumed to the coroutine that resumed it.
local resumer = setmetatable({}, { __mode = "k" })

local BOUNDARY = "mtr: cannot wait here: a C function is between this call and its task"
  .. " (called from table.sort, string.gsub or require?)"

-- What suspends the host's coroutine in which the outermost coroutine of this file runs, and its
-- argument; nil in a task of mtr's own loop. Set by the coroutine that is about to wait.
local park, token

-- Suspends the running coroutine: it waits itself, or one that it has resumed does.
local function halt()
  local up = resumer[running()]
  if park and not (up and status(up) == "normal") then
    local fn, of = park, token
    park, token = nil, nil
    return fn(of)
  end
  if yieldable() then return yield(WAIT) end
  park, token = nil, nil
  error(BOUNDARY, 0)
end

local function pass(co, ok, value, ...)
  if not ok or value ~= WAIT then return ok, value, ... end
  return pass(co, resume(co, halt()))
end

--- Does what coroutine.resume does, for coroutines that may wait.
---@async
function M.resume(co, ...)
  resumer[co] = running()
  return pass(co, resume(co, ...))
end

local function raise(ok, ...)
  if not ok then error((...), 0) end
  return ...
end

--- Does what coroutine.wrap does, for functions that may wait.
---@async
function M.wrap(fn)
  local co = create(fn)
  return function(...) return raise(M.resume(co, ...)) end
end

--- Does what pcall does, for functions that may wait: in Lua 5.1 nothing can wait inside pcall.
---@async
---@param fn function
function M.pcall(fn, ...)
  if compat.yields_through or not running() then return pcall(fn, ...) end
  return M.resume(create(fn), ...)
end

M.create, M.yield, M.status = create, yield, status
M.running, M.isyieldable = running, yieldable

--- Returns the coroutine in which the outermost resume or wrap of this file runs that leads to
--- `co`; `co` itself if it was resumed by the host.
---@param co any a thread, or a token of the host in place of one
---@return any
---@private
function M.root(co)
  local up = resumer[co]
  while up and status(up) == "normal" do
    co = up
    up = resumer[co]
  end
  return co
end

--- Suspends a task; may be called in any coroutine inside the task. Returns the value that the task
--- is resumed with.
---@async
---@param task thread
---@return any
---@private
function M.suspend(task)
  local co = running()
  while co and co ~= task do co = resumer[co] end
  if not co then
    error("mtr: cannot wait in a coroutine that was resumed by the host's coroutine.resume;"
      .. " use mtr.coroutine.resume or mtr.coroutine.wrap", 0)
  end
  if not yieldable() then error(BOUNDARY, 0) end
  return (yield(WAIT))
end

local STRAY = "coroutine.yield in a task, outside any coroutine that was resumed"

--- Suspends a coroutine of the host by fn(argument); may be called in any coroutine inside it.
--- Returns what fn returns.
---@async
---@param fn fun(argument: any): any
---@param argument any
---@return any
---@private
function M.suspend_host(fn, argument)
  park, token = fn, argument
  return (halt())
end

local function outcome(task, ok, value, ...)
  if not ok then return "fails", value end
  if coroutine.status(task) == "dead" then return "ends", value, ... end
  if value == WAIT then return "waits" end
  return "fails", STRAY
end

--- Runs a task until it waits, ends or fails. Returns the word and, with "ends", the results of its
--- function; with "fails", the error.
---@param task thread
---@return "waits"|"ends"|"fails"
---@return any ...
---@private
function M.run(task, ...) return outcome(task, resume(task, ...)) end

-- The value that a worker yields when its function has returned.
local ENDED = {}

-- The results take the place of the function and its parameters: a worker that waits to be used
-- again must not keep what its last function worked on.
local function work(fn, a, b)
  while true do
    fn, a, b = fn(a, b)
    fn, a, b = yield(ENDED, fn, a, b)
  end
end

local spare, SPARES = {}, 1000

-- The workers, as keys.
local workers = setmetatable({}, { __mode = "k" })

--- Returns a coroutine for M.go_on, new or used before. It calls a function with up to two
--- parameters and three results.
---@return thread
---@private
function M.worker()
  local n = #spare
  local worker = spare[n]
  spare[n] = nil
  if worker then return worker end
  worker = create(work)
  workers[worker] = true
  return worker
end

--- Returns true in a worker: it runs a strategy, in a hook.
---@return boolean
---@private
function M.in_worker()
  local co = running()
  return co ~= nil and workers[co] == true
end

--- Runs a worker as run() runs a task. The first time it is given the function and its arguments,
--- later the value that suspend() returns. After "ends" the caller must not use the worker again.
---@param worker thread
---@return "waits"|"ends"|"fails"
---@return any a, any b, any c
---@private
function M.go_on(worker, fn, a, b)
  -- No variable arguments or results, so that LuaJIT stays in compiled code after this call.
  local ok, value, x, y, z = resume(worker, fn, a, b)
  if not ok then return "fails", value end
  if value == WAIT then return "waits" end
  if value ~= ENDED then return "fails", STRAY end
  local n = #spare
  if n < SPARES then spare[n + 1] = worker end
  return "ends", x, y, z
end

--- Frees the workers that wait to be used again.
---@private
function M.forget() spare = {} end

return M
