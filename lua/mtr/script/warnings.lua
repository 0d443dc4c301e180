-- SPDX-License-Identifier: MIT
--
-- Finds signs that a device on the path answers for others: firewalls that accept TCP connections,
-- gateways that answer with the target's address for all hops behind them, NAT64, hotspots.
--
--     for _, w in ipairs(mtr.warnings(tcp_result, icmp_result)) do print(w.text) end
--
-- These are signs and not proofs: the distance of a sender follows from the TTL of its reply only
-- if the TTL began with 64, 128 or 255, and return paths differ. A result may be any table with the
-- fields of mtr.Result. Results that are compared must be of one target and of about the same time.

local addr = require "mtr.base.addr"

local M = {}

local SHARED = 3                       -- hops in a row with one address

---@class mtr.Warning
---@field kind "shorter"|"reply_ttl"|"one_address"
---@field ttl integer of the hop that it is about
---@field text string

-- Returns the number of hops from the sender of a reply to this host.
local function distance(reply)
  local ttl = reply and reply.reply_ttl
  if not ttl then return nil end
  return (ttl <= 64 and 64 or ttl <= 128 and 128 or 255) - ttl
end

local function first(hop)
  for _, reply in ipairs(hop and hop.addr and hop.replies or {}) do
    if reply.addr == hop.addr and not reply.dup and not reply.late then return reply end
  end
end

local function warn(list, kind, ttl, text, ...)
  list[#list + 1] = { kind = kind, ttl = ttl, text = text:format(...) }
end

-- Warns if the answer of the target came over no more hops than the answer of a hop before it.
local function reply_ttl(list, result, ttl)
  local far = distance(first(result.hops[ttl]))
  for before = ttl - 1, 1, -1 do
    local near = distance(first(result.hops[before]))
    if far and near then
      if far <= near then
        warn(list, "reply_ttl", ttl, "what hop %d answers as %s is no further away than hop %d",
          ttl, result.dst, before)
      end
      return
    end
  end
end

local function one_address(list, result, ttl)
  local text, from = result.hops[ttl].addr, ttl
  while from > 1 and result.hops[from - 1].addr == text do from = from - 1 end
  local key = text and addr.key_of(text)
  if key and not addr.many_use(key) and ttl - from + 1 >= SHARED then
    warn(list, "one_address", ttl, "hops %d to %d all answer as %s", from, ttl, text)
  end
end

local function shorter(list, tcp, other)
  if tcp.protocol ~= "tcp" or other.protocol == "tcp" or other.dst ~= tcp.dst
    or other.hop_count <= tcp.hop_count then
    return
  end
  warn(list, "shorter", tcp.hop_count, "TCP is answered at hop %d, before the end of the path "
    .. "that %s sees, hop %d", tcp.hop_count, other.protocol, other.hop_count)
end

--- Returns the signs in the first result, alone and compared with other results to the same target;
--- none if it did not complete.
---@param result mtr.Result
---@param ... mtr.Result
---@return mtr.Warning[]
function M.of(result, ...)
  local list, ttl = {}, result.hop_count
  if result.stop_reason ~= "completed" then return list end
  for _, other in ipairs { ... } do shorter(list, result, other) end
  reply_ttl(list, result, ttl)
  one_address(list, result, ttl)
  return list
end

return M
