-- SPDX-License-Identifier: MIT
--
-- The traces of which an engine needs only the function to call at the end: those of a plain loop
-- over engine:trace with a callback. All of them share one slot, and the place of a trace in the
-- library leads to its function, so tens of thousands under way at once take little memory.
--
-- The mtr.Trace that engine:trace has returned is kept weakly: if the user has dropped it, nothing
-- is lost, because the library knows all facts for the result. A field that is set in it (by
-- trace:stop(), a waiting task or the user) could be lost, so from then on it is kept strongly.

local bit = require "mtr.compat".bit
local lib = require "mtr.lib"
local Result = require "mtr.record.result"
local pending = require "mtr.wait.pending"

local C = lib.C
local band, PLACES = bit.band, 2 ^ C.MTR_HANDLE_BITS - 1
local M = {}

---@class mtr.Crowd: mtr.QuietEntry
---@field engine mtr.Engine
---@field whole boolean its functions take a result
---@field class table the metatable of a trace that is kept strongly, or has ended
---@field member table the metatable of the others
---@field count integer traces under way
---@field calls table<integer, function|mtr.Trace> by place: what to call, or a trace kept strongly
---@field targets table<integer, string> those that are not the text of the address
---@field traces table<integer, mtr.Trace> weak
---@field dropped table stands for a trace that the user has dropped, while its result is made
local Crowd = {}
Crowd.__index = Crowd

-- Asked for each event and not there: found here, so that __index goes no further.
for name in ("on_probe on_reply on_timeout on_hop strategy instances forgotten"):gmatch "%S+" do
  Crowd[name] = false
end
Crowd.raises = true

local function place(handle) return band(handle, PLACES) + 1 end

-- Makes the metatable of traces that are kept weakly. The class sets all their fields.
local function member(class)
  return {
    __index = class.__index,
    __newindex = function(trace, key, value)
      local crowd = M.of(trace)
      crowd.calls[place(trace.handle)] = trace
      setmetatable(trace, class)
      trace[key] = value
    end,
  }
end

--- Returns the crowd of an engine that a trace belongs to: one is for the functions that take a
--- result, one for the others.
---@param trace mtr.Trace its result is false if its function takes none
---@return mtr.Crowd
function M.of(trace)
  local engine, whole = trace.engine, rawget(trace, "result") == nil
  local self = engine.crowds[whole]
  if self then return self end
  local class = getmetatable(trace)
  self = setmetatable({
    engine = engine, whole = whole, class = class, member = member(class), count = 0, calls = {},
    targets = {}, traces = setmetatable({}, { __mode = "v" }), dropped = { engine = engine },
  }, Crowd)
  pending.take(engine, self)
  pending.forget(engine, self)
  engine.crowds[whole] = self
  return self
end

--- Adds a trace that has started with the slot of the crowd as its cookie.
---@param trace mtr.Trace
function Crowd:add(trace)
  local i, count = place(trace.handle), self.count + 1
  self.calls[i], self.traces[i], self.count = trace.on_done, trace, count
  if rawget(trace, "dst") then self.targets[i] = trace.target end
  setmetatable(trace, self.member)
  if count == 1 then pending.remember(self.engine, self) end
end

-- Ends a trace that the user has dropped; returns its result, or nothing.
local function end_dropped(self, handle, target)
  local c, dropped, result = self.engine.c, self.dropped, nil
  if self.whole then
    dropped.handle, dropped.target = handle, target
    result = Result.new(dropped, c)
  end
  C.mtr_release(c, handle)
  return result
end

-- Ends a trace; returns its result, or nothing.
local function settle(self, i, handle)
  local trace, target, count = self.traces[i], self.targets[i], self.count - 1
  self.calls[i], self.traces[i], self.count = false, false, count
  if target then self.targets[i] = nil end
  if count == 0 then pending.forget(self.engine, self) end
  if not trace then return end_dropped(self, handle, target) end
  setmetatable(trace, self.class)
  trace:settle()
  return trace.result
end

--- Takes the DONE event of one of its traces. The user's function is called last and may raise: an
--- xpcall here would keep LuaJIT from compiling a function that branches or loops.
---@param e mtr.Event
function Crowd:ended(e)
  local handle = e.trace
  local i = place(handle)
  local on_done = self.calls[i]
  local result = settle(self, i, handle)
  if type(on_done) == "table" then on_done = on_done.on_done end
  on_done(nil, result or nil)
end

--- Reports the error of a user's function.
---@param text string with traceback
function Crowd:broke(text) self.engine:report(text) end

--- Ends all its traces as "halted", because all traces must end or the engine closes.
function Crowd:halt()
  for _, trace in pairs(self.traces) do
    if trace then trace:halt() end
  end
  C.mtr_stop_all(self.engine.c, self.slot, C.MTR_STOP_HALTED)
end

Crowd.closed = Crowd.halt

return M
