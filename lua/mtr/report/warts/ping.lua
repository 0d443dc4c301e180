-- SPDX-License-Identifier: MIT
--
-- Makes the warts record of a ping from its results (see mtr.report.ping), and the results from the
-- record. The record needs more of them than their JSON has: of the start { start = unix s, src =,
-- sport =, port =, protocol =, ttl =, tos =, count =, interval =, timeout = (durations) }, of an
-- answer { at = ms since then, reply = the reply }. What is missing is left out.

local units = require "mtr.base.units"
local address = require "mtr.report.warts.address"
local result = require "mtr.report.warts.result"
local trace = require "mtr.report.warts.trace"

local M = {}

local clamp, has = trace.clamp, result.has

local METHODS = { udp = 3, tcp = 6 }
local PROTOCOLS = { [0] = "icmp", "tcp", "tcp", "udp", "udp", "icmp", "tcp", "tcp", "tcp", "tcp",
  "udp" }
local NUMBERS = { icmp = 1, tcp = 6, udp = 17 }
local COMPLETED, HALTED = 1, 3
local TTL_KNOWN, ID_KNOWN, TOS_KNOWN = 1, 2, 32

local function nonzero(n) return n and n ~= 0 and n or nil end

-- The type and code of a message: without the reply itself only those of an echo reply are known.
local function codes(line, reply, six, protocol)
  if reply then
    local code = reply.icmp_type and (reply.icmp_code or not line.error and 0)
    return code and { reply.icmp_type, code }
  end
  return not line.error and protocol == "icmp" and { six and 129 or 0, 0 } or nil
end

local function reply_of(line, start, protocol)
  local reply, six = line.reply, line.addr:find(":", 1, true) ~= nil
  local id, tos = reply and reply.ip_id, reply and reply.tos
  local kind = reply and reply.protocol or protocol
  local sent = start and line.at and start + math.floor(line.at * 1000 + 0.5) or nil
  return {
    flags = nonzero((line.ttl and TTL_KNOWN or 0) + (id and ID_KNOWN or 0)
      + (tos and TOS_KNOWN or 0)),
    ttl = line.ttl, size = clamp(line.size, 65535), icmp = codes(line, reply, six, protocol),
    rtt = clamp(line.rtt * 1000 + 0.5, 2 ^ 32 - 1), probe_id = line.seq - 1,
    ip_id = not six and id or nil, ip_id32 = six and id or nil,
    protocol = protocol ~= "icmp" and kind and NUMBERS[kind] or nil,
    tcp_flags = reply and reply.tcp_flags, addr = address.of(line.addr), sent = sent,
    tos = nonzero(tos), mtu = reply and reply.too_big and clamp(reply.mtu, 65535) or nil,
  }
end

--- Makes the record of a ping.
---@param lines table its results; lines.start is the first, the summary is the last
---@param ids { list: integer, cycle: integer }
---@return table
function M.record(lines, ids)
  local first, summary = lines.start, lines[#lines]
  local start, interval = first.start and trace.us(first.start), units.duration(first.interval)
  local replies, most = {}, 0
  for _, line in ipairs(lines) do
    if line.type == "ping" and line.addr and line.seq and line.seq <= 65535 then
      replies[#replies + 1] = reply_of(line, start, first.protocol)
      most = math.max(most, line.seq)
    end
  end
  local count = first.count or summary.sent
  local us = interval and math.floor(interval * 1000 + 0.5)
  local seconds = us and clamp(us / 1e6, 255)
  local timeout = units.duration(first.timeout)
  return {
    record = "ping", list = nonzero(ids.list), cycle = nonzero(ids.cycle), start = start,
    stop_reason = first.count and summary.sent < first.count and HALTED or COMPLETED,
    stop_data = 0, count = clamp(count, 65535), probe_size = clamp(first.size, 65535),
    wait = seconds, wait_us = us and nonzero(clamp(us - seconds * 1e6, 999999)), ttl = first.ttl,
    sent = clamp(math.max(summary.sent, most), 65535),
    method = METHODS[first.protocol], sport = first.sport, dport = first.port,
    src = address.of(first.src),
    dst = address.of(first.dst), tos = nonzero(first.tos), replies = replies,
    timeout = timeout and clamp(timeout / 1000, 255),
    timeout_us = timeout and nonzero(math.floor(timeout % 1000 * 1000 + 0.5)) or nil,
  }
end

-- What a message that is not the answer means; nil for the answer.
local function fault(reply, six)
  local kind = reply.icmp and reply.icmp[1]
  if not kind or kind == (six and 129 or 0) then return nil end
  local code = reply.icmp[2]
  if kind == (six and 1 or 3) and code == (six and 4 or 3) then return nil end
  if kind == (six and 3 or 11) then return "time exceeded" end
  return ("!<%d-%d>"):format(kind, code)
end

local function summary(record, rtts, answered, errors)
  local sent, n, sum, squares, jitter = record.sent or 0, #rtts, 0, 0, 0
  local out = { sent = sent, received = answered, errors = errors > 0 and errors or nil,
    unanswered = 100 * math.max(sent - answered, 0) / math.max(sent, 1) }
  if n == 0 then return out end
  for i, rtt in ipairs(rtts) do
    sum, squares = sum + rtt, squares + rtt * rtt
    if i > 1 then jitter = jitter + math.abs(rtt - rtts[i - 1]) end
  end
  out.min, out.max, out.avg = rtts[1], rtts[1], sum / n
  for _, rtt in ipairs(rtts) do
    out.min, out.max = math.min(out.min, rtt), math.max(out.max, rtt)
  end
  out.mdev = math.sqrt(math.max(squares / n - out.avg * out.avg, 0))
  out.jitter = n > 1 and jitter / (n - 1) or 0
  return out
end

local function line_of(reply, record, seen)
  local flags, id = reply.flags or 0, reply.probe_id or 0
  local text = address.text(reply.addr)
  local line = { type = "ping", seq = id + 1, addr = text, rtt = result.ms(reply.rtt or 0),
    ttl = has(flags, TTL_KNOWN) and reply.ttl or nil, size = reply.size, dup = seen[id],
    at = reply.sent and record.start and result.ms(reply.sent - record.start) or nil,
    error = fault(reply, text:find(":", 1, true) ~= nil) }
  return line
end

--- Makes the results of a record: the start, a line for each reply and each probe without one, and
--- the summary.
---@param record table
---@param file table the file that it is from
---@return table[]
function M.results(record, file)
  local dst, seen, rtts, answered, errors = address.text(record.dst), {}, {}, 0, 0
  local lines = { { type = "ping_start", size = record.probe_size or 0, ttl = record.ttl,
    protocol = PROTOCOLS[record.method or 0] or "icmp", tos = record.tos, count = record.count,
    start = record.start and record.start / 1e6, src = address.text(record.src),
    _warts = record, _file = file } }
  for _, reply in ipairs(record.replies) do
    local line = line_of(reply, record, seen)
    if line.error then errors = errors + 1 end
    if not line.error and not seen[line.seq - 1] then
      rtts[#rtts + 1], answered = line.rtt, answered + 1
    end
    seen[line.seq - 1] = seen[line.seq - 1] or not line.error and true or nil
    lines[#lines + 1] = line
  end
  for id = 0, (record.sent or 0) - 1 do
    if not seen[id] then
      lines[#lines + 1] = { type = "ping", seq = id + 1, error = "no answer" }
    end
  end
  local last = summary(record, rtts, answered, errors)
  last.type = "ping_summary"
  lines[#lines + 1] = last
  for _, line in ipairs(lines) do line.target, line.dst = dst, dst end
  return lines
end

return M
