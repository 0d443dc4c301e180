-- SPDX-License-Identifier: MIT
--
-- What the hosts over libuv share: callbacks run in the main coroutine, and resume plain coroutines
-- at once, inside the call.

local compat = require "mtr.compat"
local err = require "mtr.base.err"

local running, resume, yield = compat.running, coroutine.resume, coroutine.yield

local M = {}

--- Returns the running coroutine; nil in the main one.
---@return thread?
function M.running()
  local co, main = running()
  return not main and co or nil
end

--- Suspends the running coroutine.
---@async
function M.park() yield() end

--- Resumes a parked coroutine.
---@param co thread
function M.wake(co)
  local ok, problem = resume(co)
  if not ok then err.report(err.own_frames(debug.traceback(co, err.text(problem)))) end
end

--- Stops watching.
---@param poll userdata
function M.unwatch(poll)
  poll:stop()
  poll:close()
end

--- Returns a new host with these functions; the caller adds the others.
---@param name string
---@return mtr.Host
function M.host(name)
  return {
    name = name, in_place = true,
    running = M.running, park = M.park, wake = M.wake, unwatch = M.unwatch,
  }
end

return M
