-- SPDX-License-Identifier: MIT
--
-- The instances of a strategy: one table for each trace, made when the trace first needs a probe.
--
-- A single trace (mtr.trace) refers to its instance. The instances of a cohort
-- (mtr.campaign.cohort) are in a list here, by the number in the handles of their traces. They all
-- get the one borrowed trace of the cohort: turn() makes it the trace of an event, before
-- mtr.strategy.runner runs the strategy. If a strategy has `reuse`, an instance is used again after
-- its trace has ended, so there are never more instances than traces in flight.

local bit = require "mtr.compat".bit
local lib = require "mtr.lib"
local words = require "mtr.record.words"
local script = require "mtr.strategy.script"
local new_table = require "mtr.compat".new_table

local C = lib.C
local band = bit.band
local NUMBER = bit.lshift(1, C.MTR_HANDLE_BITS) - 1
local NEW, RUNNING, OVER = 0, 1, 2
local ROOM = 15                        -- fields of an instance before its table must grow

local M = {}

local FIELDS = {
  "family", "least", "first_ttl", "max_ttl", "window", "queries", "attempts", "gap_limit",
  "loop_limit", "flow", "size", "timeout", "max_probes",
}

--- The options in force of a trace with a strategy: see mtr.TraceOptions; also `family`, and
--- `least`, the bytes of the smallest packet. Traces with equal options share one table: do not
--- change it.
---@alias mtr.ForceOptions table<string, number|string>

-- The tables of options, by the bytes of struct mtr_trace that they are made from.
local known, count, LIMIT = {}, 0, 1000
local FROM = lib.offsetof("struct mtr_trace", "timeout")
local TO = lib.offsetof("struct mtr_trace", "dst")

--- Returns the options in force of a trace that the library has started.
---@param t ffi.cdata* struct mtr_trace
---@return mtr.ForceOptions
function M.options(t)
  local key = lib.string(lib.cast("const char *", t) + FROM, TO - FROM)
  local options = known[key]
  if options then return options end
  options = { protocol = words.protocol[t.protocol], multipath = words.multipath[t.multipath] }
  for _, name in ipairs(FIELDS) do options[name] = t[name] end
  if count == LIMIT then known, count = {}, 0 end
  known[key], count = options, count + 1
  return options
end

-- Makes an instance for a trace, or uses `old` again. An instance that is a table inherits by
-- `meta`.
local function make(s, trace, meta, old)
  if type(s) == "function" then return script.new(trace, s) end
  local instance = s.reuse and old or s.create and s.create(trace) or new_table(0, ROOM)
  if instance ~= old and type(instance) == "table" then setmetatable(instance, meta) end
  return s.run and script.new(trace, s.run, instance) or instance
end

-- Maps each strategy to the metatable of its instances of single traces. The values are weak too,
-- because each refers to its key.
local metas = setmetatable({}, { __mode = "kv" })

-- Instances of ended single traces, to use again: by the options in force and the strategy.
local spare, kept, SPARES = {}, 0, 1000

local function spares(options, s)
  local by = spare[options]
  if not by then
    by = {}
    spare[options] = by
  end
  local list = by[s]
  if not list then
    list = {}
    by[s] = list
  end
  return list
end

-- Takes an instance to use again, or returns nil.
local function again(trace, s)
  local list = spares(trace.options, s)
  local n = #list
  local old = list[n]
  list[n], trace.base = nil, s
  if old then kept = kept - 1 end
  return old
end

--- Returns a new instance of strategy `s` for a single trace.
---@param trace mtr.Trace
---@param s mtr.Strategy|function
---@return mtr.Strategy
function M.single(trace, s)
  local old = nil
  local meta = nil
  if type(s) == "table" then
    meta = metas[s] or { __index = s }
    metas[s] = meta
    if s.reuse then old = again(trace, s) end
  end
  local instance = make(s, trace, meta, old)
  if type(instance) == "table" and instance.trace ~= trace then instance.trace = trace end
  return instance
end

