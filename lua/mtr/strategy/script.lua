-- SPDX-License-Identifier: MIT
--
-- A strategy that is a function: it runs as a coroutine and waits for its probes.
--
--     local function strategy(trace)
--       for ttl = 1, 30 do
--         if trace:probe{ ttl = ttl }.final then return "completed" end
--       end
--       return "hoplimit"
--     end
--
-- A strategy that is a table may have such a function too, run(self, trace), instead of next.
--
-- It is turned into a strategy of the other form: what the function waits for is its `request`, and
-- the coroutine goes on when that is there. trace:probe waits for what becomes of its probe;
-- trace:send only until it is sent, trace:wait for the end of any of these. What it returns is the
-- stop reason; nil lets the probes that are out end and leaves the reason to the engine.
--
-- Replies are borrowed: valid until the function waits again, :copy() to keep.

local coro = require "mtr.wait.coro"
local err = require "mtr.base.err"
local units = require "mtr.base.units"
local new_table = require "table.new"

local M = {}

---@class mtr.Script: mtr.Strategy
local Script = {}
Script.__index = Script

-- Scripts whose traces have ended, to be used again.
local spare, SPARES = {}, 1000

--- An instance for a trace.
---@param trace mtr.Trace|mtr.BorrowedTrace
---@param fn function a strategy, or the function run of one that is a table
---@param instance? mtr.Strategy the instance of that table: the first parameter of run
---@return mtr.Script
function M.new(trace, fn, instance)
  local n = #spare
  -- It is the probe that trace:probe wants, too, so that no table of the user's has to grow for the
  -- id. Sixteen fields: one more doubles the table.
  local self = spare[n] or setmetatable(new_table(0, 16), Script)
  spare[n] = nil
  self.trace, self.fn, self.instance, self.name = trace, fn, instance, instance and instance.name
  self.co, self.request, self.sends = false, "start", false
  self.out, self.first, self.last = 0, 1, 0
  self.ttl, self.flow, self.size, self.id, self.reason, self.data = 0, 0, 0, 0, false, false
  return self
end

--- The trace of an instance has ended: takes it back. False if it is none of this file.
---@param self mtr.Strategy
---@return boolean
function M.release(self)
  if type(self) ~= "table" or getmetatable(self) ~= Script then return false end
  for at = self.first, self.last do self[at] = nil end
  self.trace, self.instance, self.co, self.wake = false, nil, false, nil
  local n = #spare
  if n < SPARES then spare[n + 1] = self end
  return true
end

local function outcome(self, how, a, b, c)
  if how == "waits" then return end
  self.request = "over"
  if how == "fails" then error(debug.traceback(self.co, err.text(a)), 0) end
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

-- Whether the function may go on with what is there already, and with what.
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

-- What it wants, if it can have it now.
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

-- A probe has ended.
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

-- The script that runs in a trace.
local function running(trace, name)
  local self = trace.strategy
  if getmetatable(self) ~= Script or self.trace ~= trace or not self.co then
    error(("%s: only in a strategy that is a function, in its own trace"):format(name), 3)
  end
  return self
end

local function checked(name, probe)
  if type(probe) ~= "table" then
    error(("%s: the probe must be a table such as { ttl = 1 }, got %s"):format(
      name, err.show(probe)), 3)
  end
end

--- Methods of a trace for its strategy.
M.methods = {}

--- Sends a probe and waits for its end: the reply, or a table with timeout = true.
---@async
---@param trace mtr.Trace
---@param probe mtr.NextProbe
---@return mtr.BorrowedReply|mtr.BorrowedProbe
function M.methods.probe(trace, probe)
  local self = running(trace, "probe")
  checked("probe", probe)
  self.ttl, self.flow, self.size = probe.ttl, probe.flow, probe.size
  return (wait(self, "probe"))
end

--- Sends a probe, as soon as the window has room; what becomes of it comes with trace:wait().
---@async
---@param trace mtr.Trace
---@param probe mtr.NextProbe
---@return integer id
function M.methods.send(trace, probe)
  local self = running(trace, "send")
  checked("send", probe)
  self.sends = probe
  return (wait(self, "send"))
end

--- Waits for the end of any probe of trace:send; nil: there is none.
---@async
---@param trace mtr.Trace
---@return mtr.BorrowedReply|mtr.BorrowedProbe|nil
function M.methods.wait(trace) return (wait(running(trace, "wait"), "wait")) end

--- Waits.
---@async
---@param trace mtr.Trace
---@param duration number|string
function M.methods.sleep(trace, duration)
  local self, ms = running(trace, "sleep"), units.duration(duration)
  if not ms then
    error('sleep: the duration must be such as 250 or "2s", got ' .. err.show(duration), 2)
  end
  self.nap, self.wake = ms, nil
  wait(self, "sleep")
end

return M
