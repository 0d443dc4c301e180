-- SPDX-License-Identifier: MIT
--
-- The line of JSON that scamper's sc_warts2json prints of all paths to a target, from the record of
-- mtr.report.warts.tracelb, in which each link spans one TTL. Nodes that no link leaves are only
-- named in links.

local unpack = require "mtr.compat".unpack
local address = require "mtr.report.warts.address"
local values = require "mtr.report.scamper.values"

local M = {}

local METHODS = { "udp-dport", "icmp-echo", "udp-sport", "tcp-sport", "tcp-ack-sport" }
local ICMP, IS_TCP = 2, 2

local function icmp(reply, six)
  local kind, code = unpack(reply.icmp or { 0, 0 })
  local out = (', "icmp_type":%d, "icmp_code":%d, "icmp_q_tos":%d'):format(kind, code,
    reply.quoted_tos or 0)
  local quotes = six and (kind == 1 or kind == 3) or not six and (kind == 3 or kind == 11)
  return quotes and out .. (', "icmp_q_ttl":%d'):format(reply.quoted_ttl or 0) or out
end

local function reply_of(reply, sent)
  local six = reply.addr:byte() == 2
  local tcp = math.floor((reply.flags or 0) / IS_TCP) % 2 == 1
  return ('{"rx":{"sec":%d, "usec":%d}'):format(values.split(reply.received))
    .. (', "ttl":%d, "rtt":%s'):format(reply.ttl or 0, values.ms(reply.received - sent))
    .. (six and "" or (', "ipid":%d'):format(reply.ip_id or 0))
    .. (tcp and (', "tcp_flags":%d'):format(reply.tcp_flags or 0) or icmp(reply, six)) .. "}"
end

local function probe_of(probe)
  local replies = {}
  for i, reply in ipairs(probe) do replies[i] = reply_of(reply, probe.sent) end
  return ('{"tx":{"sec":%d, "usec":%d}'):format(values.split(probe.sent))
    .. (', "replyc":%d, "ttl":%d, "attempt":%d, "flowid":%d, "replies":[%s]}'):format(#replies,
      probe.ttl, probe.attempt or 0, probe.flow or 0, table.concat(replies, ","))
end

-- scamper writes a blank behind the bracket if the node has several links.
local function link_of(link, nodes, several)
  local to = nodes[link.to + 1]
  if not to or not to.addr then return '{"addr":"*"}' end
  local probes = {}
  for i, probe in ipairs(link[1]) do probes[i] = probe_of(probe) end
  return ('{"addr":"%s", "probes":[%s%s]}'):format(address.text(to.addr), several and " " or "",
    table.concat(probes, ","))
end

local function node_of(node, links, nodes)
  local parts = {}
  for i, link in ipairs(links) do parts[i] = link_of(link, nodes, links[2]) end
  return ('{"addr":"%s"%s, "linkc":%d, "links":[[%s]]}'):format(
    address.text(node.addr) or "*",
    node.quoted_ttl and (', "q_ttl":%d'):format(node.quoted_ttl) or "", #links,
    table.concat(parts, ","))
end

--- Returns the paths as JSON.
---@param r table record of mtr.report.warts
---@return string
function M.line(r)
  local of, nodes = {}, {}
  for _, link in ipairs(r.links) do
    of[link.from] = of[link.from] or {}
    table.insert(of[link.from], link)
  end
  for i, node in ipairs(r.nodes) do
    if of[i - 1] then nodes[#nodes + 1] = node_of(node, of[i - 1], r.nodes) end
  end
  return table.concat {
    ('{"type":"tracelb", "version":"0.1", "userid":%d'):format(r.user or 0),
    (', "method":"%s"'):format(METHODS[r.type] or "?"), values.ends(r),
    r.type ~= ICMP and (', "sport":%d, "dport":%d'):format(r.sport or 0, r.dport or 0) or "",
    values.start(r.start),
    (', "probe_size":%d, "firsthop":%d, "attempts":%d'):format(r.probe_size or 0,
      r.first_hop or 1, r.attempts or 0),
    (', "confidence":%d, "tos":%d, "gaplimit":%d'):format(r.confidence or 0, r.tos or 0,
      r.gap_limit or 0),
    (', "wait_timeout":%d, "wait_probe":%d'):format(r.timeout or 0, (r.wait or 0) * 10),
    (', "probec":%d, "probec_max":%d'):format(r.probes or 0, r.most_probes or 0),
    (', "nodec":%d, "linkc":%d'):format(#r.nodes, #r.links),
    nodes[1] and ', "nodes":[' .. table.concat(nodes, ",") .. "]" or "", "}",
  }
end

return M
