-- SPDX-License-Identifier: MIT
--
-- Coroutines that let an engine's wait pass through.
--
-- A task that waits yields; when the wait is inside a coroutine of the user's own, that yield would
-- end in the user's resume. The resume and wrap of this file pass it on to the task, and come back
-- to the same place when the task goes on, so generators that trace work as if the wait blocked.
-- mtrlua puts them in place of the global ones; in any other host they are mtr.coroutine, and the
-- host's own table is never touched.

local M = {}

local resume, yield, create = coroutine.resume, coroutine.yield, coroutine.create
local running, yieldable = coroutine.running, coroutine.isyieldable

-- What a waiting task yields; no user has it.
local WAIT = {}

-- Of each coroutine resumed by this file the one that resumed it.
local resumer = setmetatable({}, { __mode = "k" })

local BOUNDARY = "mtr: cannot wait here: a C function is between this call and its task"
  .. " (called from table.sort, string.gsub or require?)"

local function pass(co, ok, value, ...)
  if not ok or value ~= WAIT then return ok, value, ... end
  if not yieldable() then error(BOUNDARY, 0) end
  yield(WAIT)
  return pass(co, resume(co))
end

--- coroutine.resume, for coroutines that may wait.
---@async
function M.resume(co, ...)
  resumer[co] = running()
  return pass(co, resume(co, ...))
end

local function raise(ok, ...)
  if not ok then error((...), 0) end
  return ...
end

--- coroutine.wrap, for functions that may wait.
---@async
function M.wrap(fn)
  local co = create(fn)
  return function(...) return raise(M.resume(co, ...)) end
end

M.create, M.yield, M.status = create, yield, coroutine.status
M.running, M.isyieldable = running, yieldable

--- Suspends the task that runs in `task`, from wherever inside it this is called. Returns what it
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

--- Runs a task until it waits, ends or fails; after "ends" comes what its function returned, after
--- "fails" the error.
---@param task thread
---@return "waits"|"ends"|"fails"
---@return any ...
function M.run(task, ...) return outcome(task, resume(task, ...)) end

-- What a worker yields when its function has returned.
local ENDED = {}

local function work(fn, a, b)
  while true do fn, a, b = yield(ENDED, fn(a, b)) end
end

local spare, SPARES = {}, 1000

--- A coroutine for M.go_on, which calls a function of up to two parameters and three results; it
--- may have called others before.
---@return thread
function M.worker()
  local n = #spare
  local worker = spare[n]
  spare[n] = nil
  return worker or create(work)
end

--- Runs a worker, as run() does a task: its first time with the function and what that is given,
--- later with what suspend() is to return. Once it has ended it is nobody's any more.
---@param worker thread
---@return "waits"|"ends"|"fails"
---@return any a, any b, any c
function M.go_on(worker, fn, a, b)
  -- No variable arguments or results: LuaJIT goes on in compiled code behind this one.
  local ok, value, x, y, z = resume(worker, fn, a, b)
  if not ok then return "fails", value end
  if value == WAIT then return "waits" end
  if value ~= ENDED then return "fails", STRAY end
  local n = #spare
  if n < SPARES then spare[n + 1] = worker end
  return "ends", x, y, z
end

return M
