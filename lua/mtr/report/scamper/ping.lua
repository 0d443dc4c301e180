-- SPDX-License-Identifier: MIT
--
-- The line of JSON that scamper's sc_warts2json prints of a ping, from the record of
-- mtr.report.warts.ping.

local unpack = require "mtr.compat".unpack
local address = require "mtr.report.warts.address"
local values = require "mtr.report.scamper.values"

local M = {}

local METHODS = { [0] = "icmp-echo", "tcp-ack", "tcp-ack-sport", "udp", "udp-dport", "icmp-time",
  "tcp-syn", "tcp-synack", "tcp-rst", "tcp-syn-sport", "udp-sport" }
local PROTOCOLS = { [1] = "icmp", [6] = "tcp", [17] = "udp", [58] = "icmp" }

local function reply_of(reply)
  local protocol = PROTOCOLS[reply.protocol or 1] or tostring(reply.protocol)
  local out = {
    ('{"from":"%s", "seq":%d'):format(address.text(reply.addr), reply.probe_id or 0),
    (', "reply_size":%d, "reply_ttl":%d'):format(reply.size or 0, reply.ttl or 0),
    (', "reply_proto":"%s"'):format(protocol),
  }
  if reply.sent then
    out[#out + 1] = values.time("tx", reply.sent) .. values.time("rx", reply.sent + reply.rtt)
  end
  out[#out + 1] = (', "rtt":%s'):format(values.ms(reply.rtt or 0))
  if reply.addr:byte() == 1 then
    out[#out + 1] = (', "probe_ipid":%d, "reply_ipid":%d'):format(reply.probe_ip_id or 0,
      reply.ip_id or 0)
  end
  if protocol == "icmp" then
    out[#out + 1] = (', "icmp_type":%d, "icmp_code":%d'):format(unpack(reply.icmp or { 0, 0 }))
  elseif protocol == "tcp" then
    out[#out + 1] = (', "tcp_flags":%d'):format(reply.tcp_flags or 0)
  end
  return table.concat(out) .. "}"
end

-- Statistics of all replies, duplicates included, in whole microseconds: scamper cuts off what is
-- below them. "replies" is the number of probes with a reply.
local function statistics(r)
  local seen, answered, n, sum, least, most, squares = {}, 0, #r.replies, 0, nil, 0, 0
  for _, reply in ipairs(r.replies) do
    local id, rtt = reply.probe_id or 0, reply.rtt or 0
    if not seen[id] then seen[id], answered = true, answered + 1 end
    sum, least, most = sum + rtt, math.min(least or rtt, rtt), math.max(most, rtt)
  end
  local sent = r.sent or 0
  local loss = answered >= sent and "0" or answered == 0 and "1"
    or ("%.2f"):format((sent - answered) / sent)
  local out = ('"statistics":{"replies":%d, "loss":%s'):format(answered, loss)
  if n == 0 then return out .. "}" end
  for _, reply in ipairs(r.replies) do squares = squares + ((reply.rtt or 0) - sum / n) ^ 2 end
  return out .. (', "min":%s, "max":%s, "avg":%s, "stddev":%s}'):format(values.ms(least),
    values.ms(most), values.ms(math.floor(sum / n)),
    values.ms(math.floor(math.sqrt(squares / n))))
end

--- Returns a ping as JSON.
---@param r table record of mtr.report.warts
---@return string
function M.line(r)
  local replies, seconds, us = {}, values.split(r.start or 0)
  for i, reply in ipairs(r.replies) do replies[i] = reply_of(reply) end
  local method = METHODS[r.method or 0] or "?"
  return table.concat {
    ('{"type":"ping", "version":"0.4", "method":"%s"'):format(method),
    values.ends(r), (', "start":{"sec":%d,"usec":%d}'):format(seconds, us),
    (', "ping_sent":%d, "probe_size":%d, "userid":%d, "ttl":%d, "wait":%d'):format(r.sent or 0,
      r.probe_size or 0, r.user or 0, r.ttl or 0, r.wait or 0),
    r.wait_us and (', "wait_us":%d'):format(r.wait_us) or "",
    (', "timeout":%d'):format(r.timeout or r.wait or 0),
    method:find "^icmp" and "" or (', "sport":%d, "dport":%d'):format(r.sport or 0, r.dport or 0),
    method:find "^tcp" and (', "tcp_seq":%d, "tcp_ack":%d'):format(r.tcp_seq or 0, r.tcp_ack or 0)
      or "",
    ', "responses":[', table.concat(replies, ","), "],", statistics(r), "}",
  }
end

return M
