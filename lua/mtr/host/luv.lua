-- SPDX-License-Identifier: MIT
--
-- The host luv, also in luvit: callbacks of libuv, and plain coroutines that they resume.
--
--     coroutine.wrap(function() print(mtr.trace("192.0.2.7").stop_reason) end)()
--     uv.run()
--
-- A wait outside of any coroutine runs the loop itself, if it does not run already. uv.run() ends
-- when no engine has anything under way, although its descriptor is still watched.

local libuv = require "mtr.host.libuv"

local uv = package.loaded.luv or package.loaded.uv or require "luv"

---@type mtr.Host
local M = libuv.host "luv"

-- By descriptor: handles that are stopped. They are used again for the next engine with this
-- descriptor, and never closed here, for two reasons: luv 1.44 crashes at the end of the Lua state
-- if a handle was closed and the loop has not run since; and to close one later would stop another
-- handle that has got this number. luv closes them at the end.
local stopped = {}

--- Calls fn whenever the descriptor is readable.
---@param fd integer
---@param fn fun()
---@return userdata
function M.watch(fd, fn)
  local poll = stopped[fd] or uv.new_poll(fd)
  stopped[fd] = nil
  poll:start("r", fn)
  poll:unref()
  return poll
end

--- Stops watching.
---@param poll userdata
function M.unwatch(poll)
  poll:stop()
  stopped[poll:fileno()] = poll
end

--- Sets whether uv.run() goes on for this descriptor.
---@param poll userdata
---@param alive boolean
function M.keep(poll, alive)
  if alive then poll:ref() else poll:unref() end
end

--- Calls fn in the next turn of the loop.
---@param fn fun()
function M.defer(fn)
  local timer = uv.new_timer()
  timer:start(0, 0, function()
    timer:close()
    fn()
  end)
end

--- Says why the loop cannot be run here.
---@return string?
function M.stuck()
  return uv.loop_mode() and "a callback of luv runs here, outside of any coroutine" or nil
end

--- Runs the loop once.
---@return boolean
function M.turn() return uv.run "once" end

return M
