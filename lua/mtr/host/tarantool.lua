-- SPDX-License-Identifier: MIT
--
-- The host Tarantool: fibers. All Lua code there runs in one, so that every call can wait.
--
--     print(mtr.trace("192.0.2.7").stop_reason)
--
-- Each engine is driven by a fiber of its own. fiber.cancel ends a wait with an error.

local fiber = require "fiber"
local log = require "log"
local socket = require "socket"

---@type mtr.Host
local M = { name = "tarantool", running = fiber.id, }

local LONG = 1e8                      -- s

-- By number of a fiber that is parked: the fiber itself.
local parked = {}

--- Suspends the running fiber. Returns an error if it was cancelled.
---@async
---@param id integer
---@return any problem
function M.park(id)
  parked[id] = fiber.self()
  local ok, problem = pcall(fiber.sleep, LONG)
  parked[id] = nil
  if not ok then return problem end
end

--- Lets a parked fiber go on.
---@param id integer
function M.wake(id)
  local waiting = parked[id]
  if waiting then waiting:wakeup() end
end

-- Calls fn whenever the descriptor is readable.
local function pump(watch)
  while not watch.ended do
    socket.iowait(watch.fd, "R")
    if not watch.ended then watch.fn() end
  end
end

--- Calls fn whenever the descriptor is readable.
---@param fd integer
---@param fn fun()
---@return table
function M.watch(fd, fn)
  local watch = { fd = fd, fn = fn }
  watch.fiber = fiber.new(pump, watch)
  watch.fiber:name "mtr"
  return watch
end

--- Stops watching.
---@param watch table
function M.unwatch(watch)
  watch.ended = true
  if watch.fiber ~= fiber.self() then watch.fiber:wakeup() end
end

--- Runs fn in a new fiber, when the running one gives way.
---@param fn fun()
function M.spawn(fn) fiber.new(fn) end

M.defer = M.spawn

--- Takes errors that nobody can receive.
---@param text string
function M.log(text) log.error("%s", text) end

return M
