-- SPDX-License-Identifier: MIT
--
-- The line of JSON that scamper's sc_warts2json prints of a trace, from its record of
-- mtr.report.warts.trace. A field that the record lacks gets the value that scamper's reader of
-- warts gives to it.

local unpack = require "mtr.compat".unpack
local address = require "mtr.report.warts.address"
local json = require "mtr.record.json"
local words = require "mtr.record.words"
local values = require "mtr.report.scamper.values"

local M = {}

local METHODS = { "icmp-echo", "udp", "tcp", "icmp-echo-paris", "udp-paris", "tcp-ack" }
local STOPS = { [0] = "NONE" }
for number, word in pairs(words.warts_stop) do
  if type(number) == "number" then STOPS[number] = word:upper() end
end
local ECHO, PARIS, ICMP_SUM, IS_TCP, IS_UDP = 1, 4, 32, 32, 64

local function has(flags, flag) return math.floor((flags or 0) / flag) % 2 == 1 end

-- Does this message quote the probe? Packets too big of IPv6 do.
local function quotes(kind, six)
  if six then return kind == 1 or kind == 2 or kind == 3 end
  return kind == 3 or kind == 11
end

local function icmp(hop, six)
  local kind, code = unpack(hop.icmp or { 0, 0 })
  local out = (', "icmp_type":%d, "icmp_code":%d'):format(kind, code)
  if quotes(kind, six) then
    out = out .. (', "icmp_q_ttl":%d, "icmp_q_ipl":%d'):format(hop.quoted_ttl or 1,
      hop.quoted_size or hop.probe_size or 0)
    if not six then out = out .. (', "icmp_q_tos":%d'):format(hop.quoted_tos or 0) end
  end
  local big = six and kind == 2 or not six and kind == 3 and code == 4
  return big and out .. (', "icmp_nhmtu:":%d'):format(hop.mtu or 0) or out
end

--- Returns a reply as JSON.
---@param hop table
---@return string
function M.hop(hop)
  local six = hop.addr:byte() == 2
  local out = {
    ('{"addr":"%s"'):format(address.text(hop.addr)),
    hop.name and (', "name":%s'):format(json.encode(hop.name)) or "",
    (', "probe_ttl":%d, "probe_id":%d, "probe_size":%d'):format(hop.ttl, (hop.probe_id or 0) + 1,
      hop.probe_size or 0),
    hop.sent and values.time("tx", hop.sent) or "",
    (', "rtt":%s, "reply_ttl":%d, "reply_tos":%d, "reply_ipid":%d, "reply_size":%d'):format(
      values.ms(hop.rtt or 0), hop.reply_ttl or 0, hop.reply_tos or 0, hop.ip_id or 0,
      hop.reply_size or 0),
  }
  if has(hop.flags, IS_TCP) then
    out[#out + 1] = (', "tcp_flags":%d'):format(hop.tcp_flags or 0)
  elseif not has(hop.flags, IS_UDP) then
    out[#out + 1] = icmp(hop, six)
  end
  return table.concat(out) .. values.extensions(hop.ext) .. "}"
end

-- The ports, or the checksum of ICMP.
local function ports(r)
  if r.type == ECHO then return "" end
  if r.type ~= PARIS then return (', "sport":%d, "dport":%d'):format(r.sport or 0, r.dport or 0) end
  return has(r.flags, ICMP_SUM) and (', "icmp_sum":%d'):format(r.dport or 0) or ""
end

--- Returns a trace as JSON.
---@param r table record of mtr.report.warts
---@return string
function M.line(r)
  local hops, last = {}, 0
  for i, hop in ipairs(r.hops) do hops[i], last = M.hop(hop), math.max(last, hop.ttl) end
  return table.concat {
    ('{"type":"trace","version":"0.1", "userid":%d'):format(r.user or 0),
    (', "method":"%s"'):format(METHODS[r.type] or "?"), values.ends(r), ports(r),
    (', "stop_reason":"%s", "stop_data":%d'):format(STOPS[r.stop_reason] or "?", r.stop_data or 0),
    values.start(r.start),
    (', "hop_count":%d, "attempts":%d, "hoplimit":%d'):format(
      r.hop_count ~= 0 and r.hop_count or last, r.attempts or 0, r.hop_limit or 0),
    (', "firsthop":%d, "wait":%d, "wait_probe":%d'):format(r.first_hop or 1, r.timeout or 0,
      r.wait or 0),
    (', "tos":%d, "probe_size":%d, "probe_count":%d'):format(r.tos or 0, r.probe_size or 0,
      r.probes or 0),
    hops[1] and ', "hops":[' .. table.concat(hops, ",") .. "]" or "", "}",
  }
end

return M
