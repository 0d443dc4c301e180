-- SPDX-License-Identifier: MIT
--
-- A cohort: many traces with the same options, which share one slot. None of them has a Lua object.
--
-- The options are checked once, and the traces start in batches. Their hooks are called with one
-- borrowed trace, and the owner gets one borrowed result at the end of each. If something must be
-- remembered of a trace (a hook stopped it, or failed), a mark is kept by its handle until its end.

local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local borrowed = require "mtr.campaign.borrowed"
local err = require "mtr.base.err"
local ids = require "mtr.record.ids"
local words = require "mtr.record.words"
local instances = require "mtr.strategy.instances"
local lanes = require "mtr.campaign.lanes"
local options = require "mtr.trace.options"
local request = require "mtr.trace.request"
local pending = require "mtr.wait.pending"
local admit = require "mtr.trace.admit"

local C = lib.C
local M = {}

M.BATCH = 64

---@class mtr.Cohort: mtr.TraceEntry
---@field engine mtr.Engine
---@field in_flight integer
---@field strategy? mtr.Strategy|function of all its traces
---@field instances? mtr.Instances
---@field items table<integer, mtr.StoredTarget>|false by place in the batch
---@field by_handle table<integer, mtr.StoredTarget>|false of traces under way
---@field bytes ffi.cdata* the caller writes the next address here, before add()
local Cohort = {}
Cohort.__index = Cohort

local SIZE = lib.sizeof "struct mtr_trace"
local info = lib.new "struct mtr_info"

--- Makes a cohort, which has a slot of its engine until close().
---@param engine mtr.Engine
---@param opts? mtr.TraceOptions
---@param owner table has ids (of its results, or nil), ended(result, e), after() (called when the
---trace was released), refused(t, message, name) and halt(); if it has on_start, begun(target);
---it may have lane, the number of a lane of the engine for all its traces
---@param whole boolean true if results are wanted
---@return mtr.Cohort?
---@return string? message, string? name err.BUG: a caller's bug
function M.new(engine, opts, owner, whole)
  local model = lib.new "struct mtr_trace"
  local kept, bug = request.fill(options.trace, opts, model)
  if not kept then return nil, bug, err.BUG end
  local ok, message, name = request.bind(engine.c, model, kept)
  if not ok then return nil, message, name end
  model.label, message, name = ids.label(engine.c, owner.ids)
  if not model.label then return nil, message, name end
  local self = setmetatable({
    engine = engine, owner = owner, model = model, kept = kept,
    on_probe = kept.on_probe or false, on_reply = kept.on_reply or false,
    on_timeout = kept.on_timeout or false, on_hop = kept.on_hop or false,
    strategy = kept.strategy or false, instances = false,
    batch = lib.new("struct mtr_trace[?]", M.BATCH), first = 0, count = 0,
    items = false, by_handle = false, bytes = lib.new "uint8_t[16]", in_flight = 0,
    marks = {}, marked = 0,
  }, Cohort)
  self.trace = borrowed.trace(self, kept.data)
  self.result = borrowed.result(engine, kept.data, owner.ids)
  if kept.strategy then
    self.instances = instances.new(self.trace, kept.strategy)
    self.trace.group = self.instances
    model.flags = model.flags + C.MTR_STRATEGY
  end
  if owner.lane then model.lanes[0] = owner.lane end
  model.cookie = pending.take(engine, self)
  model.want = admit.wants(self, engine.debug, whole)
  return self
end

--- Adds the address in `bytes` to the traces to start; there is room for BATCH of them.
---@param family integer
---@param zone integer
---@param item? mtr.StoredTarget whose address it is
---@param label? integer of this trace, if it differs
---@return true?
---@return string? message, string? name why it must not be probed
function Cohort:add(family, zone, item, label)
  local ok, message, name = admit.permit(self.engine, self.kept, family, self.bytes)
  if not ok then return nil, message, name end
  local t = self.batch[self.count]
  lib.copy(t, self.model, SIZE)
  lib.copy(t.dst, self.bytes, 16)
  t.family = family
  if zone > 0 then t.interface = zone end
  if item then
    t.label = label
    lanes.write(t, item.lanes)
    self.items, self.by_handle = self.items or {}, self.by_handle or {}
    self.items[self.count] = item
  end
  self.count = self.count + 1
  return true
end

-- Takes the stored target of a place in the batch.
local function take_item(self, i)
  local item = self.items and self.items[i]
  if item then self.items[i] = nil end
  return item or nil
