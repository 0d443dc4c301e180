-- SPDX-License-Identifier: MIT
--
-- Takes the targets of a campaign: as many as its window has room for, in batches, after hooks and
-- tasks have run.
--
-- Addresses go to the cohort of the campaign. Names, and all targets of a campaign whose traces
-- need different treatment, become single traces. If the order of targets depends on more than the
-- list (rates of prefixes, priorities, retries), they come from a store. If the engine is
-- full with other traces, the targets that were taken wait until a trace of this campaign has
-- ended, or for a short time.

local xpcall = require "mtr.compat".xpcall
local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local Cohort = require "mtr.campaign.cohort"
local err = require "mtr.base.err"
local options = require "mtr.trace.options"
local scheduler = require "mtr.wait.scheduler"
local timer = require "mtr.wait.timer"
local lanes = require "mtr.campaign.lanes"
local stored = require "mtr.campaign.stored"
local Trace = require "mtr.trace"

local M = {}

-- The options of the trace that starts now.
local t = lib.new "struct mtr_trace"

-- How many traces start before the engine runs again, in a host whose loop must go on, and the ms
-- between two tries when it is full.
local BURST, IN_HOST, RETRY = 4096, 128, 50

-- Returns the options that the user's function makes for a target.
local function made(c, target)
  local ok, opts = xpcall(c.trace, err.traceback, target)
  if ok then return opts end
  c:fail(opts, "ETARGETS")
end

-- Puts a trace into the lanes of its target; those of a name are known only now.
local function into_lanes(c, item)
  return function(opts)
    if not item.address and c.lanes then
      if item.lanes then c.lanes:drop(item.lanes) end
      item.lanes = c.lanes:of(opts.dst, opts.family)
      if item.lanes then lanes.count(item.lanes, 1) end
    end
    lanes.write(opts, item.lanes)
  end
end

local function start_single(c, target, item)
  local opts = c.trace
  if type(opts) == "function" then opts = made(c, target) end
  if c.failure then return end
  local trace, bug, kept = Trace.new(c.engine, target, opts, options.trace, t)
  if not trace then return c:fail(bug, err.BUG) end
  local function over()
    c.singles[trace], c.single_count = nil, c.single_count - 1
    c.lookups:over(trace)
  end
  trace.ids = item and c:ids_of(item) or c.ids
  if item then
    trace.addressed = into_lanes(c, item)
  elseif c.lane then
    function trace.addressed(made_of) made_of.lanes[0] = c.lane end
  end
  function trace.gate(_, go) c.lookups:found(c, trace, go) end
  trace.on_done = function(message, result)
    over()
    if c:unfinished(not result and trace.failure_name or result and result.stop_reason) then
      c.checkpoint:leave(item or target)
    elseif result and item and stored.ended(c, item, result) then
      return c:after()
    elseif result then
      c.tally:count(result.stop_reason, nil, result.probe_count, result.hop_count)
      c:deliver(result)
    else
      c:cannot(target, message, trace.failure_name, item)
    end
    c:after()
  end
  c.singles[trace], c.single_count = item or true, c.single_count + 1
  local ok, message, name = trace:launch(t, kept)
  c.lookups:begun(trace)
  if ok then return c.on_start and c:begun(target, trace) end
  over()
  if name == err.BUG then return c:fail(message, name) end
  c:cannot(target, message, name, item)
end

-- Starts the next target of the store; returns false if none can start now.
local function pull_stored(c)
  local group, item = c.cohort, c.ahead:take()
  if not item then
    if c.ahead:empty() then c.exhausted = true end
    return false
  end
  if not item.address or c.apart then
    start_single(c, item.target, item)
    return true
  end
  lib.copy(group.bytes, item.address, 16)
  local ok, message, name = group:add(item.family, item.zone, item, stored.label(c, item.attempt))
  if not ok then c:cannot(item.target, message, name, item) end
  return true
end

-- Takes one target; returns false if none can start now.
local function pull(c)
  if c.ahead then return pull_stored(c) end
  local group, feed = c.cohort, c.feed
  local kind, what, name = feed:next(group.bytes)
  if not kind then
    c.exhausted = true
    if what then c:fail(what, name) end
    return false
  end
  c.tally.targets = c.tally.targets + 1
  if kind > 0 and addr.unspecified(group.bytes, kind) then
    c:cannot(addr.format(group.bytes, kind), addr.NOBODY, "EINVAL")
  elseif feed.note and feed.note.priority and kind >= 0 then  -- the first one that has a priority
    stored.begin(c)
    c.ahead:put(kind, what, group.bytes, feed.note)
  elseif kind < 0 then
    c:cannot(feed.text, what, what:match "^%u+")
  elseif kind == 0 then
    start_single(c, what)
  elseif c.apart then
    start_single(c, what > 0 and feed.text or addr.format(group.bytes, kind))
  else
    local ok, message
    ok, message, name = group:add(kind, what)
    if not ok then c:cannot(addr.format(group.bytes, kind), message, name) end
  end
  return true
end

local function again(c, ms)
  timer.start(c.engine, ms, function() scheduler.wake(c.pump) end)
end

local function fill(c)
  local group, started, idle = c.cohort, 0, false
  c.lookups:admit(c)
  local burst = c.engine.max_step and IN_HOST or BURST
  while group:start() do
    local room = c.window:room(c)
    if c.exhausted or idle or room <= 0 then return end
    if started >= burst then return again(c, 0) end
    local n = math.min(Cohort.BATCH, room)
    for _ = 1, n do
      idle = not pull(c)
      if c.exhausted or idle then break end
    end
    started = started + n
  end
  if group.in_flight + c.single_count == 0 then again(c, RETRY) end
end

local function protected(c)
  local ok, message = xpcall(fill, err.traceback, c)
  if not ok then c:fail(message, "ETARGETS") end
end

--- Takes targets while there is room.
---@param c mtr.Campaign
function M.run(c)
  if not c.done then scheduler.inside(protected, c) end
end

return M