--- Releases the instance of a single trace that has ended.
---@param trace mtr.Trace
function M.release(trace)
  local s, base = trace.strategy, trace.base
  if script.release(s) or not base then return end
  if type(s) == "table" then s.trace = nil end
  if kept == SPARES then spare, kept = {}, 0 end -- they may be of options that nobody uses now
  local list = spares(trace.options, base)
  list[#list + 1], kept = s, kept + 1
  trace.strategy = nil
end

--- Frees what is kept to be used again.
function M.forget()
  spare, kept = {}, 0
  script.forget()
end

---@class mtr.Instances
---@field trace mtr.BorrowedTrace
local Instances = {}
Instances.__index = Instances

--- Makes the list of the instances of a cohort.
---@param trace mtr.BorrowedTrace
---@param s mtr.Strategy|function
---@return mtr.Instances
function M.new(trace, s)
  local base = { trace = trace }
  if type(s) == "table" then setmetatable(base, { __index = s }) end
  return setmetatable({
    trace = trace, strategy = s, meta = { __index = base }, list = {}, options = {},
    states = lib.new("uint8_t[?]", 64), families = lib.new("uint8_t[?]", 64), room = 64,
    unsent = {}, unsent_count = 0, mixed = false,
  }, Instances)
end

local function grow(self, number)
  local states, families, room = self.states, self.families, self.room
  while number >= self.room do self.room = self.room * 2 end
  self.states, self.families = lib.new("uint8_t[?]", self.room), lib.new("uint8_t[?]", self.room)
  lib.copy(self.states, states, room)
  lib.copy(self.families, families, room)
end

--- Notes that the library has started a trace of the cohort.
---@param t ffi.cdata* struct mtr_trace
function Instances:started(t)
  local number = band(t.handle, NUMBER)
  if number >= self.room then grow(self, number) end
  if self.families[number] ~= t.family then self.list[number + 1] = false end
  self.states[number], self.families[number] = NEW, t.family
  if self.options[t.family] then return end
  local options = M.options(t)
  self.options[t.family] = options
  self.mixed, self.trace.options = self.trace.options ~= false, options
end

--- Makes the borrowed trace that of an event. A function and not a method: one lookup less per
--- event.
---@param self mtr.Instances
---@param handle integer
---@return mtr.BorrowedTrace
function M.turn(self, handle)
  local trace, number = self.trace, band(handle, NUMBER)
  local state = self.states[number]
  trace.handle, trace.state = handle, state == OVER and "stopping" or "running"
  if self.mixed then trace.options = self.options[self.families[number]] end
  trace.begun = state ~= NEW
  trace.strategy = self.list[number + 1]
  return trace
end

--- Makes the instance of the current trace, which is asked for the first time.
---@param trace mtr.BorrowedTrace
---@return mtr.Strategy
function Instances:make(trace)
  local number = band(trace.handle, NUMBER)
  local instance = make(self.strategy, trace, self.meta, self.list[number + 1])
  self.states[number], self.list[number + 1] = RUNNING, instance
  return instance
end

--- Keeps the probe that a trace could not send yet, until recall() when the trace is asked again.
---@param trace mtr.BorrowedTrace
function Instances:keep(trace)
  self.unsent[trace.handle], self.unsent_count = trace.unsent, self.unsent_count + 1
  trace.unsent = false
end

--- Gives a trace the unsent probe that was kept for it, if there is one.
---@param trace mtr.BorrowedTrace
function Instances:recall(trace)
  local probe = self.unsent[trace.handle]
  if not probe then return end
  self.unsent[trace.handle], self.unsent_count = nil, self.unsent_count - 1
  trace.unsent = probe
end

--- Notes that a trace must end: its strategy is not asked any more.
---@param handle integer
function Instances:over(handle)
  self.states[band(handle, NUMBER)] = OVER
  if self.trace.handle == handle then self.trace.state = "stopping" end
end

--- Releases the instance of a trace that has ended.
---@param handle integer
function Instances:ended(handle)
  local at = band(handle, NUMBER) + 1
  local instance = self.list[at]
  if self.unsent[handle] then
    self.unsent[handle], self.unsent_count = nil, self.unsent_count - 1
  end
  if instance and (script.release(instance) or not instance.reuse) then self.list[at] = false end
end

return M
