-- SPDX-License-Identifier: MIT
--
-- The reporter that writes the columns of Saimiris' table of replies, as CSV: a header, and one row
-- for each reply. Probes without a reply are not written.
--
--   date                of time_received_ns, UTC
--   time_inserted_ns    now; both times are unix seconds with nine decimals
--   agent_id            the vantage point: `monitor` of the results
--   reply_id, probe_id  identification of the IPv4 packet; that of a probe is not known: 0
--   reply_dst_addr      where the probe came from; all addresses are IPv6, IPv4 is mapped
--   probe_src_port      as in mtr.report.caracal
--   rtt                 tenths of a millisecond

---@class mtr.Reports
---@field saimiris fun(out?: mtr.ReportOut): mtr.Reporter the columns of its table, as CSV

local columns = require "mtr.report.columns"
local Sink = require "mtr.report.sink"

local Saimiris = {}

--- Returns the header.
---@return string
function Saimiris:head() -- luacheck: no self
  return "date,time_inserted_ns,time_received_ns,agent_id,reply_src_addr,reply_dst_addr,reply_id,"
    .. "reply_size,reply_ttl,reply_quoted_ttl,reply_protocol,reply_icmp_type,reply_icmp_code,"
    .. "reply_mpls_labels,probe_src_addr,probe_dst_addr,probe_id,probe_size,probe_ttl,"
    .. "probe_protocol,probe_src_port,probe_dst_port,rtt\n"
end

-- Returns a name or number of the user as a text in quotes.
local function quoted(id) return '"' .. Sink.plain(tostring(id)):gsub('"', '""') .. '"' end

--- Writes one result.
---@param result mtr.BorrowedResult
function Saimiris:trace(result)
  local now = os.time()
  local rows = columns.rows(result, function(kept, ttl, reply)
    local at, source = columns.received(kept, reply), columns.mapped(kept.src)
    return ('%s,%d.000000000,%.6f000,%s,%s,%s,%d,%d,%d,%d,%d,%d,%d,"%s",%s,%s,0,%d,%d,%d,%d,%d,'
      .. '%d\n'):format(os.date("!%Y-%m-%d", math.floor(at)), now, at, quoted(kept.monitor or ""),
        columns.mapped(reply.addr), source, reply.ip_id or 0, reply.reply_size or 0,
        reply.reply_ttl or 0, reply.quoted and reply.quoted.ttl or 0,
        columns.protocol(reply.protocol, reply.addr), reply.icmp_type or 0, reply.icmp_code or 0,
        columns.labels(reply), source, columns.mapped(kept.dst), kept.size or 0, ttl,
        columns.protocol(kept.protocol, kept.dst), columns.source_port(kept, reply),
        kept.dport or 0, columns.tenths(reply))
  end)
  return rows == "" or self.sink:write(rows)
end

return Sink.reporter("saimiris", Saimiris, { buffered = true })
