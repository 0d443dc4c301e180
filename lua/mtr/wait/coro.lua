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
local running, yieldable = compat.running, compat.isyieldable

-- The value that a waiting task yields; users cannot get it.
local WAIT = {}

-- Maps each coroutine that this file has resumed to the coroutine that resumed it.
local resumer = setmetatable({}, { __mode = "k" })

local BOUNDARY = "mtr: cannot wait here: a C function is between this call and its task"
  .. " (called from table.sort, string.gsub or require?)"

local function pass(co, ok, value, ...)
  if not ok or value ~= WAIT then return ok, value, ... end
  if not yieldable() then error(BOUNDARY, 0) end
  yield(WAIT)
  return pass(co, resume(co))
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
M.pcall = compat.yields_through and pcall or function(fn, ...)
  if not running() then return pcall(fn, ...) end
  return M.resume(create(fn), ...)
end

M.create, M.yield, M.status = create, yield, coroutine.status
M.running, M.isyieldable = running, yieldable

--- Suspends a task; may be called in any coroutine inside the task. Returns the value that the task
--- is resumed with.
---@async
---@param task thread
---@return any
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

--- Returns a coroutine for M.go_on, new or used before. It calls a function with up to two
--- parameters and three results.
---@return thread
function M.worker()
  local n = #spare
  local worker = spare[n]
  spare[n] = nil
  return worker or create(work)
end

--- Runs a worker as run() runs a task. The first time it is given the function and its arguments,
--- later the value that suspend() returns. After "ends" the caller must not use the worker again.
---@param worker thread
---@return "waits"|"ends"|"fails"
---@return any a, any b, any c
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
function M.forget() spare = {} end

return M
