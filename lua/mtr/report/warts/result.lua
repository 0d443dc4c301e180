-- SPDX-License-Identifier: MIT
--
-- Makes the result of a trace from its warts record: the opposite of trace.lua. The result has the
-- classes of mtr.Result, so every reporter takes it; fields that warts does not have are missing.
-- The record itself stays in it, as _warts, from which the same bytes can be written again.

local whole = require "mtr.compat".whole
local addr = require "mtr.base.addr"
local kept = require "mtr.record.kept"
local Result = require "mtr.record.result"
local words = require "mtr.record.words"
local address = require "mtr.report.warts.address"
local extensions = require "mtr.report.warts.extensions"

local M = {}

local TYPES = {
  { "icmp", "classic" }, { "udp", "classic" }, { "tcp", "paris" }, { "icmp", "paris" },
  { "udp", "paris" }, { "tcp", "paris" },
}
local TCP_ACK = 6
local ALL_ATTEMPTS, ICMP_SUM = 1, 32
local KERNEL_TIME, DATALINK_TIME, TTL_KNOWN, IS_TCP, IS_UDP = 1, 4, 16, 32, 64

--- Returns milliseconds, of microseconds.
---@type fun(us: number): number
M.ms = whole(function(us) return us / 1000 end)

local ms = M.ms

--- Returns true if a number has a bit.
---@param n integer
---@param bit integer
---@return boolean
function M.has(n, bit) return math.floor(n / bit) % 2 == 1 end

local has = M.has

-- What the messages mean: time exceeded, unreachable, port unreachable, packet too big, echo reply.
local ICMP = {
  [false] = { exceeded = 11, unreach = 3, port = 3, big = 3, big_code = 4, echo = 0 },
  [true] = { exceeded = 3, unreach = 1, port = 4, big = 2, echo = 129 },
}

-- Sets the flags that say what a reply is.
local function explain(reply, dst)
  local kind, code = reply.icmp_type, reply.icmp_code
  local is_ipv6 = reply.addr:find(":", 1, true) ~= nil
  local icmp = ICMP[is_ipv6]
  if not kind then
    reply.final = true
  elseif kind == icmp.big and (not icmp.big_code or code == icmp.big_code) then
    reply.too_big = true
  elseif kind == icmp.echo or kind == icmp.unreach and code == icmp.port then
    reply.final = true
  elseif kind == icmp.unreach then
    reply.unreach = true
  elseif kind ~= icmp.exceeded or code ~= 0 then
    reply.ignored = true
  elseif reply.addr == dst then
    reply.te_from_dst = true
  end
  if reply.final and reply.addr ~= dst then reply.other_addr = true end
end

local function quoted(hop, reply, size)
  local kind = reply.icmp_type
  if not kind or not hop.quoted_tos and not hop.quoted_ttl then return nil end
  return { ttl = hop.quoted_ttl or 1, tos = hop.quoted_tos or 0, size = hop.quoted_size or size }
end

--- Makes the reply of a hop record.
---@param hop table
---@param record table of the trace
---@param dst string
---@return mtr.Reply
function M.reply(hop, record, dst)
  local flags, icmp = hop.flags or 0, hop.icmp
  local size = hop.probe_size or record.probe_size
  local protocol = has(flags, IS_TCP) and "tcp" or has(flags, IS_UDP) and "udp" or "icmp"
  local reply = {
    addr = address.text(hop.addr), rtt = ms(hop.rtt or 0),
    attempt = (hop.probe_id or 0) + 1,
    at = hop.sent and record.start and ms(hop.sent - record.start) or nil,
    protocol = protocol, icmp_type = icmp and icmp[1], icmp_code = icmp and icmp[2],
    reply_ttl = has(flags, TTL_KNOWN) and hop.reply_ttl or nil, reply_size = hop.reply_size,
    ip_id = hop.ip_id, tos = hop.reply_tos, mtu = hop.mtu,
    tcp_flags = protocol == "tcp" and hop.tcp_flags or nil,
    tstamp = (has(flags, KERNEL_TIME) or has(flags, DATALINK_TIME)) and "kernel" or "user",
  }
  reply.quoted = quoted(hop, reply, size)
  reply.ext, reply.ext_malformed = extensions.list(hop.ext)
  explain(reply, dst)
  return setmetatable(reply, kept.reply)
