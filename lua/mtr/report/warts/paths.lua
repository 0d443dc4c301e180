-- SPDX-License-Identifier: MIT
--
-- Makes the result of the strategy mda from a tracelb record: the opposite of tracelb.lua.
--
-- The record does not have the TTL of a node: nodes are followed from the first one. A link may
-- pass several TTLs; what answered between its ends is in its probes, and "*" is what did not. A
-- node that comes again is not followed again, so loops end.

local Result = require "mtr.record.result"
local kept = require "mtr.record.kept"
local address = require "mtr.report.warts.address"
local result = require "mtr.report.warts.result"
local each = require "mtr.base.each"

local M = {}

local TYPES = { "udp", "icmp", "udp", "tcp", "tcp" }
local TCP_ACK, TTL_KNOWN, IS_TCP = 5, 1, 2
local has = result.has

local function name(record, index)
  local node = record.nodes[index + 1]
  return node and address.text(node.addr) or "*"
end

-- The hop of a TTL, made when it is first needed.
local function hop_at(hops, ttl)
  hops[ttl] = hops[ttl] or { ttl = ttl, nodes = {}, links = {}, known = {} }
  return hops[ttl]
end

local function add_node(hops, ttl, node)
  local hop = hop_at(hops, ttl)
  if not hop.known[node] then hop.known[node], hop.nodes[#hop.nodes + 1] = true, node end
end

local function add_link(hops, ttl, from, to)
  local hop, key = hop_at(hops, ttl), from .. " " .. to
  add_node(hops, ttl, to)
  if not hop.known[key] then
    hop.known[key], hop.links[#hop.links + 1] = true, { from = from, to = to }
  end
end

-- Adds what the probes of one TTL of a link found. `before` is where each flow was at the TTL
-- before, `start` where flows are that were not seen there. Returns the same of this TTL.
local function pass(hops, ttl, set, before, start, to)
  local here, some = {}, false
  for _, probe in ipairs(set or {}) do
    local last = probe[#probe]
    local at = last and (to or address.text(last.addr))
    if at and probe.flow then
      here[probe.flow], some = at, true
      add_link(hops, ttl, before[probe.flow] or start, at)
    end
  end
  if not some then
    local from = {}
    for _, at in each(before) do from[at] = true end
    if not next(from) then from[start] = true end
    for at in each(from) do add_link(hops, ttl, at, to or "*") end
  end
  return here, some and start or to or "*"
end

-- Follows the links. Returns the hops of the strategy mda, by TTL.
local function follow(record, first)
  local leaving, hops = {}, {}
  for _, link in ipairs(record.links) do
    local from = link.from or 0
    leaving[from] = leaving[from] or {}
    table.insert(leaving[from], link)
  end
  local list, queued, i = {}, {}, 1
  if record.nodes[1] then
    list[1], queued[0] = { node = 0, ttl = first }, true
    add_link(hops, first, "source", name(record, 0))
  end
  while list[i] do
    local at, ttl = list[i], list[i].ttl
    for _, link in ipairs(leaving[at.node] or {}) do
      local start, last, before = name(record, at.node), ttl + math.max(link.hops or 1, 1), {}
      for between = ttl + 1, math.min(last, 255) do
        local to = between == last and link.to and name(record, link.to) or nil
        before, start = pass(hops, between, link[between - ttl], before, start, to)
      end
      if link.to and not queued[link.to] and last <= 255 then
        queued[link.to], list[#list + 1] = true, { node = link.to, ttl = last }
      end
    end
    i = i + 1
  end
  return hops
end

local function reply_of(reply, probe, record)
  local flags, icmp = reply.flags or 0, reply.icmp
  local tcp = has(flags, IS_TCP)
  local out = result.reply({
    addr = reply.addr, probe_id = probe.attempt, icmp = icmp, ext = reply.ext, sent = probe.sent,
    rtt = math.max((reply.received or 0) - (probe.sent or 0), 0), tcp_flags = reply.tcp_flags,
    reply_ttl = reply.ttl, flags = (has(flags, TTL_KNOWN) and 16 or 0) + (tcp and 32 or 0),
    quoted_ttl = reply.quoted_ttl, quoted_tos = reply.quoted_tos, ip_id = reply.ip_id,
  }, record, address.text(record.dst))
  out.flow = probe.flow
  return out
end

-- Returns the hops of the result with the replies in the record, and how many flows it has.
local function replies(record, last, first)
  local hops, flows, n = {}, {}, 0
  for ttl = 1, last do
    hops[ttl] = setmetatable({ ttl = ttl, replies = {}, skipped = ttl < first or nil }, kept.hop)
  end
  for _, link in ipairs(record.links) do
    for _, set in ipairs(link) do
      for _, probe in ipairs(set) do
        local hop = hops[probe.ttl]
        if probe.flow and not flows[probe.flow] then flows[probe.flow], n = true, n + 1 end
        for _, reply in ipairs(hop and probe or {}) do
          local one = reply_of(reply, probe, record)
          hop.replies[#hop.replies + 1] = one
          hop.addr, hop.rtt = hop.addr or one.addr, hop.rtt or one.rtt
        end
      end
    end
  end
  return hops, n
end

-- Returns true if the target has answered. A router on the way may have its address.
local function reached(hops, dst)
  for _, hop in ipairs(hops) do
    for _, reply in ipairs(hop.replies) do
      if reply.final and reply.addr == dst then return true end
    end
  end
  return false
end

--- Makes the result of a record.
---@param record table
---@param file { lists: table<integer, table>, cycles: table<integer, table> }
---@return mtr.Result
function M.of(record, file)
  local dst, kind = address.text(record.dst), record.type or 0
  local first = record.first_hop or 1
  local found, list, last = follow(record, first), {}, first - 1
  while found[last + 1] do
    last = last + 1
    found[last].known = nil
    list[#list + 1] = found[last]
  end
  local hops, flows = replies(record, last, first)
  local names, cycle = file.lists[record.list], file.cycles[record.cycle]
  return Result.of {
    type = "trace", version = Result.version, protocol = TYPES[kind], multipath = "paris",
    src = address.text(record.src), dst = dst, target = dst, sport = record.sport,
    dport = TYPES[kind] ~= "icmp" and record.dport or nil,
    tcp_flags = kind == TCP_ACK and "ack" or nil, size = record.probe_size, tos = record.tos,
    start = record.start and record.start / 1e6,
    stop_reason = reached(hops, dst) and "completed" or "gaplimit", first_ttl = first,
    hop_count = last, probe_count = record.probes,
    timeout = record.timeout and record.timeout * 1000, attempts = record.attempts,
    gap_limit = record.gap_limit, data = record.user,
    list = names and names.name, cycle = cycle and cycle.person,
    monitor = names and names.monitor, hops = hops,
    mda = { confidence = record.confidence, flows = flows, hops = list },
    _warts = record, _file = file,
  }
end

return M
