-- SPDX-License-Identifier: MIT
--
-- The result of a trace as RIPE Atlas gives it: for each hop its packets in the order of sending,
-- { "x": "*" } for one without an answer.
--
-- `size` is what follows the IP header and 8 bytes of ICMP or UDP (20 of TCP), of probes and of
-- replies. Duplicates follow their packet. A late reply stands at the end of its hop, with the
-- number of packets that were sent after its own, and without a time.

local M = {}

local V4, V6 = 20, 40
local HEADER = { icmp = 8, udp = 8, tcp = 20 }
local FLAGS = { { 1, "F" }, { 2, "S" }, { 4, "R" }, { 8, "P" }, { 16, "A" }, { 32, "U" } }
local PORT = { [4] = 3, [6] = 4 }
local UNREACH = { [4] = 3, [6] = 1 }
local LETTERS = {
  [4] = { [0] = "N", "H", "P", [13] = "A" },
  [6] = { [0] = "N", "A", "h", "H" },
}

--- Returns 4 or 6.
---@param address string
---@return integer
function M.family(address) return address:find(":", 1, true) and 6 or 4 end

--- Returns the bytes behind the headers of a packet.
---@param size? integer of the whole packet
---@param family integer
---@param protocol string
---@return integer?
function M.size(size, family, protocol)
  return size and math.max(size - (family == 6 and V6 or V4) - HEADER[protocol], 0)
end

local function flags(value)
  local out = ""
  for _, flag in ipairs(FLAGS) do
    if math.floor(value / flag[1]) % 2 == 1 then out = out .. flag[2] end
  end
  return out
end

-- Returns a TOS if it says something: it is not 0, or that of the probes was not.
local function shown_tos(tos, result)
  return tos and (tos ~= 0 or (result.tos or 0) ~= 0) and tos or nil
end

-- What an unreachable means: a letter, or its code; nil for a closed port, which only TCP marks.
local function fault(reply, protocol)
  local family, code = M.family(reply.addr), reply.icmp_code
  if reply.icmp_type ~= UNREACH[family] or not code or reply.too_big then return nil end
  if code == PORT[family] then return protocol == "tcp" and "p" or nil end
  return LETTERS[family][code] or code
end

-- The labels of MPLS, as Atlas names their parts.
local function labels(stack)
  local list = {}
  for i, l in ipairs(stack) do list[i] = { label = l.label, exp = l.tc, s = l.s, ttl = l.ttl } end
  return list
end

local function extensions(list)
  if not list or not list[1] then return nil end
  local objects = {}
  for i, object in ipairs(list) do
    objects[i] = { class = object.class, type = object.type,
      mpls = object.mpls and labels(object.mpls) or nil }
  end
  return { version = 2, rfc4884 = 1, obj = objects }
end

local function packet(reply, result, late)
  local quoted, tcp = reply.quoted, reply.protocol == "tcp"
  local out = {
    from = reply.addr, ttl = reply.reply_ttl,
    size = M.size(reply.reply_size, M.family(reply.addr), reply.protocol),
    rtt = not late and reply.rtt or nil, late = late, dup = reply.dup,
    ittl = quoted and quoted.ttl ~= 1 and quoted.ttl or nil,
    itos = shown_tos(quoted and quoted.tos, result),
    tos = shown_tos(not quoted and reply.tos, result),
    err = fault(reply, result.protocol), mtu = reply.too_big and reply.mtu or nil,
    icmpext = extensions(reply.ext),
  }
  if tcp and reply.tcp_flags then out.flags = flags(reply.tcp_flags) end
  if tcp and reply.mss then out.hdropts = { { mss = reply.mss } } end
  return out
end

-- Returns the late replies of a hop.
local function add_late(hop, result, list)
  local sent = #hop.attempts
  for _, reply in ipairs(hop.replies) do
    if reply.late then
      list[#list + 1] = packet(reply, result, math.max(sent - reply.attempt, 1))
    end
  end
end

-- Returns the packets of a hop.
local function packets(hop, result)
  local list = {}
  for attempt, at in ipairs(hop.attempts) do
    local first = at and hop.replies[at]
    list[#list + 1] = first and not first.late and packet(first, result) or { x = "*" }
    for i, reply in ipairs(hop.replies) do
      local other = reply.attempt == attempt and i ~= at
      if other and not reply.late then list[#list + 1] = packet(reply, result) end
    end
  end
  add_late(hop, result, list)
  return list
end

-- Returns a hop; nil if nothing is known of it.
local function hop_of(hop, result)
  if hop.skipped then return nil end
  if hop.error and not hop.replies[1] then
    return { hop = hop.ttl, error = "sendto failed: " .. hop.error }
  end
  local list = packets(hop, result)
  return list[1] and { hop = hop.ttl, result = list } or nil
end

--- Returns the members of a result that come from the trace.
---@param result mtr.Result a kept result, or a plain table of its shape
---@return table
function M.members(result)
  local family, hops = M.family(result.dst), {}
  for _, hop in ipairs(result.hops) do hops[#hops + 1] = hop_of(hop, result) end
  local start = result.start or 0
  return {
    type = "traceroute", dst_name = result.target, dst_addr = result.dst, src_addr = result.src,
    proto = result.protocol:upper(), af = family,
    size = M.size(result.size, family, result.protocol),
    paris_id = result.multipath ~= "classic" and result.flow or nil,
    tos = result.tos and result.tos > 0 and result.tos or nil, result = hops,
    timestamp = math.floor(start), endtime = math.floor(start + (result.duration or 0) / 1000),
  }
end

return M
