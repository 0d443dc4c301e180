-- SPDX-License-Identifier: MIT
--
-- Hands out the batch of events of one step, in place.
--
-- This is the hot path. For an event with a hook it fills the hop, reply or probe of the engine and
-- calls the hook; it allocates nothing. The cookie of an event leads to its trace. A trace that was
-- stopped earlier in the batch has no hooks any more, so its other events are ignored.
--
-- One xpcall is around the whole batch, and engine.event says which event is handled. With an
-- xpcall for each hook, LuaJIT could not compile a hook that branches or loops.

local xpcall = require "mtr.compat".xpcall
local lib = require "mtr.lib"
local err = require "mtr.base.err"
local Hop = require "mtr.record.hop"
local Probe = require "mtr.record.probe"
local Reply = require "mtr.record.reply"
local runner = require "mtr.strategy.runner"
local pick = require "mtr.engine.pick"
local instances = require "mtr.strategy.instances"

local C = lib.C
local traceback = err.traceback
local M = {}

local SENT, REPLY, TIMEOUT = C.MTR_EV_SENT, C.MTR_EV_REPLY, C.MTR_EV_TIMEOUT
local HOP, DONE, TIMER = C.MTR_EV_HOP, C.MTR_EV_DONE, C.MTR_EV_TIMER
local NEXT, PACE, PICK = C.MTR_EV_NEXT, C.MTR_EV_PACE, C.MTR_EV_PICK
local SAVED = C.MTR_EV_SAVED
local READABLE, WRITABLE = C.MTR_EV_READABLE, C.MTR_EV_WRITABLE

local fill_hop, fill_reply, fill_probe = Hop.fill, Reply.fill, Probe.fill
local ask_next, pass_reply, pass_timeout = runner.next, runner.reply, runner.timeout
local turn = instances.turn

--- Makes the objects that the hooks of an engine get.
---@param engine mtr.Engine
function M.prepare(engine)
  engine.hop, engine.reply = Hop.new(engine.c), Reply.new(engine.c)
  engine.probe_sent, engine.probe_lost = Probe.new(), Probe.new(true)
end

-- Returns the trace of an event that goes to a strategy.
local function steered(entry, handle)
  local group = entry.instances
  return group and turn(group, handle) or entry
end

local function ask(entry, handle, at, places)
  local trace, group = steered(entry, handle), entry.instances
  if group and group.unsent_count > 0 then group:recall(trace) end
  ask_next(trace, at, places)
  if group and trace.unsent then group:keep(trace) end
end

local function other(engine, entry, kind, e)
  if kind == HOP then
    local hook = entry.on_hop
    if hook then
      fill_hop(engine.hop, e)
      entry:hook(hook, engine.hop, e)
    end
  elseif kind == TIMEOUT then
    local hook, strategy = entry.on_timeout, entry.strategy
    if hook or strategy then
      fill_probe(engine.probe_lost, e)
      if hook then entry:hook(hook, engine.probe_lost, e) end
      if strategy then pass_timeout(steered(entry, e.trace), engine.probe_lost) end
    end
  elseif kind == SENT then
    local hook = entry.on_probe
    if hook then
      fill_probe(engine.probe_sent, e)
      entry:hook(hook, engine.probe_sent, e)
    end
  elseif kind == DONE then
    return entry:ended(e)
  elseif kind == PACE then
    runner.pace(entry)
  elseif kind == TIMER then
    entry:fired()
  elseif kind == READABLE or kind == WRITABLE then
    entry:ready()
  elseif kind == SAVED then
    entry:saved(e)
  else
    entry:resolved(e)
  end
end

-- No variable refers to the event while a strategy is called. Otherwise LuaJIT would allocate an
-- object for the event each time that the strategy leaves compiled code.
local function one(engine, events, i)
  local kind, entry = events[i].kind, engine.entries[events[i].cookie]
  if not entry then
    -- Its slot was freed, so nobody needs it; or it is PICK, which is about all traces.
    if kind == PICK then pick.pick(engine, events[i].probe) end
  elseif kind == REPLY then
    local hook, strategy = entry.on_reply, entry.strategy
    if hook or strategy then
      fill_reply(engine.reply, events, i)
      if hook then entry:hook(hook, engine.reply, events[i]) end
      if strategy then pass_reply(steered(entry, events[i].trace), engine.reply) end
    end
  elseif kind == NEXT then
    return ask(entry, events[i].trace, events[i].at, events[i].ttl)
  else
    return other(engine, entry, kind, events[i])
  end
end

-- A single event goes without a loop: LuaJIT compiles no loop around one that runs once.
local function each(engine, events, first, last)
  if first == last then
    engine.event = first
    return one(engine, events, first)
  end
  for i = first, last do
    engine.event = i
    one(engine, events, i)
  end
end

-- True if an error while an event was handled is one of the user's code for its entry.
local function at_fault(entry, kind)
  return kind <= HOP or kind == NEXT or kind == DONE and entry.raises
end

--- Hands out the events from number `first`, counted from 0, to the one before number `n`. An error
--- in a hook or a strategy goes to its trace; the events after it are still handed out.
---@param engine mtr.Engine
---@param n integer
---@param first? integer default 0
function M.batch(engine, n, first)
  local events = C.mtr_events(engine.c)
  first = first or 0
  while first < n do
    local ok, problem = xpcall(each, traceback, engine, events, first, n - 1)
    if ok then return end
    local e = events[engine.event]
    local entry = engine.entries[e.cookie]
    if not (entry and at_fault(entry, e.kind)) then error(problem, 0) end
    entry:broke(problem)
    first = engine.event + 1
  end
end

return M
