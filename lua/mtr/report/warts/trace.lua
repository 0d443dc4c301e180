-- SPDX-License-Identifier: MIT
--
-- Makes the warts record of a trace from its result: a kept result, or a plain table of that shape.
-- core/api/warts.c writes the same bytes for a borrowed result of the engine.
--
-- A hop of warts is a reply; probes without a reply have none. What is not known is left out, and
-- what does not fit is clamped, never wrapped. A trace that its local stop set ended is "completed"
-- and has a doubletree part; results of the strategy pmtu have a PMTUD part, with the messages
-- "packet too big".

local address = require "mtr.report.warts.address"
local extensions = require "mtr.report.warts.extensions"
local each = require "mtr.base.each"
local words = require "mtr.record.words"

local M = {}

local TYPES = {
  icmp = { paris = 4, classic = 1 },
  udp = { paris = 5, classic = 2, dublin = 2 },
  tcp = { paris = 3, classic = 3 },
}
local TCP_ACK = 6

local ALL_ATTEMPTS, PMTUD, DOUBLETREE, ICMP_SUM = 1, 2, 16, 32
local KERNEL_TIME, TTL_KNOWN, IS_TCP, IS_UDP = 1, 16, 32, 64
local PART_LIMIT = 4095

--- Rounds a time to microseconds.
---@param seconds number
---@return number
function M.us(seconds)
  local whole = math.floor(seconds)
  return whole * 1e6 + math.floor((seconds - whole) * 1e6 + 0.5)
end

--- Clamps a number; nil stays nil.
---@param n? number
---@param most integer
---@return integer?
function M.clamp(n, most) return n and math.max(0, math.min(math.floor(n), most)) end

local clamp = M.clamp

-- Milliseconds to microseconds.
local function rtt(ms) return clamp(ms * 1000 + 0.5, 2 ^ 32 - 1) end

local function nonzero(n) return n and n ~= 0 and n or nil end

-- Does this ICMP message quote the probe, in the eyes of scamper?
local function quotes(kind, six)
  if six then return kind == 1 or kind == 2 or kind == 3 end
  return kind == 3 or kind == 11
end

-- The type and code of an ICMP reply; nil if it is none, or the code is not known.
local function codes(reply, six)
  local kind, code = reply.icmp_type, reply.icmp_code
  if not kind or reply.protocol ~= "icmp" then return nil end
  local plain = six and (kind == 3 or kind == 129) or not six and (kind == 11 or kind == 0)
  code = code or plain and 0 or nil
  return code and { kind, code }
end

-- What a hop says of the quote: only what differs from what a reader takes without it.
local function quote(hop, reply, six)
  local quoted = reply.quoted
  if not quoted or not quotes(reply.icmp_type, six) then return end
  hop.quoted_size = quoted.size ~= hop.probe_size and clamp(quoted.size, 65535) or nil
  hop.quoted_ttl = quoted.ttl ~= 1 and quoted.ttl or nil
  hop.quoted_tos = quoted.tos
end

--- Makes the hop record of a reply.
---@param reply mtr.Reply
---@param ttl integer of the probe
---@param start number of the trace, us
---@param size? integer of the probe
---@return table
function M.hop(reply, ttl, start, size)
  local six = reply.addr:find(":", 1, true) ~= nil
  local hop = {
    ttl = ttl, reply_ttl = reply.reply_ttl, probe_id = clamp((reply.attempt or 1) - 1, 255),
    rtt = rtt(reply.rtt), icmp = codes(reply, six), probe_size = clamp(size, 65535),
    reply_size = reply.reply_size, ip_id = nonzero(reply.ip_id),
    reply_tos = reply.tos, mtu = reply.too_big and clamp(reply.mtu, 65535) or nil,
    tcp_flags = reply.protocol == "tcp" and (reply.tcp_flags or 0) or nil,
    ext = extensions.bytes(reply.ext), addr = address.of(reply.addr),
    sent = reply.at and start + rtt(reply.at) or nil,
  }
  hop.flags = (reply.tstamp ~= "user" and KERNEL_TIME or 0) + (reply.reply_ttl and TTL_KNOWN or 0)
    + (reply.protocol == "tcp" and IS_TCP or 0) + (reply.protocol == "udp" and IS_UDP or 0)
  quote(hop, reply, six)
  return hop
end

-- Returns the replies of a hop in the order of their attempts.
local function in_order(replies)
  local list, at = {}, {}
  for i, reply in ipairs(replies) do list[i], at[reply] = reply, i end
  table.sort(list, function(a, b)
    local x, y = a.attempt or 1, b.attempt or 1
    return x < y or x == y and at[a] < at[b]
  end)
  return list
