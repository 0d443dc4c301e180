-- SPDX-License-Identifier: MIT
--
-- The host copas: coroutines of its dispatcher, which waits in select of luasocket.
--
--     copas.addthread(function() print(mtr.trace("192.0.2.7").stop_reason) end)
--     copas.loop()
--
-- What is waited for is an object that copas takes for a socket: select asks it for its descriptor
-- (getfd) and whether it is readable without one (dirty). Outside of a coroutine mtr's own loop
-- works.

local copas = require "copas"
local socket = require "socket"

local running = require "mtr.compat".running

---@type mtr.Host
local M = { name = "copas" }

--- Returns the running coroutine.
---@return thread?
function M.running()
  local co, main = running()
  return not main and co or nil
end

--- Returns whether a coroutine of copas runs.
---@return boolean
function M.active() return copas.running ~= false and M.running() ~= nil end

-- A socket to which nobody sends: select asks dirty() only of what has a descriptor.
local silent = assert((socket.udp4 or socket.udp)())

-- An object that copas takes for a socket: readable once `ready` is set.
local Signal = {}
Signal.__index = Signal

function Signal.getfd() return silent:getfd() end
function Signal:dirty() return self.ready end
function Signal:receive()
  if not self.ready then return nil, "timeout" end
  self.ready = false
  return true
end
function Signal.settimeout() end
function Signal.close() end

-- By coroutine that is parked: what wakes it.
local parked = setmetatable({}, { __mode = "k" })

-- All watches, by themselves.
local watches = {}

-- Waits in copas as long as there is something under way.
local function poll(watch)
  watch.polled = true
  copas.addthread(function()
    while watch.alive do
      copas.receive(watch)
      if watch.alive then watch.fn() end
    end
    watch.polled = false
  end)
end

--- Suspends the running coroutine.
---@async
---@param co thread
function M.park(co)
  for watch in pairs(watches) do
    if watch.alive and not watch.polled then poll(watch) end
  end
  local signal = parked[co]
  if not signal then
    signal = setmetatable({ ready = false }, Signal)
    parked[co] = signal
  end
  copas.receive(signal)
end

--- Lets a parked coroutine go on with the next turn.
---@param co thread
function M.wake(co) parked[co].ready = true end

-- A descriptor: readable if select says so, or if there is a change.
local Watch = setmetatable({}, Signal)
Watch.__index = Watch

function Watch:getfd() return self.fd end
function Watch:receive()
  -- Called before the wait, and after it.
  self.waits = not self.waits
  if self.waits and not self.ready then return nil, "timeout" end
  self.ready, self.waits = false, false
  return true
end

--- Calls fn whenever the descriptor is readable.
---@param fd integer
---@param fn fun()
---@return table
function M.watch(fd, fn)
  local watch = setmetatable({
    fd = fd, fn = fn, alive = false, polled = false, ready = false, waits = false,
  }, Watch)
  watches[watch] = true
  return watch
end

--- Sets whether the descriptor is watched. A loop that never ends may watch it for ever.
---@param watch table
---@param alive boolean
function M.keep(watch, alive)
  if not alive and not copas.finished then return end
  watch.alive, watch.ready = alive, watch.polled and not alive
  if alive and not watch.polled and M.active() then poll(watch) end
end

--- Stops watching.
---@param watch table
function M.unwatch(watch)
  watches[watch] = nil
  watch.alive, watch.ready, watch.fd = false, true, silent:getfd()
end

--- Runs fn in a coroutine of copas, with the next turn.
---@param fn fun()
function M.spawn(fn)
  local signal = setmetatable({ ready = false }, Signal)
  copas.addthread(function()
    copas.receive(signal)
    fn()
  end)
  signal.ready = true
end

M.defer = M.spawn

return M
