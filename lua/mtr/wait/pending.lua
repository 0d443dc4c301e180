-- SPDX-License-Identifier: MIT
--
-- Slots: small integers that lead from an event to its entry (a trace, a timer, a name lookup). The
-- number of a slot is the cookie that the library returns in each event. A freed number is used
-- again, so a slot may be freed only when no event for it can come any more.
--
-- The free slots are a list: `next_slot` is the first, and `links` has for each the distance from
-- the slot behind it to the next free one: 0 for a slot that was never used. So it is the same work
-- to take a slot whether it was used before or not, and LuaJIT compiles one path for both.

local lib = require "mtr.lib"
local loop = require "mtr.wait.loop"
local scheduler = require "mtr.wait.scheduler"

local M = {}

--- An object in a slot, whose functions the engine calls. Its kind depends on the call of the
--- library that was given the slot as cookie.
---@class mtr.Entry
---@field slot? integer its number, while it has one; set here
---@field forgotten? boolean nobody waits for its events; set here
---@field closed fun(self: mtr.Entry) called when the engine closes: ends what is under way
---@field halt? fun(self: mtr.Entry) called when all traces must end (^C, engine:halt())

--- An entry that has started traces (mtr_start). Its fields on_probe, on_reply, on_timeout and
--- on_hop are its hooks, read for each event; its field strategy is its strategy.
---@class mtr.TraceEntry: mtr.Entry
---@field halt fun(self: mtr.TraceEntry)
---@field hook fun(self: mtr.TraceEntry, fn: function, object: table, e: mtr.Event) calls a hook
---@field broke fun(self: mtr.TraceEntry, text: string) called when its hook or strategy has raised
---@field ended fun(self: mtr.TraceEntry, e: mtr.Event) called for a DONE event

--- An entry that has started traces without hooks and strategies (mtr_start).
---@class mtr.QuietEntry: mtr.Entry
---@field halt fun(self: mtr.QuietEntry)
---@field ended fun(self: mtr.QuietEntry, e: mtr.Event) called for a DONE event; may raise
---@field broke fun(self: mtr.QuietEntry, text: string) called when ended() has raised
---@field raises true

--- An entry that has started a timer (mtr_timer).
---@class mtr.TimerEntry: mtr.Entry
---@field fired fun(self: mtr.TimerEntry) called for its TIMER event

--- An entry that watches a descriptor (mtr_watch).
---@class mtr.WatchEntry: mtr.Entry
---@field ready fun(self: mtr.WatchEntry) called for a READABLE or WRITABLE event

--- An entry that looks a name up (mtr_resolve).
---@class mtr.LookupEntry: mtr.Entry
---@field resolved fun(self: mtr.LookupEntry, e: mtr.Event) called for each address, and at the end

--- An entry that saves a file (mtr_save).
---@class mtr.SaveEntry: mtr.Entry
---@field saved fun(self: mtr.SaveEntry, e: mtr.Event) called for its SAVED event

local ROOM = 64                        -- slots before the links must grow

--- Prepares an engine to give out slots.
---@param engine mtr.Engine
function M.prepare(engine)
  engine.entries, engine.next_slot, engine.work = {}, 1, 0
  engine.links, engine.link_room = lib.new("int32_t[?]", ROOM), ROOM
end

local function grow(engine)
  local links, room = engine.links, engine.link_room
  engine.links, engine.link_room = lib.new("int32_t[?]", room * 2), room * 2
  lib.copy(engine.links, links, room * 4)
end

-- Counts one thing more that is under way.
local function more(engine)
  local work = engine.work
  engine.work = work + 1
  if work > 0 then return end
  loop.keep(engine)
  if engine.watched then loop.changed(engine) end
end

-- Counts one thing less that is under way.
local function less(engine)
  engine.work = engine.work - 1
  if engine.work > 0 then return end
  if engine.watched then loop.changed(engine) end
  loop.let_go(engine)
  local idle = engine.idle
  if idle then
    engine.idle = nil
    scheduler.finish(idle)
  end
end

--- Gives an entry a slot, and writes its number into entry.slot.
---@param engine mtr.Engine
---@param entry mtr.Entry
---@return integer
function M.take(engine, entry)
  local slot = engine.next_slot
  if slot >= engine.link_room then grow(engine) end
  engine.next_slot = slot + 1 + engine.links[slot]
  engine.entries[slot] = entry
  entry.slot, entry.forgotten = slot, nil
  more(engine)
  return slot
end

--- Frees the slot of an entry.
---@param engine mtr.Engine
---@param entry mtr.Entry
function M.free(engine, entry)
  local slot = entry.slot
  if not slot then return end
  entry.slot = nil
  engine.entries[slot] = false
  engine.links[slot] = engine.next_slot - slot - 1
  engine.next_slot = slot
  if not entry.forgotten then less(engine) end
end

--- Notes that nobody waits for the events of an entry any more; they may still come.
---@param engine mtr.Engine
---@param entry mtr.Entry
function M.forget(engine, entry)
  if entry.forgotten or not entry.slot then return end
  entry.forgotten = true
  less(engine)
end

--- Notes that somebody waits for the events of an entry again.
---@param engine mtr.Engine
---@param entry mtr.Entry
function M.remember(engine, entry)
  if not entry.forgotten then return end
  entry.forgotten = nil
  more(engine)
end

return M
