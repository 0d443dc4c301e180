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

---@class mtr.Reports
---@field caracal fun(out?: mtr.ReportOut, opts?: { round?: integer }): mtr.Reporter its CSV

local columns = require "mtr.report.columns"
local Sink = require "mtr.report.sink"

local Caracal = {}

--- Returns the header.
---@return string
function Caracal:head() -- luacheck: no self
  return "capture_timestamp,probe_protocol,probe_src_addr,probe_dst_addr,probe_src_port,"
    .. "probe_dst_port,probe_ttl,quoted_ttl,reply_src_addr,reply_protocol,reply_icmp_type,"
    .. "reply_icmp_code,reply_ttl,reply_size,reply_mpls_labels,rtt,round\n"
end

--- Writes one result.
---@param result mtr.BorrowedResult
function Caracal:trace(result)
  local round = self.opts.round or 1
  local rows = columns.rows(result, function(kept, ttl, reply)
    local quoted = reply.quoted
    return ('%.0f,%d,%s,%s,%d,%d,%d,%d,%s,%d,%d,%d,%d,%d,"%s",%d,%s\n'):format(
      math.floor(columns.received(kept, reply)), columns.protocol(kept.protocol, kept.dst),
      columns.mapped(kept.src), columns.mapped(kept.dst), columns.source_port(kept, reply),
      kept.dport or 0, ttl, quoted and quoted.ttl or 0, columns.mapped(reply.addr),
      columns.protocol(reply.protocol, reply.addr), reply.icmp_type or 0, reply.icmp_code or 0,
      reply.reply_ttl or 0, reply.reply_size or 0, columns.labels(reply), columns.tenths(reply),
      round)
  end)
  return rows == "" or self.sink:write(rows)
end

return Sink.reporter("caracal", Caracal, { buffered = true })
