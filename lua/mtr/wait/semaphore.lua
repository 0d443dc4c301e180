-- SPDX-License-Identifier: MIT
--
-- Counting semaphores for tasks, first come, first served.
--
--     local slots = mtr.semaphore(100)
--     for _, dst in ipairs(list) do
--       slots:acquire()
--       mtr.go(function() mtr.trace(dst) slots:release() end)
--     end
--
-- release() may be called anywhere, also in hooks, and more often than acquire().

local interrupt = require "mtr.wait.interrupt"
local scheduler = require "mtr.wait.scheduler"

local M = {}

local SPENT = 256                      -- places at the beginning that may be empty

---@class mtr.Semaphore
---@field count integer how many tasks can acquire it without a wait
---@field queue mtr.Op[] what tasks wait for, from `first` to `last`; a table of its own, because in
---one with names a number that changes moves them, and LuaJIT compiles each of their places anew
local Semaphore = {}
Semaphore.__index = Semaphore

--- Makes a semaphore with n places.
---@param n integer
---@return mtr.Semaphore
function M.new(n)
  if type(n) ~= "number" or n < 0 or n % 1 ~= 0 then
    error(("semaphore: the count must be a whole number from 0, got %s"):format(tostring(n)), 2)
  end
  return setmetatable({ count = n, queue = {}, first = 1, last = 0 }, Semaphore)
end

-- Notes that nobody waits for a place any more.
local function leave(op) op.gone = true end

--- Takes a place; waits until one is free.
---@async
---@return true
function Semaphore:acquire()
  scheduler.check "acquire"
  interrupt.check()
  if self.count > 0 then
    self.count = self.count - 1
    return true
  end
  local op = { idle = true, abandon = leave, waiters = nil, done = false }
  self.last = self.last + 1
  self.queue[self.last] = op
  scheduler.wait(op)
  return true
end

-- Moves what is in the queue to its beginning, so that it does not grow while tasks always wait.
local function compact(self)
  local queue, first, last = self.queue, self.first, self.last
  for i = first, last do
    queue[i - first + 1], queue[i] = queue[i], false
  end
  self.first, self.last = 1, last - first + 1
end

-- Returns what the next one waits for, or nil.
local function take(self)
  local first, last = self.first, self.last
  if first > last then return nil end
  local op = self.queue[first]
  self.queue[first] = false
  if first == last then self.first, self.last = 1, 0 else self.first = first + 1 end
  if first > SPENT and 2 * first > last then compact(self) end
  return op
end

--- Gives a place back.
function Semaphore:release()
  local op = take(self)
  while op and op.gone do op = take(self) end
  if op then return scheduler.finish(op) end
  self.count = self.count + 1
end

return M
