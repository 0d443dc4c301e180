-- SPDX-License-Identifier: MIT
--
-- What the tables of replies have in common (mtr.report.caracal, mtr.report.saimiris): a row for
-- each reply, addresses as IPv6, round-trip times in tenths of a millisecond. Results are copies.

local ext = require "mtr.record.ext"

local M = {}

local NUMBER = { icmp = 1, tcp = 6, udp = 17 }
local ICMP6 = 58

--- Returns an address as IPv6; IPv4 is mapped (::ffff:192.0.2.1).
---@param addr? string nil: unspecified
---@return string
function M.mapped(addr)
  if not addr then return "::" end
  return addr:find ":" and addr or "::ffff:" .. addr
end

--- Returns the number of a protocol in the IP header of a packet from or to an address; 0: it is
--- not known.
---@param protocol? string
---@param addr string
---@return integer
function M.protocol(protocol, addr)
  return protocol == "icmp" and addr:find ":" and ICMP6 or NUMBER[protocol] or 0
end

--- Returns what stands for the flow of a reply's probe: that of the trace's flow, counted on for
--- other flows. ICMP: the checksum. Results of warts know no flows.
---@param result mtr.Result
---@param reply mtr.Reply
---@return integer
function M.source_port(result, reply)
  local base, flow = rawget(result, result.protocol == "icmp" and "icmp_sum" or "sport"), reply.flow
  if not base then return flow or 0 end
  return flow and (base + flow - (result.flow or 0)) % 65536 or base
end

--- Returns when a reply came: unix seconds. A result without its start counts from 1970.
---@param result mtr.Result
---@param reply mtr.Reply
---@return number
function M.received(result, reply)
  return (result.start or 0) + ((reply.at or 0) + reply.rtt) / 1000
end

--- Returns the round-trip time of a reply in tenths of a millisecond, at most 65535.
---@param reply mtr.Reply
---@return integer
function M.tenths(reply) return math.min(65535, math.floor(reply.rtt * 10 + 0.5)) end

--- Returns the MPLS labels of a reply: [(label,traffic class,bottom of stack,ttl), ...]
---@param reply mtr.Reply
---@return string
function M.labels(reply)
  return "[" .. table.concat(ext.mpls(reply.ext, "(%d,%d,%d,%d)"), ",") .. "]"
end

--- Returns row(result, ttl, reply) of all replies of a result, joined.
---@param result mtr.Result|mtr.BorrowedResult
---@param row fun(result: mtr.Result, ttl: integer, reply: mtr.Reply): string
---@return string
function M.rows(result, row)
  local kept, rows = result:copy(), {}
  for ttl, hop in ipairs(kept.hops) do
    for _, reply in ipairs(hop.replies) do rows[#rows + 1] = row(kept, ttl, reply) end
  end
  return table.concat(rows)
end

return M
