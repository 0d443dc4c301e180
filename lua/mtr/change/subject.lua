-- SPDX-License-Identifier: MIT
--
-- One target that is watched: what is known of it, and what a round finds.
--
-- At first its path is learned by whole traces of several flows: the first flow is the one that is
-- watched, and where the others answer from other addresses, these are equal-cost alternatives. A
-- round then only looks (mtr.change.look). If that differs, whole traces of all these flows follow.
-- The path has changed if the watched flow takes another one, and the old address of a hop that
-- differs does not answer any of the flows there: otherwise it is a further alternative. A target
-- is unreachable when two rounds have not reached it. While it is, or if it never answered, every
-- tenth round is a whole trace.

local look = require "mtr.change.look"
local path = require "mtr.change.path"
local shift = require "mtr.change.shift"

local LOST, WHOLE_EVERY = 2, 10

local M = {}

---@class mtr.Subject
---@field target string as it was given
---@field dst? string its address; it stays the same from the first round on
---@field known? mtr.KnownPath nil: nothing is known yet
---@field reachable? boolean
---@field lost integer rounds in a row that have not reached it
---@field since? number unix seconds: since when it is reachable, or not
---@field rounds integer
---@field changes integer of its path
---@field shifts integer of its RTT
---@field rtt? number ms, of the last round; nil: it has not answered
---@field probes integer
---@field level mtr.Shift
local Subject = {}
Subject.__index = Subject

--- Makes a subject, also from what save() has returned.
---@param target string
---@param saved? table
---@return mtr.Subject
function M.new(target, saved)
  saved = saved or {}
  return setmetatable({
    target = target, dst = saved.dst, known = saved.known, reachable = saved.reachable,
    lost = saved.lost or 0, since = saved.since, rounds = saved.rounds or 0,
    changes = saved.changes or 0, shifts = saved.shifts or 0, probes = 0,
    level = shift.new(saved.level),
  }, Subject)
end

--- Returns plain data for new().
---@return table
function Subject:save()
  return { target = self.target, dst = self.dst, known = self.known, reachable = self.reachable,
    lost = self.lost, since = self.since, rounds = self.rounds, changes = self.changes,
    shifts = self.shifts, level = self.level:save() }
end

---@class mtr.WatchContext what a round needs
---@field trace fun(dst: string, more: table): mtr.Result?, string?, string? traces with its options
---@field flow integer the flow that is watched
---@field flows integer flows to learn alternatives with, the watched one included
---@field event fun(subject: mtr.Subject, event: table) gets each event

-- Traces the whole path with one flow.
local function whole(self, context, flow)
  local result, message, name = context.trace(self.dst or self.target, { flow = flow })
  if not result then return nil, message, name end
  self.dst, self.now = self.dst or result.dst, result.start
  self.probes = self.probes + result.probe_count
  return result
end

-- Traces the whole path with all flows: returns the path of the watched one, and that of all
-- together.
local function survey(self, context, first)
  local seen = path.of(first)
  local all = path.of(first)
  for i = 1, context.flows - 1 do
    local result, message, name = whole(self, context, context.flow + i)
    if not result then return nil, message, name end
    path.merge(all, path.of(result))
  end
  return seen, all
end

local function usual(known)
  local list = {}
  for ttl, addrs in ipairs(known.hops) do list[ttl] = addrs[1] or "*" end
  return list
end

-- Notes whether the target was reached, and makes an event when that has changed.
local function reach(self, context, reached, result)
  local was, since = self.reachable, self.since
  self.lost = reached and 0 or self.lost + 1
  if reached == was or not reached and was ~= nil and self.lost < LOST then return end
  self.reachable, self.since = reached, self.now
  if was == nil then return end
  if reached then
    return context.event(self, { event = "reachable", after = since and self.now - since })
  end
  local last = result and path.of(result).hops or {}
  local event = { event = "unreachable", stop_reason = result and result.stop_reason }
  for ttl, addrs in ipairs(last) do
    if addrs[1] then event.last_ttl, event.last_addr = ttl, addrs[1] end
  end
  context.event(self, event)
end

-- Learns the path of a target that nothing is known of.
local function learn(self, context)
  local result, message, name = whole(self, context, context.flow)
  if not result then return nil, message, name end
  local seen, all, code = survey(self, context, result)
  if not seen then return nil, all, code end
  self.known = all
  reach(self, context, seen.length ~= nil, result)
  self.rtt = seen.length and result.hops[seen.length].rtt or nil
  context.event(self, { event = "first", path = usual(seen), reachable = self.reachable })
  return true
end

-- Returns true if the old address of each hop that differs still answers there.
local function alternatives(known, seen, all)
  if known.length ~= seen.length then return false end
  for ttl, addrs in ipairs(seen.hops) do
    if addrs[1] and path.strange(known, ttl, addrs[1]) then
      local old = { hops = { all.hops[ttl] } }
      if path.strange(old, 1, known.hops[ttl][1]) then return false end
    end
  end
  return true
end

-- Compares a whole trace with what is known.
local function compare(self, context, result)
  local known, seen = self.known, path.of(result)
  if not path.differs(known, seen) then
    if not known.length then known.length = seen.length end
    path.merge(known, seen)
    return true
  end
  local mine, all, name = survey(self, context, result)
  if not mine then return nil, all, name end
  if alternatives(known, seen, all) then
    path.merge(known, all)
    return true
  end
  local changes = path.changes(known, seen)
  local before = usual(known)
  self.known = path.after(known, seen)
  path.merge(self.known, all)
  if seen.length then self.level:reset() end
  if not changes[1] then return true end
  self.changes = self.changes + 1
  context.event(self, { event = "path", changes = changes, before = before,
    path = usual(self.known) })
  return true
end

local function rtt_of(self, context, rtt)
  self.rtt = rtt
  local moved = rtt and self.level:add(rtt)
  if not moved then return end
  self.shifts = self.shifts + 1
  context.event(self, { event = "rtt", from = moved.from, to = moved.to })
end

--- Runs one round; gives what has changed to context.event.
---@async
---@param context mtr.WatchContext
---@return true?
---@return string? message, string? name if the target cannot be traced
function Subject:round(context)
  self.rounds = self.rounds + 1
  if not self.known then return learn(self, context) end
  local strategy, seen = look.strategy(self.known, context.flow)
  local result, message, name = context.trace(self.dst, { strategy = strategy,
    flow = context.flow })
  if not result then return nil, message, name end
  self.now, self.probes = result.start, self.probes + seen.probes
  local down = not seen.reached
  local again = self.reachable and down or down and self.rounds % WHOLE_EVERY == 0
  if seen.strange or again then
    result, message, name = whole(self, context, context.flow)
    if not result then return nil, message, name end
    local ok
    ok, message, name = compare(self, context, result)
    if not ok then return nil, message, name end
    down = result.stop_reason ~= "completed"
  end
  reach(self, context, not down, result)
  rtt_of(self, context, seen.rtt)
  return true
end

return M