end

local function primary(reply) return not reply.dup and not reply.ignored and not reply.too_big end

-- Adds the replies of hop records to the hops of a result.
local function add(hops, list, record, dst, seen)
  for _, hop in ipairs(list) do
    local at = hops[hop.ttl]
    if at then
      local reply, id = M.reply(hop, record, dst), hop.ttl .. " " .. (hop.probe_id or 0)
      if seen[id] then reply.dup = true end
      seen[id] = true
      at.replies[#at.replies + 1] = reply
      if not at.addr and primary(reply) then
        at.addr, at.rtt, at.addr_class = reply.addr, reply.rtt, addr.class(reply.addr)
      end
    end
  end
end

local function count(record)
  local n = record.hop_count or 0
  if n > 0 then return n end
  for _, hop in ipairs(record.hops) do n = math.max(n, hop.ttl) end
  return n
end

local function hops_of(record, dst)
  local hops, first = {}, record.first_hop or 1
  for ttl = 1, math.min(count(record), 255) do
    hops[ttl] = setmetatable({ ttl = ttl, replies = {} }, kept.hop)
    if ttl < first then hops[ttl].skipped = true end
  end
  add(hops, record.hops, record, dst, {})
  return hops
end

-- Reads the doubletree part. Returns true if the local stop set ended the trace.
local function doubletree(part, result)
  result.doubletree = { h = part.first, backward = part.lss and "lss" or nil,
    forward = result.stop_reason }
  for _, hop in ipairs(result.hops) do
    for _, reply in ipairs(hop.replies) do if reply.final then return end end
  end
  if part.lss and result.stop_reason == "completed" then result.stop_reason = "lss" end
end

local function pmtud(part, result, record)
  local complete = result.stop_reason == "completed"
  local found = { mtu = part.mtu, limits = {}, complete = complete,
    ttl = complete and result.hop_count or nil }
  for _, note in ipairs(part.note) do
    local hop = note.hop and note.type ~= 3 and part.hops[note.hop + 1]
    if note.type == 3 then found.blackhole = true end
    if hop then
      found.limits[#found.limits + 1] = { addr = address.text(hop.addr), mtu = note.mtu,
        size = hop.probe_size }
    end
  end
  result.pmtu = found
  add(result.hops, part.hops, record, result.dst, {})
end

--- Makes the result of a record.
---@param record table
---@param file { lists: table<integer, table>, cycles: table<integer, table> } records before it
---@return mtr.Result
function M.of(record, file)
  local dst, flags = address.text(record.dst), record.flags32 or record.flags or 0
  local kind = TYPES[record.type] or {}
  local icmp, all = kind[1] == "icmp", has(flags, ALL_ATTEMPTS)
  local cycle, list = file.cycles[record.cycle], file.lists[record.list]
  local result = {
    type = "trace", version = Result.version, protocol = kind[1], multipath = kind[2],
    src = address.text(record.src), dst = dst, target = dst, sport = record.sport,
    dport = not icmp and record.dport or nil,
    icmp_sum = icmp and has(flags, ICMP_SUM) and record.dport or nil,
    tcp_flags = record.type == TCP_ACK and "ack" or kind[1] == "tcp" and "syn" or nil,
    size = record.probe_size, tos = record.tos,
    start = record.start and record.start / 1e6, stop_reason = words.warts_stop[record.stop_reason],
    stop_data = record.stop_data, first_ttl = record.first_hop or 1, hop_count = count(record),
    probe_count = record.probes, timeout = record.timeout and record.timeout * 1000,
    attempts = all and 1 or record.attempts, queries = all and record.attempts or 1,
    max_ttl = record.hop_limit ~= 0 and record.hop_limit or nil, gap_limit = record.gap_limit,
    loop_limit = record.loops, window = record.window or 1, data = record.user,
    error = record.error,
    list = list and list.name, cycle = cycle and cycle.person, monitor = list and list.monitor,
    hops = hops_of(record, dst), _warts = record, _file = file,
  }
  for _, part in ipairs(record.parts) do
    if part.kind == 3 then doubletree(part, result) end
    if part.kind == 1 then pmtud(part, result, record) end
  end
  return Result.of(result)
end

return M
