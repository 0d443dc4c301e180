-- SPDX-License-Identifier: MIT
--
-- The small integers by which events find what they belong to: a trace, a timer, a name lookup.
-- A slot's number is the cookie that the library hands back in each event. A freed number is used
-- again, so a slot is freed only when no event of it can still come.

local scheduler = require "mtr.wait.scheduler"

local M = {}

--- What stands in a slot: the engine calls these functions of it. What kind of entry it is follows
--- from what was asked of the library with its slot as the cookie.
---@class mtr.Entry
---@field slot? integer while it has one; written here
---@field forgotten? boolean nothing waits for its events; written here
---@field closed fun(self: mtr.Entry) the engine closes: it ends what it has under way
---@field halt? fun(self: mtr.Entry) all traces are to end, after ^C or by engine:halt()

--- An entry that has started traces (mtr_start). Its hooks stand in on_probe, on_reply, on_timeout
--- and on_hop, and are read anew for each event; its strategy stands in strategy.
---@class mtr.TraceEntry: mtr.Entry
---@field halt fun(self: mtr.TraceEntry)
---@field hook fun(self: mtr.TraceEntry, fn: function, object: table, e: mtr.Event) calls a hook
---@field broke fun(self: mtr.TraceEntry, text: string) a hook or strategy of it has raised an error
---@field ended fun(self: mtr.TraceEntry, e: mtr.Event) a DONE event

--- An entry that has started a timer (mtr_timer).
---@class mtr.TimerEntry: mtr.Entry
---@field fired fun(self: mtr.TimerEntry) its TIMER event

--- An entry that watches a descriptor (mtr_watch).
---@class mtr.WatchEntry: mtr.Entry
---@field ready fun(self: mtr.WatchEntry) a READABLE or WRITABLE event

--- An entry that looks a name up (mtr_resolve).
---@class mtr.LookupEntry: mtr.Entry
---@field resolved fun(self: mtr.LookupEntry, e: mtr.Event) an address, or the end of the answer

-- One thing less is under way.
local function less(engine)
  engine.work = engine.work - 1
  local idle = engine.idle
  if engine.work == 0 and idle then
    engine.idle = nil
    scheduler.finish(idle)
  end
end

--- Gives an entry a number, in entry.slot.
---@param engine mtr.Engine
---@param entry mtr.Entry
---@return integer
function M.take(engine, entry)
  local vacant = engine.vacant
  local slot = vacant[#vacant]
  if slot then
    vacant[#vacant] = nil
  else
    slot = #engine.entries + 1
  end
  engine.entries[slot] = entry
  entry.slot, entry.forgotten = slot, nil
  engine.work = engine.work + 1
  return slot
end

--- Takes the number back.
---@param engine mtr.Engine
---@param entry mtr.Entry
function M.free(engine, entry)
  local slot = entry.slot
  if not slot then return end
  entry.slot = nil
  engine.entries[slot] = false
  engine.vacant[#engine.vacant + 1] = slot
  if not entry.forgotten then less(engine) end
end

--- Its events may still come, but nothing waits for them any more.
---@param engine mtr.Engine
---@param entry mtr.Entry
function M.forget(engine, entry)
  if entry.forgotten or not entry.slot then return end
  entry.forgotten = true
  less(engine)
end

--- Something waits for its events again.
---@param engine mtr.Engine
---@param entry mtr.Entry
function M.remember(engine, entry)
  if not entry.forgotten then return end
  entry.forgotten = nil
  engine.work = engine.work + 1
end

return M
