-- SPDX-License-Identifier: MIT
--
-- The batch of events of one step, handed out in place.
--
-- This is the hot path: for an event with a hook it fills the engine's one hop, reply or probe and
-- calls the hook; nothing is allocated. Which trace an event belongs to is its cookie. A trace that
-- was stopped earlier in the batch has no hooks any more, so its remaining events pass unseen.

local lib = require "mtr.lib"
local hops = require "mtr.hop"
local probes = require "mtr.probe"
local replies = require "mtr.reply"
local steer = require "mtr.steer"
local turns = require "mtr.turns"

local C = lib.C
local M = {}

local SENT, REPLY, TIMEOUT = C.MTR_EV_SENT, C.MTR_EV_REPLY, C.MTR_EV_TIMEOUT
local HOP, DONE, TIMER = C.MTR_EV_HOP, C.MTR_EV_DONE, C.MTR_EV_TIMER
local NEXT, PACE, PICK = C.MTR_EV_NEXT, C.MTR_EV_PACE, C.MTR_EV_PICK
local READABLE, WRITABLE = C.MTR_EV_READABLE, C.MTR_EV_WRITABLE

local fill_hop, fill_reply, fill_probe = hops.fill, replies.fill, probes.fill
local ask_next, tell_reply, tell_timeout = steer.next, steer.reply, steer.timeout

--- The objects that hooks of this engine are given.
---@param engine mtr.Engine
function M.prepare(engine)
  engine.hop, engine.reply = hops.new(engine.c), replies.new(engine.c)
  engine.probe_sent, engine.probe_lost = probes.new(), probes.new(true)
end

local function one(engine, e, i)
  local kind, entry = e.kind, engine.entries[e.cookie]
  if not entry then
    -- Its slot was given up, it has no one to tell; or it is about all traces.
    if kind == PICK then turns.pick(engine, e.probe) end
  elseif kind == HOP then
    local hook = entry.on_hop
    if hook then
      fill_hop(engine.hop, e)
      entry:hook(hook, engine.hop, e)
    end
  elseif kind == REPLY then
    local hook, strategy = entry.on_reply, entry.strategy
    if hook or strategy then
      fill_reply(engine.reply, e, i)
      if hook then entry:hook(hook, engine.reply, e) end
      if strategy then tell_reply(entry, engine.reply, e) end
    end
  elseif kind == NEXT then
    ask_next(entry, e)
  elseif kind == TIMEOUT then
    local hook, strategy = entry.on_timeout, entry.strategy
    if hook or strategy then
      fill_probe(engine.probe_lost, e)
      if hook then entry:hook(hook, engine.probe_lost, e) end
      if strategy then tell_timeout(entry, engine.probe_lost) end
    end
  elseif kind == SENT then
    local hook = entry.on_probe
    if hook then
      fill_probe(engine.probe_sent, e)
      entry:hook(hook, engine.probe_sent, e)
    end
  elseif kind == DONE then
    entry:ended(e)
  elseif kind == PACE then
    steer.pace(entry)
  elseif kind == TIMER then
    entry:fired()
  elseif kind == READABLE or kind == WRITABLE then
    entry:ready()
  else
    entry:resolved(e)
  end
end

--- Hands out the first n events. A single one goes without a loop: LuaJIT compiles no loop around
--- one that runs once.
---@param engine mtr.Engine
---@param n integer
function M.batch(engine, n)
  local events = C.mtr_events(engine.c)
  if n == 1 then return one(engine, events[0], 0) end
  for i = 0, n - 1 do one(engine, events[i], i) end
end

return M
