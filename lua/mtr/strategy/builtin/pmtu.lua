-- SPDX-License-Identifier: MIT
--
-- Path MTU discovery (RFC 1191, RFC 8201). The smallest packets find the target, or the furthest
-- hop that answers, one TTL after the other; then packets to there that must not be fragmented,
-- `largest` bytes at first, shrink to what routers say fits, or by RFC 1191's plateaus where they
-- do not say. Unless a router said what fits, the size is then searched for, by halves, between the
-- largest that came through and the least that did not; so it is where packets just vanish (a black
-- hole).
--
--     result.pmtu = { mtu =, complete = the target itself answered, ttl = of who did,
--                     limits = { { addr =, mtu =, size = }, ... }, blackhole = true or nil }
--
-- In `limits` is who did not let a packet of `size` pass, the first one each; without addr: this
-- host. No mtu: not even the smallest packet was answered. One lost answer too many looks like a
-- black hole: attempts guard against that.

local too_big = require "mtr.strategy.builtin.parts.too_big"

local M = { name = "pmtu", largest = 1500 }

M.defaults = { dont_fragment = true, attempts = 3 }

-- Sends a packet until it is answered: the answer, or the silence of the last one.
local function ask(trace, ttl, size)
  local what
  for _ = 1, trace.options.attempts do
    what = trace:probe { ttl = ttl, size = size }
    if not what.timeout or what.error then break end
  end
  return what
end

-- The TTL of the target, or of the furthest hop that answers the smallest packet; and which it is.
local function reach(trace, least)
  local o, gap, best = trace.options, 0, nil
  for ttl = o.first_ttl, o.max_ttl do
    local what = ask(trace, ttl, least)
    if what.final then return ttl, true end
    gap = what.timeout and gap + 1 or 0
    if not what.timeout then best = ttl end
    if o.gap_limit > 0 and gap >= o.gap_limit or what.unreach then break end
  end
  return best, false
end

-- Notes that a packet of `size` did not pass.
local function note(self, what, size)
  local limits = self.found.limits
  local mtu, last = what.too_big and what.mtu or nil, limits[#limits]
  if last and last.addr == what.addr and last.mtu == mtu then return end
  limits[#limits + 1] = { addr = what.addr, mtu = mtu, size = size }
end

-- Whether a packet of probe.size came through; if not, a smaller size is in probe.size, by what a
-- router says or this host. Second: it was lost, or cannot shrink; third: the new size is a guess.
local function try(self, trace, probe)
  local size = probe.size
  local what = ask(trace, probe.ttl, size)
  if not what.timeout and not what.too_big then return true end
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

-- The largest size from `low`, which comes through, to below `high`, which does not.
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
  local ttl, final = reach(trace, least)
  if not ttl then return "gaplimit" end
  self.found.complete, self.found.ttl = final, ttl
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
  return final and "completed" or "gaplimit"
end

function M:done(trace)
  if trace.result then trace.result.pmtu = self.found end
end

return M
