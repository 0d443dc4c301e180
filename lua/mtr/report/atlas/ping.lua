-- SPDX-License-Identifier: MIT
--
-- The results of a ping as RIPE Atlas gives them: a packet for each answer, { "x": "*" } for a
-- probe without one, and the summary. TTL and size of an answer are given if they differ from those
-- of the answer before it.

local units = require "mtr.base.units"
local trace = require "mtr.report.atlas.trace"

local M = {}

-- Adds an answer. `last` has the TTL and size of the answer before it.
local function answer(line, last, size, list)
  list[#list + 1] = { rtt = line.rtt, dup = line.dup and 1 or nil,
    ttl = line.ttl ~= last.ttl and line.ttl or nil, size = size ~= last.size and size or nil }
  last.ttl, last.size = line.ttl, size
end

-- Returns the packets, and the first answer.
local function packets(lines, family, protocol)
  local list, last, first = {}, {}, nil
  for _, line in ipairs(lines) do
    local size = trace.size(line.size, family, protocol)
    if line.type == "ping" and line.addr and not line.error and not line.late then
      if not first then
        first = line
        last.ttl, last.size = line.ttl, size
      end
      answer(line, last, size, list)
    elseif line.type == "ping" and not line.addr then
      local silent = line.error == "no answer"
      list[#list + 1] = silent and { x = "*" } or { error = "sendto failed: " .. line.error }
    end
  end
  return list, first
end

local function count(list, name)
  local n = 0
  for _, packet in ipairs(list) do if packet[name] then n = n + 1 end end
  return n
end

--- Returns the members of a result that come from the ping.
---@param lines table of mtr.report.ping_collector
---@return table
function M.members(lines)
  local start, summary = lines.start, lines[#lines]
  local family, protocol = trace.family(start.dst), start.protocol or "icmp"
  local list, first = packets(lines, family, protocol)
  local interval = units.duration(start.interval)
  return {
    type = "ping", dst_name = start.target, dst_addr = start.dst, src_addr = start.src,
    proto = protocol:upper(), af = family, ttl = first and first.ttl,
    size = trace.size(start.size, family, protocol), result = list,
    timestamp = math.floor(start.start or 0), sent = summary.sent, rcvd = summary.received,
    dup = count(list, "dup"), min = summary.min or -1, avg = summary.avg or -1,
    max = summary.max or -1, step = interval and interval / 1000 or nil,
  }
end

return M
