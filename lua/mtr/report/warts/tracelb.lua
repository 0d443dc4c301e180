-- SPDX-License-Identifier: MIT
--
-- Makes the warts record of all paths to a target from a result of the strategy mda.
--
-- A node is an address at one TTL, or silence there; each link has the probes of the flows that
-- took it. The flow numbers are those of mtr.trace. Probes without an answer are not known.

local address = require "mtr.report.warts.address"
local extensions = require "mtr.report.warts.extensions"
local trace = require "mtr.report.warts.trace"
local each = require "mtr.base.each"

local M = {}

local clamp, us = trace.clamp, trace.us
local TYPES = { udp = 3, icmp = 2, tcp = 4 }
local TCP_ACK = 5
local TTL_KNOWN, IS_TCP = 1, 2

-- Returns by TTL and flow the replies, and the address that was found last.
local function survey(result)
  local replies, found = {}, {}
  for _, hop in ipairs(result.hops) do
    local of, at = {}, {}
    for _, reply in ipairs(hop.replies) do
      local flow = reply.flow or result.flow or 0
      of[flow] = of[flow] or {}
      table.insert(of[flow], reply)
      if not reply.dup and not reply.late then at[flow] = reply.addr end
    end
    replies[hop.ttl], found[hop.ttl] = of, at
  end
  return replies, found
end

local function reply_of(reply, sent)
  local tcp, quoted = reply.protocol == "tcp", reply.quoted
  return {
    received = sent + math.floor(reply.rtt * 1000 + 0.5), ip_id = reply.ip_id,
    ttl = reply.reply_ttl, flags = (reply.reply_ttl and TTL_KNOWN or 0) + (tcp and IS_TCP or 0),
    icmp = not tcp and reply.icmp_type and { reply.icmp_type, reply.icmp_code or 0 } or nil,
    tcp_flags = tcp and (reply.tcp_flags or 0) or nil,
    ext = not tcp and extensions.bytes(reply.ext) or nil,
    quoted_ttl = not tcp and quoted and quoted.ttl or nil,
    quoted_tos = not tcp and quoted and quoted.tos or nil, addr = address.of(reply.addr),
  }
end

-- The probes of one flow at one TTL, each with its replies. Attempts are counted in the flow.
local function probes(list, ttl, flow, start, set)
  local by, n = {}, 0
  for _, reply in ipairs(list) do
    local probe = by[reply.attempt]
    if not probe then
      probe = { sent = start + math.floor((reply.at or 0) * 1000 + 0.5), flow = flow, ttl = ttl,
        attempt = clamp(n, 255) }
      by[reply.attempt], set[#set + 1], n = probe, probe, n + 1
    end
    probe[#probe + 1] = reply_of(reply, probe.sent)
    probe.replies = #probe
  end
end

-- The address that a flow passes at a TTL.
local function at(found, hop, ttl, flow)
  return found[ttl] and found[ttl][flow] or hop and #hop.nodes == 1 and hop.nodes[1] or "*"
end

-- The probes of the flows that took a link.
local function set_of(link, hop, before, replies, found, start)
  local set, flows, ttl = {}, {}, hop.ttl
  for flow in each(replies[ttl] or {}) do flows[#flows + 1] = flow end
  table.sort(flows)
  for _, flow in ipairs(flows) do
    if found[ttl][flow] == link.to and at(found, before, ttl - 1, flow) == link.from then
      probes(replies[ttl][flow], ttl, flow, start, set)
    end
  end
  set.probes = #set
  return set
end

local function node_of(name, ttl, replies)
  if name == "*" then return { flags = 0, links = 0 } end
  local node = { flags = 0, links = 0, addr = address.of(name) }
  for _, list in each(replies[ttl] or {}) do
    for _, reply in ipairs(list) do
      if reply.addr == name and reply.quoted and not node.quoted_ttl then
        node.flags, node.quoted_ttl = 1, reply.quoted.ttl
      end
    end
  end
  return node
end

local function graph(result, start)
  local nodes, links, index = {}, {}, {}
  local replies, found = survey(result)
  local hops = result.mda.hops
  for i, hop in ipairs(hops) do
    for _, name in ipairs(hop.nodes) do
      nodes[#nodes + 1] = node_of(name, hop.ttl, replies)
      index[hop.ttl .. " " .. name] = #nodes
    end
    for _, link in ipairs(hop.links) do
      local from = index[hop.ttl - 1 .. " " .. link.from]
      local to = index[hop.ttl .. " " .. link.to]
      if from and to then
        nodes[from].links = nodes[from].links + 1
        links[#links + 1] = { from = from - 1, to = to - 1, hops = 1,
          set_of(link, hop, hops[i - 1], replies, found, start) }
      end
    end
  end
  return nodes, links
end

--- Makes the record.
---@param given mtr.Result a kept result with mda, or a plain table of its shape
---@param ids { list: integer, cycle: integer }
---@return table
function M.record(given, ids)
  local result = { hops = given.hops }
  for key, value in each(given) do result[key] = value end
  local start = us(result.start or 0)
  local nodes, links = graph(result, start)
  return {
    record = "tracelb", list = ids.list, cycle = ids.cycle, start = start, sport = result.sport,
    dport = result.dport, probe_size = clamp(result.size, 65535),
    type = result.tcp_flags == "ack" and TCP_ACK or TYPES[result.protocol],
    first_hop = result.first_ttl,
    timeout = result.timeout and clamp(math.ceil(result.timeout / 1000), 255), wait = 0,
    attempts = clamp(result.attempts, 255), confidence = clamp(result.mda.confidence, 99),
    tos = result.tos, node_count = #nodes, link_count = #links, probes = result.probe_count,
    gap_limit = clamp(result.gap_limit, 255), src = address.of(result.src),
    dst = address.of(result.dst), user = trace.user(result.data), nodes = nodes, links = links,
  }
end

return M
