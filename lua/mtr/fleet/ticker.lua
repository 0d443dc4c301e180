-- SPDX-License-Identifier: MIT
--
-- A clock that goes on in real time, also where the engines' time is simulated: other programs wait
-- for us in real time. It calls its listeners at each tick, and tasks can wait for ticks. After an
-- interrupt of the program tasks do not wait for ticks any more. But listeners are still called, so
-- that the last commands to Redis have a time limit.

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local scheduler = require "mtr.wait.scheduler"
local stream = require "mtr.script.stream"

local C = lib.C
local M = {}

---@class mtr.Ticker
---@field ms integer between two ticks
---@field count integer ticks since the beginning
---@field gone boolean the program was interrupted, or the clock closed: nothing can wait
---@field closed? boolean
local Ticker = {}
Ticker.__index = Ticker

-- Calls the listeners, and forgets those that returned true.
local function call_listeners(self)
  local listeners = self.listeners
  self.listeners = {}
  for _, listener in ipairs(listeners) do
    if not listener() and not self.closed then self.listeners[#self.listeners + 1] = listener end
  end
end

local function tick(self)
  self.count = self.count + 1
  self.gone = self.gone or lib.signals[0] > 0
  call_listeners(self)
end

--- Makes a clock.
---@param ms integer
---@return mtr.Ticker?
---@return string? message, string? name
function M.new(ms)
  local fd = C.mtr_ticker(ms)
  if fd < 0 then return err.env(fd, "a clock") end
  local self = setmetatable({ ms = ms, count = 0, listeners = {}, gone = false, fd = fd }, Ticker)
  self.stream = stream.open(fd, {
    on_data = function() tick(self) end, on_end = function() self:close() end, lasting = true,
  })
  return self
end

--- Calls fn at each tick, until it returns true; and once more when the clock is closed.
---@param fn fun(): boolean?
function Ticker:listen(fn) self.listeners[#self.listeners + 1] = fn end

--- Calls fn once, after so many milliseconds, rounded up to ticks.
---@param ms number
---@param fn fun()
function Ticker:after(ms, fn)
  local at = self.count + math.max(1, math.ceil(ms / self.ms))
  self:listen(function()
    if self.count < at and not self.gone then return false end
    fn()
    return true
  end)
end

--- Waits for so many milliseconds, rounded up to ticks. False: it was cut short by an interrupt.
---@async
---@param ms number
---@return boolean
function Ticker:wait(ms)
  if self.gone then return false end
  local op = {}
  self:after(ms, function() scheduler.finish(op) end)
  scheduler.wait(op)
  return not self.gone
end

--- Ends the clock, and all waits for it.
function Ticker:close()
  if self.closed then return end
  self.closed, self.gone = true, true
  self.stream:drop()
  C.mtr_output_close(self.fd)
  call_listeners(self)
end

return M
