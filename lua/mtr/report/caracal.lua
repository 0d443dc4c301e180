-- SPDX-License-Identifier: MIT
--
-- The reporter that writes the CSV of caracal, which Iris and diamond-miner read: a header, and one
-- row for each reply. Probes without a reply are not written.
--
--   capture_timestamp   when the reply came, unix seconds
--   probe_protocol      1 ICMP, 6 TCP, 17 UDP, 58 ICMPv6; reply_protocol too
--   probe_src_addr      addresses are IPv6; IPv4 addresses are mapped (::ffff:192.0.2.1)
--   probe_src_port      of the trace's flow, ICMP: its checksum; if a trace has several flows, the
--                       numbers of the others are counted from there
--   quoted_ttl          0: the reply quotes nothing
--   reply_mpls_labels   [(label,traffic class,bottom of stack,ttl), ...]
--   rtt                 tenths of a millisecond
--   round               the option `round`, default 1

local ext = require "mtr.record.ext"
local Sink = require "mtr.report.sink"

local NUMBER = { icmp = 1, tcp = 6, udp = 17 }
local ICMP6 = 58

local Caracal = {}

--- Returns the header.
---@return string
function Caracal:head() -- luacheck: no self
  return "capture_timestamp,probe_protocol,probe_src_addr,probe_dst_addr,probe_src_port,"
    .. "probe_dst_port,probe_ttl,quoted_ttl,reply_src_addr,reply_protocol,reply_icmp_type,"
    .. "reply_icmp_code,reply_ttl,reply_size,reply_mpls_labels,rtt,round\n"
end

local function mapped(addr) return addr:find ":" and addr or "::ffff:" .. addr end

local function number(protocol, addr)
  return protocol == "icmp" and addr:find ":" and ICMP6 or NUMBER[protocol]
end

-- Returns what stands for the flow of a reply's probe: that of the trace's flow, counted on for
-- other flows. Results of warts know no flows.
local function source_port(result, reply)
  local base, flow = rawget(result, result.protocol == "icmp" and "icmp_sum" or "sport"), reply.flow
  if not base then return flow or 0 end
  return flow and (base + flow - (result.flow or 0)) % 65536 or base
end

local function row(result, ttl, reply, round)
  local quoted = reply.quoted
  return ('%.0f,%d,%s,%s,%d,%d,%d,%d,%s,%d,%d,%d,%d,%d,"[%s]",%d,%s\n'):format(
    math.floor(result.start + (reply.at + reply.rtt) / 1000),
    number(result.protocol, result.dst), mapped(result.src or "::"), mapped(result.dst),
    source_port(result, reply), result.dport or 0, ttl, quoted and quoted.ttl or 0,
    mapped(reply.addr), number(reply.protocol, reply.addr), reply.icmp_type or 0,
    reply.icmp_code or 0, reply.reply_ttl or 0, reply.reply_size or 0,
    table.concat(ext.mpls(reply.ext, "(%d,%d,%d,%d)"), ","),
    math.min(65535, math.floor(reply.rtt * 10 + 0.5)), round)
end

--- Writes one result.
---@param result mtr.BorrowedResult
function Caracal:trace(result)
  local kept, rows, round = result:copy(), {}, self.opts.round or 1
  for ttl, hop in ipairs(kept.hops) do
    for _, reply in ipairs(hop.replies) do rows[#rows + 1] = row(kept, ttl, reply, round) end
  end
  if not rows[1] then return true end
  return self.sink:write(table.concat(rows))
end

return Sink.reporter("caracal", Caracal, { buffered = true })
