-- SPDX-License-Identifier: MIT
--
-- Strategies that are functions: such a function runs as a coroutine and waits for its probes.
--
--     local function strategy(trace)
--       for ttl = 1, 30 do
--         if trace:probe{ ttl = ttl }.final then return "completed" end
--       end
--       return "hoplimit"
--     end
--
-- A strategy that is a table may have such a function, run(self, trace), instead of next.
--
-- This file turns the function into a strategy with next: `request` is what the function waits for,
-- and the coroutine goes on when that has come. trace:probe waits for the outcome of its probe,
-- trace:send only until its probe is sent, and trace:wait for the end of any such probe. The
-- function returns the stop reason; nil waits for the outstanding probes, and the engine finds the
-- reason.
--
-- Replies are borrowed: valid until the function waits again; :copy() keeps them.

local coro = require "mtr.wait.coro"
local err = require "mtr.base.err"
local units = require "mtr.base.units"
local new_table = require "mtr.compat".new_table

local M = {}

---@class mtr.Script: mtr.Strategy
local Script = {}
Script.__index = Script

-- Scripts of ended traces, to use again. One that had a long queue of ends is not kept, because its
-- table stays as large as the queue was.
local spare, SPARES, QUEUE = {}, 1000, 64

--- Makes an instance for a trace.
---@param trace mtr.Trace|mtr.BorrowedTrace
---@param fn function a strategy, or the function run of a strategy that is a table
---@param instance? mtr.Strategy the instance of that table: the first parameter of run
---@return mtr.Script
function M.new(trace, fn, instance)
  local n = #spare
  -- This table is also the probe of trace:probe, so that the user's table does not grow by an id.
  -- It has sixteen fields: one more would double its size.
  local self = spare[n] or setmetatable(new_table(0, 16), Script)
  spare[n] = nil
  self.trace, self.fn, self.instance, self.name = trace, fn, instance, instance and instance.name
  self.co, self.request, self.sends = false, "start", false
  self.out, self.first, self.last = 0, 1, 0
  self.ttl, self.flow, self.size, self.id, self.reason, self.data = 0, 0, 0, 0, false, false
  return self
end

--- Releases an instance after the end of its trace. Returns false if this file did not make it.
---@param self mtr.Strategy
---@return boolean
function M.release(self)
  if type(self) ~= "table" or getmetatable(self) ~= Script then return false end
  for at = self.first, self.last do self[at] = nil end
  self.trace, self.fn, self.instance, self.name, self.co = false, false, nil, nil, false
  self.sends, self.reason, self.data, self.wake = false, false, false, nil
  local n = #spare
  if n < SPARES and self.last <= QUEUE then spare[n + 1] = self end
  return true
end

--- Frees the instances and coroutines that are kept to be used again.
function M.forget()
  spare = {}
  coro.forget()
end

local function outcome(self, how, a, b, c)
  if how == "waits" then return end
  self.request = "over"
  if how == "fails" then error(err.own_frames(debug.traceback(self.co, err.text(a))), 0) end
  self.co, self.reason, self.data, self.ttl = false, a, b, c
end

function Script:init()
  self.co = coro.worker()
  local instance = self.instance
  if instance then return outcome(self, coro.go_on(self.co, self.fn, instance, self.trace)) end
  return outcome(self, coro.go_on(self.co, self.fn, self.trace))
end

-- Lets the function go on, up to its next request.
local function resume(self, value) outcome(self, coro.go_on(self.co, value)) end

local function verdict(self)
  if self.request == "over" and self.reason ~= nil then
    return "stop", self.reason, self.data, self.ttl
  end
end

-- Returns true, and the value to go on with, if the function need not wait.
local function due(self, now)
  local request = self.request
  if request == "sent" then return true, self.sends.id end
  if request == "sleep" then
    self.wake = self.wake or now + self.nap
    return now >= self.wake
  end
  if request ~= "wait" then return false end
  if self.first > self.last then return self.out == 0 end
  local value = self[self.first]
  self[self.first], self.first = nil, self.first + 1
  return true, value
end

-- Returns the probe that the function wants to send now, if there is one.
local function wish(self, now)
  local request = self.request
  if request == "probe" then
    self.request, self.out, self.id = "reply", self.out + 1, 0
    return self, true
  elseif request == "send" then
    self.request, self.out = "sent", self.out + 1
    return self.sends
  end
  if request == "sleep" then return nil, self.wake - now end
  return verdict(self)
end

function Script:next(now)
  local go, value = due(self, now)
  if not go then return wish(self, now) end
  resume(self, value)
  return self:next(now)
end

-- Takes the end of a probe.
local function ended(self, what)
  self.out = self.out - 1
  local request = self.request
  if request == "wait" or (request == "reply" and what.id == self.id) then
    resume(self, what)
    return verdict(self)
  end
  if request ~= "over" then
    local copy = what:copy()
    copy.id, self.last = what.id, self.last + 1
    self[self.last] = copy
  end
end

Script.on_reply, Script.on_timeout = ended, ended

function Script:done(trace)
  if self.instance and self.instance.done then self.instance:done(trace) end
end

local function wait(self, request)
  self.request = request
  return (coro.suspend(self.co))
end

-- Returns the script that runs in a trace.
local function running(trace, name)
  local self = trace.strategy
  if getmetatable(self) ~= Script or self.trace ~= trace or not self.co then
    error(("%s: may only be called by a strategy that is a function, in its trace"):format(name), 3)
  end
  return self
end

local function checked(name, probe)
  if type(probe) ~= "table" then
    error(("%s: the probe must be a table such as { ttl = 1 }, got %s"):format(
      name, err.show(probe)), 3)
  end
end

-- The methods of a trace for its strategy.
---@class mtr.Trace
local methods = {}
M.methods = methods

--- Sends a probe and waits for its end. Returns the reply, or a table with timeout = true.
---@async
---@param trace mtr.Trace
---@param probe mtr.NextProbe
---@return mtr.BorrowedReply|mtr.BorrowedProbe
function methods.probe(trace, probe)
  local self = running(trace, "probe")
  checked("probe", probe)
  self.ttl, self.flow, self.size = probe.ttl, probe.flow, probe.size
  return (wait(self, "probe"))
end

--- Sends a probe as soon as the window has room. Its end is returned by trace:wait().
---@async
---@param trace mtr.Trace
---@param probe mtr.NextProbe
---@return integer id
function methods.send(trace, probe)
  local self = running(trace, "send")
  checked("send", probe)
  self.sends = probe
  return (wait(self, "send"))
end

--- Waits for the end of any probe of trace:send; returns nil if none is outstanding.
---@async
---@param trace mtr.Trace
---@return mtr.BorrowedReply|mtr.BorrowedProbe|nil
function methods.wait(trace) return (wait(running(trace, "wait"), "wait")) end

--- Waits for a time.
---@async
---@param trace mtr.Trace
---@param duration number|string
function methods.sleep(trace, duration)
  local self, ms = running(trace, "sleep"), units.duration(duration)
  if not ms then
    error('sleep: the duration must be such as 250 or "2s", got ' .. err.show(duration), 2)
  end
  self.nap, self.wake = ms, nil
  wait(self, "sleep")
end

return M
