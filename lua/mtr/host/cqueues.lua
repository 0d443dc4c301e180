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

local running = require "mtr.compat".running

---@type mtr.Host
local M = { name = "cqueues" }

--- Returns the running coroutine, if a controller runs.
---@return thread?
function M.running() return cqueues.running() and running() or nil end

--- Returns whether a controller runs.
---@return boolean
function M.active() return cqueues.running() ~= nil end

-- By coroutine that has been parked: what wakes it. Used again, as a condition costs much.
local signals = setmetatable({}, { __mode = "k" })

local NESTED = "mtr: cannot wait in a coroutine that was resumed inside one of cqueues; use"
  .. " mtr.coroutine.resume or mtr.coroutine.wrap"

-- All watches, by themselves.
local watches = {}

-- Polls in the running controller for the coroutines of others, as long as there is something under
-- way. Each controller that has something waiting polls: another one may have ended, and would not
-- say so.
local function poll(watch)
  local cq = cqueues.running()
  watch.polled[cq] = true
  cq:wrap(function()
    while watch.alive do
      watch.sleeps = true
      cqueues.poll(watch)
      watch.sleeps = false
      if watch.alive then watch.fn() end
    end
    watch.polled[cq] = nil
  end)
end

-- Returns the watch with something under way, if there is one only and nobody polls it here.
local function only(cq)
  local found
  for watch in pairs(watches) do
    if watch.alive then
      if found or watch.polled[cq] then return nil end
      found = watch
    end
  end
  return found
end

-- Polls in a coroutine that waits itself, until it is woken.
local function wait(watch, cq, signal)
  watch.polled[cq] = true
  repeat
    if cqueues.poll(watch, signal.condition) == watch and watch.alive then watch.fn() end
  until signal.woken or not watch.alive
  watch.polled[cq] = nil
  if watch.alive then poll(watch) end
end

--- Suspends the running coroutine. If it is the only one that waits, it polls itself.
---@async
---@param co thread
function M.park(co)
  local cq, outermost = cqueues.running()
  if not outermost then error(NESTED, 0) end
  local signal = signals[co]
  if not signal then
    signal = { condition = condition.new() }
    signals[co] = signal
  end
  signal.woken = false
  local mine = only(cq)
  if mine then wait(mine, cq, signal) end
  if signal.woken then return end
  for watch in pairs(watches) do
    if watch.alive and not watch.polled[cq] then poll(watch) end
  end
  signal.condition:wait()
end

--- Lets a parked coroutine go on.
---@param co thread
function M.wake(co)
  local signal = signals[co]
  signal.woken = true
  if running() ~= co then signal.condition:signal() end
end

--- Calls fn whenever the descriptor is readable.
---@param fd integer
---@param fn fun()
---@return table
function M.watch(fd, fn)
  local watch = {
    pollfd = fd, events = "r", fn = fn, alive = false, sleeps = false,
    polled = setmetatable({}, { __mode = "k" }),
  }
  watches[watch] = true
  return watch
end

--- Sets whether the descriptor is watched.
---@param watch table
---@param alive boolean
---@param awaited? boolean M.park() comes next, and polls
function M.keep(watch, alive, awaited)
  watch.alive = alive
  if not alive then
    if watch.sleeps then cqueues.cancel(watch.pollfd) end
    return
  end
  local cq = not awaited and cqueues.running()
  if cq and not watch.polled[cq] then poll(watch) end
end

--- Stops watching.
---@param watch table
function M.unwatch(watch)
  watch.alive, watches[watch] = false, nil
  cqueues.cancel(watch.pollfd)          -- controllers remember what they have polled
end

--- Runs fn in a coroutine of the controller that runs.
---@param fn fun()
function M.spawn(fn) cqueues.running():wrap(fn) end

M.defer = M.spawn

return M
