-- SPDX-License-Identifier: MIT
--
-- Path MTU discovery (RFC 1191, RFC 8201). First the smallest packets find the target, or the
-- furthest hop that answers, TTL by TTL. Then packets of `largest` bytes, which must not be
-- fragmented, are sent there. They shrink to the size that routers report, or by the plateaus of
-- RFC 1191 if a router reports none. Unless a router reported the size, a binary search follows
-- between the largest size that passed and the smallest that did not; also if packets vanish
-- without a message (a black hole).
--
--     result.pmtu = { mtu =, complete = the target answered, ttl = of the answer,
--                     limits = { { addr =, mtu =, size = }, ... }, blackhole = true or nil }
--
-- `limits` lists the routers that did not pass a packet of `size` bytes, each once; without addr:
-- this host. Without mtu it was not found: not even the smallest packet was answered (then there is
-- no ttl), or there is a routing loop (stop_reason "loop"), or the trace was ended early; `passed`
-- is then the largest size that was answered. If all answers to a size get
-- lost, that looks like a black hole; more `attempts` make that less likely.

---@class mtr.Strategies
---@field pmtu mtr.BuiltIn finds the path MTU, and the routers that limit it

local addr = require "mtr.base.addr"
local too_big = require "mtr.strategy.builtin.parts.too_big"

local M = { name = "pmtu", largest = 1500 }

M.defaults = { dont_fragment = true, attempts = 3 }

-- Sends a packet up to `attempts` times; returns the answer, or the last timeout.
local function ask(trace, ttl, size)
  local what
  for _ = 1, trace.options.attempts do
    what = trace:probe { ttl = ttl, size = size }
    if not what.timeout or what.error then break end
  end
  return what
end

-- Adds the address of a hop to the path of those that answered before it. Returns true if it came
-- before, with another address between, unless it names no router.
local function loops(path, trace, what)
  local before, address = path.last, what.addr
  path.last = address
  if addr.names_nobody(address, what.addr_key, trace.dst, trace.src) then return false end
  local seen = path[address]
  path[address] = true
  return seen and address ~= before
end

-- Finds the TTL of the target, or of the furthest hop that answers the smallest packet. Returns
-- true if a routing loop keeps the packets from the target.
local function reach(self, trace, least)
  local o, found, gap, path = trace.options, self.found, 0, {}
  for ttl = o.first_ttl, o.max_ttl do
    local what = ask(trace, ttl, least)
    gap = what.timeout and gap + 1 or 0
    if not what.timeout then
      found.ttl, found.passed, found.complete = ttl, least, what.final == true
      if o.loop_limit > 0 and not what.final and loops(path, trace, what) then
        return true
      end
    end
    if found.complete or o.gap_limit > 0 and gap >= o.gap_limit or what.unreach then break end
  end
  return false
end

-- Notes who did not pass a packet of `size` bytes.
local function note(self, what, size)
  local limits = self.found.limits
  local mtu, last = what.too_big and what.mtu or nil, limits[#limits]
  if last and last.addr == what.addr and last.mtu == mtu then return end
  limits[#limits + 1] = { addr = what.addr, mtu = mtu, size = size }
end

-- Returns true if a packet of probe.size passed. If not, it lowers probe.size to what a router or
-- this host reports. Second result: the packet was lost, or cannot shrink; third: the new size is a
-- guess.
local function try(self, trace, probe)
  local size = probe.size
  local what = ask(trace, probe.ttl, size)
  if not what.timeout and not what.too_big then
    self.found.passed = math.max(self.found.passed, size)
    return true
  end
  if what.too_big then
    too_big(trace.options, probe, what)
  elseif what.error == "EMSGSIZE" then
    too_big(trace.options, probe, { ttl = probe.ttl })
  else
    return false, true
  end
  note(self, what, size)
  return false, probe.size >= size, not what.too_big or what.mtu ~= probe.size
end

-- Finds the largest size that passes, from `low`, which passes, to below `high`, which does not.
local function search(self, trace, ttl, low, high)
  while high - low > 1 do
    local probe = { ttl = ttl, size = math.floor((low + high) / 2) }
    local size = probe.size
    if try(self, trace, probe) then low = size else high = size end
  end
  return low
end

function M:run(trace)
  local o = trace.options
  local least = math.max(o.family == 6 and 1280 or 68, o.least)
  self.found = { limits = {}, complete = false }
  if reach(self, trace, least) then return "loop" end
  local ttl, final = self.found.ttl, self.found.complete
  if not ttl then return "gaplimit" end
  local probe, above = { ttl = ttl, size = math.max(self.largest, least) }, nil
  while not self.found.mtu do
    local size = probe.size
    local came, lost, guess = try(self, trace, probe)
    if lost then
      self.found.blackhole, self.found.mtu = true, search(self, trace, ttl, least, size)
    elseif came then
      self.found.mtu = above and search(self, trace, ttl, size, above) or size
    end
    above = guess and size or nil
  end
  self.found.passed = nil
  return final and "completed" or "gaplimit"
end

function M:done(trace)
  if trace.result then trace.result.pmtu = self.found end
end

return M
