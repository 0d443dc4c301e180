-- SPDX-License-Identifier: MIT
--
-- The host cqueues: coroutines of a controller.
--
--     local cq = require("cqueues").new()
--     cq:wrap(function() print(mtr.trace("192.0.2.7").stop_reason) end)
--     cq:loop()
--
-- An engine is driven by a coroutine of the controller in which it is first needed, as long as it
-- has something under way: then cq:loop() can end. Outside of a controller mtr's own loop works.

local cqueues = require "cqueues"
local condition = require "cqueues.condition"

local running = coroutine.running

---@type mtr.Host
local M = { name = "cqueues" }

--- Returns the running coroutine, if a controller runs.
---@return thread?
function M.running() return cqueues.running() and running() or nil end

--- Returns whether a controller runs.
---@return boolean
function M.active() return cqueues.running() ~= nil end

-- By coroutine that is parked: what wakes it. Used again, as a condition costs much.
local parked = setmetatable({}, { __mode = "k" })

local NESTED = "mtr: cannot wait in a coroutine that was resumed inside one of cqueues; use"
  .. " mtr.coroutine.resume or mtr.coroutine.wrap"

-- All watches, by themselves.
local watches = {}

-- Polls in the running controller, as long as there is something under way. Each controller that
-- has something waiting polls: another one may have ended, and would not say so.
local function poll(watch)
  local cq = cqueues.running()
  watch.polled[cq] = true
  cq:wrap(function()
    while watch.alive do
      cqueues.poll(watch, watch.changed)
      if watch.alive then watch.fn() end
    end
    watch.polled[cq] = nil
  end)
end

--- Suspends the running coroutine.
---@async
---@param co thread
function M.park(co)
  local cq, outermost = cqueues.running()
  if not outermost then error(NESTED, 0) end
  for watch in pairs(watches) do
    if watch.alive and not watch.polled[cq] then poll(watch) end
  end
  local signal = parked[co]
  if not signal then
    signal = condition.new()
    parked[co] = signal
  end
  signal:wait()
end

--- Lets a parked coroutine go on with the next turn.
---@param co thread
function M.wake(co) parked[co]:signal() end

--- Calls fn whenever the descriptor is readable.
---@param fd integer
---@param fn fun()
---@return table
function M.watch(fd, fn)
  local watch = {
    pollfd = fd, events = "r", fn = fn, alive = false, changed = condition.new(),
    polled = setmetatable({}, { __mode = "k" }),
  }
  watches[watch] = true
  return watch
end

--- Sets whether the descriptor is watched.
---@param watch table
---@param alive boolean
function M.keep(watch, alive)
  watch.alive = alive
  if not alive then return watch.changed:signal() end
  local cq = cqueues.running()
  if cq and not watch.polled[cq] then poll(watch) end
end

--- Stops watching.
---@param watch table
function M.unwatch(watch)
  watch.alive, watches[watch] = false, nil
  watch.changed:signal()
  if next(watch.polled) then cqueues.cancel(watch.pollfd) end
end

--- Runs fn in a coroutine of the controller that runs.
---@param fn fun()
function M.spawn(fn) cqueues.running():wrap(fn) end

M.defer = M.spawn

return M