end

-- The hops of a result; with `too_big` only the messages "packet too big", else only the others.
local function hops(result, start, pmtu, too_big)
  local list = {}
  for _, hop in ipairs(result.hops) do
    for _, reply in ipairs(in_order(hop.replies)) do
      local size = pmtu and reply.quoted and reply.quoted.size or result.size
      if not pmtu or (reply.too_big == true) == too_big then
        list[#list + 1] = M.hop(reply, hop.ttl, start, size)
      end
    end
  end
  return list
end

local function pmtud(result, start)
  local found = result.pmtu
  local part = { kind = 1, version = 2, mtu = found.mtu, hops = hops(result, start, true, true),
    note = {} }
  for _, limit in ipairs(found.limits or {}) do
    local at = address.of(limit.addr)
    if not at then
      part.if_mtu = limit.mtu
    else
      for i, hop in ipairs(part.hops) do
        if hop.addr == at and hop.probe_size == limit.size then
          part.note[#part.note + 1] = { type = limit.mtu and 1 or 2, mtu = limit.mtu, hop = i - 1 }
          break
        end
      end
    end
  end
  if found.blackhole then part.note[#part.note + 1] = { type = 3, mtu = found.mtu } end
  part.notes = nonzero(#part.note)
  return part
end

-- The first and the last address of the hops that answered.
local function ends(result)
  local first, last
  for _, hop in ipairs(result.hops) do
    first, last = first or hop.addr, hop.addr or last
  end
  return address.of(first), address.of(last)
end

local function doubletree(result)
  local tree, first, last = result.doubletree, ends(result)
  return { kind = 3, first = tree.h, lss = tree.backward == "lss" and first or nil,
    gss = tree.forward == "gss" and last or nil }
end

local function parts(result, start)
  local list = {}
  if result.pmtu then
    local part = pmtud(result, start)
    if #part.hops * 90 + #part.note * 8 < PART_LIMIT then list[1] = part end
  end
  if result.doubletree then list[#list + 1] = doubletree(result) end
  return list
end

local function flags(result, pmtu)
  return (result.queries and result.queries > 1 and result.attempts == 1 and ALL_ATTEMPTS or 0)
    + (pmtu and PMTUD or 0) + (result.doubletree and DOUBLETREE or 0)
    + (result.icmp_sum and ICMP_SUM or 0)
end

--- Returns the number of a job that a result carries as `data`, for the user id of warts.
---@param data any
---@return integer?
function M.user(data)
  if type(data) ~= "number" or data % 1 ~= 0 or data < 1 or data >= 2 ^ 32 then return nil end
  return data
end

--- Makes the record of a trace.
---@param given mtr.Result a kept result, or a plain table of its shape
---@param ids { list: integer, cycle: integer }
---@return table
function M.record(given, ids)
  local result = { hops = given.hops }
  for key, value in each(given) do result[key] = value end
  local start = M.us(result.start or 0)
  local icmp = result.protocol == "icmp"
  local kind = result.tcp_flags == "ack" and TCP_ACK
    or TYPES[result.protocol][result.multipath or "paris"]
  local tries = result.attempts and result.attempts * (result.queries or 1)
  return {
    record = "trace", list = ids.list, cycle = ids.cycle, start = start,
    stop_reason = words.warts_stop[result.stop_reason] or 0,
    stop_data = clamp(result.stop_data or 0, 255),
    flags = nonzero(flags(result, result.pmtu)), attempts = clamp(tries, 255),
    hop_limit = clamp(result.max_ttl, 255), type = kind, probe_size = clamp(result.size, 65535),
    sport = result.sport, dport = icmp and result.icmp_sum or not icmp and result.dport or nil,
    first_hop = result.first_ttl, tos = result.tos,
    timeout = result.timeout and clamp(math.ceil(result.timeout / 1000), 255),
    loops = clamp(result.loop_limit, 255), hop_count = clamp(result.hop_count, 255),
    gap_limit = clamp(result.gap_limit, 255), gap_action = 1, loop_action = 0,
    probes = clamp(result.probe_count, 65535), wait = 0, confidence = 0,
    src = address.of(result.src), dst = address.of(result.dst), user = M.user(result.data),
    window = result.window and result.window > 1 and clamp(result.window, 255) or nil,
    hops = hops(result, start, result.pmtu, false), parts = parts(result, start),
  }
end

return M