end

-- Notes which stored targets are under way now.
local function note_items(self, from, n)
  for i = from, from + n - 1 do
    local item = take_item(self, i)
    if item then self.by_handle[self.batch[i].handle] = item end
  end
end

--- Starts the traces that were added. Calls owner:refused() for a trace that cannot start.
---@return boolean all false if the engine takes no more now; the rest waits for the next call
function Cohort:start()
  local engine, batch = self.engine, self.batch
  while self.first < self.count do
    local n = C.mtr_start(engine.c, batch + self.first, self.count - self.first)
    if n > 0 then
      if self.instances then
        for i = self.first, self.first + n - 1 do self.instances:started(batch[i]) end
      end
      local from = self.first
      if self.items then note_items(self, from, n) end
      self.first, self.in_flight = from + n, self.in_flight + n
      if self.owner.on_start then self:begun(from, n) end
    elseif n == -err.code.EAGAIN then
      return false
    else
      local t = batch[self.first]
      self.first = self.first + 1
      local _, message, name = admit.refusal(engine, n, t.family, t.dst)
      self.owner:refused(t, message, name, take_item(self, self.first - 1))
    end
  end
  self.first, self.count = 0, 0
  return true
end

-- Tells the owner that `n` traces of the batch have started.
function Cohort:begun(from, n)
  for i = from, from + n - 1 do
    local t = self.batch[i]
    self.owner:begun(addr.format(t.dst, t.family))
  end
end

--- Calls fn for each trace that was added and has not started.
---@param fn fun(t: ffi.cdata*, item: mtr.StoredTarget?) gets its struct mtr_trace
function Cohort:waiting(fn)
  for i = self.first, self.count - 1 do
    fn(self.batch[i], self.items and self.items[i] or nil)
  end
end

--- Keeps a mark for a trace, and ends the trace.
---@param handle integer
---@param mark { stop_reason: string, stop_data: integer, error?: string }
---@param ttl? integer the last hop of the result; default: the highest that answered
function Cohort:mark(handle, mark, ttl)
  local c = self.engine.c
  if not c or C.mtr_describe(c, handle, info) < 0 then return end
  if not self.marks[handle] then self.marked = self.marked + 1 end
  self.marks[handle] = mark
  if self.instances then self.instances:over(handle) end
  C.mtr_stop(c, handle, words.stop[mark.stop_reason], mark.stop_data, ttl or 0)
end

--- Reports an error of user code (a hook or the strategy), and ends the trace that it was called
--- for.
---@param text string with traceback
function Cohort:broke(text)
  self.engine:report(text)
  self:mark(self.trace.handle, { stop_reason = "error", stop_data = 0, error = text })
end

--- Calls a hook, like Trace:hook of mtr.trace.
---@param fn function
---@param object table
---@param e mtr.Event
function Cohort:hook(fn, object, e)
  local trace, handle = self.trace, e.trace
  if self.marked > 0 and self.marks[handle] then return end
  trace.handle = handle
  local value = fn(trace, object)
  if value and err.stops(value) then trace:stop() end
end

--- Takes the DONE event of one of its traces.
---@param e mtr.Event
function Cohort:ended(e)
  local handle, mark = e.trace, nil
  if self.marked > 0 then
    mark = self.marks[handle]
    if mark then self.marks[handle], self.marked = nil, self.marked - 1 end
  end
  self.in_flight = self.in_flight - 1
  if self.instances then self.instances:ended(handle) end
  local item = self.by_handle and self.by_handle[handle]
  if item then self.by_handle[handle] = nil end
  borrowed.fill(self.result, handle, mark, item and self.owner:ids_of(item))
  self.owner:ended(self.result, e, item)
  C.mtr_release(self.engine.c, handle)
  self.owner:after()
end

--- Ends all its traces as "halted"; forgets those that were added and not started.
function Cohort:stop()
  self.on_probe, self.on_reply, self.on_timeout, self.on_hop = false, false, false, false
  self.first, self.count = 0, 0
  if self.items then self.items = {} end
  C.mtr_stop_all(self.engine.c, self.slot, C.MTR_STOP_HALTED)
end

--- Ends the cohort, because all traces must end or the engine closes.
function Cohort:halt() self.owner:halt() end
Cohort.closed = Cohort.halt

--- Frees its slot, when none of its traces is under way any more.
function Cohort:close() pending.free(self.engine, self) end

return M
