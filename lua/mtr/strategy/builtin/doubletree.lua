-- SPDX-License-Identifier: MIT
--
-- Doubletree (Donnet and others, 2005). Paths from one source form a tree, and paths to one network
-- form another, so known parts are not probed again. It starts at TTL `h` and goes forward to the
-- target, or to a hop in the global stop set: hops that were seen on a path to the same prefix, of
-- `prefix` (IPv4, default 24) or `prefix6` (IPv6, default 48) bits.
-- Then it goes backward from h - 1 to the source, or to a hop in the local stop set: all hops that
-- were seen from this source.
--
--     local state = mtr.strategy.doubletree.new_state()
--     mtr.trace(dst, { strategy = mtr.strategy.doubletree { state = state, h = 8 } })
--
-- Traces that share a state share the sets; a trace without a state has separate sets. The stop
-- reason is "gss" if the global set ended the forward part; otherwise the reason of the target or
-- an unreachable; otherwise "lss" if the local set ended the backward part. result.doubletree has
-- both ends. It misses hops where the paths of one source are not a tree: behind a load balancer.

---@class mtr.Strategies
---@field doubletree mtr.BuiltIn forward and backward from a middle TTL; traces share stop sets

local addr = require "mtr.base.addr"
local err = require "mtr.base.err"
local lib = require "mtr.lib"
local prefix = require "mtr.base.prefix"

local M = { name = "doubletree", state = false, h = 8, prefix = 24, prefix6 = 48 }

local bytes = lib.new "uint8_t[16]"

--- Makes stop sets to share: any table with the tables `global` and `near`. If it has a function
--- `added`, that is called with the key of a prefix and the address of each hop that is added to
--- the global set of this prefix, so that a program can pass them on to others. If it has `rates`,
--- of mtr.strategy.builtin.parts.router_rates, probes to routers that limit their answers wait.
function M.new_state() return { global = {}, near = {} } end

-- Returns the prefix of an address as a key.
local function key_of(self, dst)
  local family = addr.parse(dst, bytes)
  local name = family == 6 and "prefix6" or "prefix"
  local length, full = self[name], prefix.FULL[family]
  if type(length) ~= "number" or length % 1 ~= 0 or length < 0 or length > full then
    error(("doubletree: %s must be 0..%d, got %s"):format(name, full, err.show(length)), 0)
  end
  prefix.clear(bytes, length)
  return ("%s/%d"):format(addr.format(bytes, family), length)
end

function M:init(trace)
  local o = trace.options
  self.sets = self.state or M.new_state()
  self.o, self.forward, self.gap, self.tries, self.mine = o, true, 0, 0, {}
  self.probe = { ttl = math.max(o.first_ttl, math.min(self.h, o.max_ttl)) }
  self.start = self.probe.ttl
  self.dst, self.src = trace.dst, trace.src
  local key = key_of(self, trace.dst)
  self.key, self.seen = key, self.sets.global[key] or {}
  self.sets.global[key] = self.seen
  self.rates, self.from, self.first = self.sets.rates, self.start - 1, self.start
end

-- Returns the ms for which the next probe waits, for the router that is expected to answer.
local function rest(self, now)
  if not self.due then
    self.due = now + self.rates:wait(self.forward, self.from, self.o.timeout * self.o.attempts)
  end
  return self.due - now
end

function M:next(now)
  if self.out then return nil end
  if self.rates then
    local wait = rest(self, now)
    if wait > 0 then return nil, wait end
    self.due = nil
  end
  self.out = true
  return self.probe
end

-- Tells the table of rates how a hop answered: `at`, after self.tries probes without an answer; or
-- nil, if none was answered. The missing answers count only if a hop farther from the source
-- answered its first probe: else they may have been lost on the way.
local function note(self, at)
  local rates, missed = self.rates, self.tries
  local router = at or rates:expected(self.forward, self.from)
  if at then rates:answered(self.forward, self.from, at) end
  if not self.forward then
    if self.clean and router then rates:missed(router, missed) end
  else
    if self.suspect and at and missed == 0 then rates:missed(self.suspect, self.missing) end
    self.suspect, self.missing = missed > 0 and router, missed
  end
  self.clean = at and missed == 0
  if self.probe.ttl == self.start then
    self.first, self.first_clean = at or self.start, self.clean
  end
  self.from = at or self.probe.ttl
end

local function finish(self, backward)
  local reason = self.reason
  local open = reason == "gaplimit" or reason == "hoplimit"
  self.ends = { forward = reason, backward = backward, h = self.start }
  return "stop", open and backward == "lss" and "lss" or reason, self.data or 0,
    open and self.furthest or 0
end

-- Turns from forward to backward; ends at once if there is nothing to probe backward.
local function turn(self, reason, data)
  self.forward, self.reason, self.data = false, reason, data
  self.furthest, self.probe.ttl = self.probe.ttl, self.start
  self.from, self.clean = self.first, self.first_clean
  local added = self.sets.added
  for _, at in ipairs(self.mine) do
    if added and not self.seen[at] then added(self.key, at) end
    self.seen[at], self.sets.near[at] = true, true
  end
end

-- Goes on to the next TTL in this direction.
local function onward(self, reason, data)
  local o = self.o
  self.tries = 0
  if self.forward then
    if not reason and self.gap >= o.gap_limit and o.gap_limit > 0 then reason = "gaplimit" end
    if not reason and self.probe.ttl == o.max_ttl then reason = "hoplimit" end
    if not reason then
      self.probe.ttl = self.probe.ttl + 1
      return
    end
    turn(self, reason, data)
  elseif reason then
    return finish(self, reason)
  end
  if self.probe.ttl <= o.first_ttl then return finish(self, "first_ttl") end
  self.probe.ttl = self.probe.ttl - 1
end

function M:on_reply(reply)
  self.out, self.gap = false, 0
  local at, near, reason = reply.addr, self.sets.near
  if self.rates then note(self, at) end
  if reply.final then
    reason = self.forward and "completed" or nil
  elseif reply.unreach then
    reason = self.forward and "unreach" or nil
  elseif addr.names_nobody(at, reply.addr_key, self.dst, self.src) then
    reason = nil                       -- no router's name: it says nothing of the way
  elseif self.forward then
    reason = self.seen[at] and "gss"
    self.mine[#self.mine + 1] = at
  else
    reason = near[at] and "lss"
    near[at] = true
  end
  return onward(self, reason, reply.unreach and reply.icmp_code)
end

function M:on_timeout()
  self.out, self.tries = false, self.tries + 1
  if self.tries < self.o.attempts then return end
  self.gap = self.gap + 1
  if self.rates then note(self, nil) end
  return onward(self)
end

function M:done(trace)
  if trace.result then trace.result.doubletree = self.ends end
end

return M
