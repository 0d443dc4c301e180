-- SPDX-License-Identifier: MIT
--
-- Turns events (struct mtr_event) into tables of replies. Only this file knows what each field of
-- the struct means; results, hooks and mtr.probe all get their replies here.
--
-- A flag is a field that is there only if it is true, so that a printed reply is short.

local compat = require "mtr.compat"
local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local words = require "mtr.record.words"
local ext = require "mtr.record.ext"
local kept = require "mtr.record.kept"

local C, bit = lib.C, compat.bit
local band = bit.band
local M = {}

local FLAGS, ANY_FLAG = {}, 0
for name, flag in pairs(words.flags) do
  FLAGS[#FLAGS + 1], ANY_FLAG = { name = name, flag = flag }, bit.bor(ANY_FLAG, flag)
end

--- Rounds milliseconds to three decimals: the precision of a float, and of printed results.
---@param ms number
---@return number
M.ms = compat.whole(function(ms) return math.floor(ms * 1000 + 0.5) / 1000 end)

-- Flags that show that a reply is an answer, or why it is not an answer.
local EXPLAINED = bit.bor(
  C.MTR_REPLY_DUP, C.MTR_REPLY_LATE, C.MTR_REPLY_TOO_BIG, C.MTR_REPLY_ANSWER)

--- Returns true if its flags show what a reply is: an answer, or why it is not one.
---@param flags integer
---@return boolean
function M.counts(flags) return band(flags, EXPLAINED) ~= 0 end

--- Returns true if a reply can be the answer that gives its hop addr and rtt.
---@param flags integer
---@return boolean
function M.primary(flags) return band(flags, C.MTR_REPLY_PRIMARY) ~= 0 end

local CHANGED = { "src", "dst", "sport", "dport", "id", "ip_id" }
local ANY_CHANGED = C.MTR_QUOTE_SRC * (2 ^ #CHANGED - 1)

-- Returns the names of the fields of a quote that differ from the probe; nil if none does.
local function changed(bits)
  local list
  for i, name in ipairs(CHANGED) do
    if band(bits, C.MTR_QUOTE_SRC * 2 ^ (i - 1)) ~= 0 then
      list = list or {}
      list[#list + 1] = name
    end
  end
  return list
end

local function quote(e, flags)
  if band(flags, C.MTR_REPLY_QUOTE) == 0 then return nil end
  local tier = band(e.stop, C.MTR_QUOTE_TIER) + 1
  return {
    ttl = e.quoted_ttl,
    tos = e.quoted_tos,
    size = e.quoted_size,
    changed = band(e.stop, ANY_CHANGED) ~= 0 and changed(e.stop) or nil,
    nat = band(flags, C.MTR_REPLY_NAT) ~= 0 or nil,
    tier = tier > 1 and tier or nil,
    truncated = band(flags, C.MTR_REPLY_TRUNCATED) ~= 0 or nil,
  }
end

--- Returns where the extension objects of an event begin, in bytes.
---@param e mtr.Event
---@return integer
function M.ext_offset(e) return (e.ext_high * 65536 + e.ext) * 4 end

-- Sets the fields of a reply that are there only if they are true.
local function mark(reply, flags)
  for _, f in ipairs(FLAGS) do
    if band(flags, f.flag) ~= 0 then reply[f.name] = true end
  end
end

--- Returns the reply in an event, as a table.
---@param e mtr.Event
---@param objects ffi.cdata* the memory into which M.ext_offset(e) is an offset
---@return mtr.Reply
function M.read(e, objects)
  local flags = e.flags
  local icmp, tcp = e.protocol == C.MTR_ICMP, e.protocol == C.MTR_TCP
  local known = e.reply_size ~= 0      -- the transport has seen the reply's IP header
  local reply = {
    ttl = e.ttl,
    addr = addr.text(e.addr, e.family),
    addr_class = e.family == 4 and e.addr[0] == 0 and "this-network" or nil,
    rtt = M.ms(e.rtt),
    attempt = e.attempt,
    flow = e.flow,
    at = M.ms(e.at),
    protocol = words.protocol[e.protocol],
    icmp_type = icmp and e.icmp_type or nil,
    icmp_code = icmp and e.icmp_code ~= C.MTR_NO_CODE and e.icmp_code or nil,
    tcp_flags = tcp and e.tcp_flags ~= 0 and e.tcp_flags or nil,
    reply_ttl = e.reply_ttl ~= 0 and e.reply_ttl or nil,
    reply_size = known and e.reply_size or nil,
    ip_id = known and e.family == 4 and e.ip_id or nil,
    tos = known and e.tos or nil,
    quoted = quote(e, flags),
    ignored = not M.counts(flags) or nil,
    tstamp = band(flags, C.MTR_REPLY_USER_TIME) ~= 0 and "user" or "kernel",
  }
  if e.mtu > 0 then reply[tcp and "mss" or "mtu"] = e.mtu end
  -- Most replies have none: LuaJIT then compiles this function without a loop.
  if band(flags, ANY_FLAG) ~= 0 then mark(reply, flags) end
  if e.ext_words > 0 then
    local malformed
    reply.ext, malformed = ext.read(objects + M.ext_offset(e), e.ext_words * 4)
    reply.ext_malformed = reply.ext_malformed or malformed or nil
  end
  -- No tail call: LuaJIT compiles few of them.
  setmetatable(reply, kept.reply)
  return reply
end

local capacity, room = 64, 65536
local events, objects = lib.new("struct mtr_event[?]", capacity), lib.new("uint8_t[?]", room)

--- Fetches the kept replies of a trace into scratch memory, valid until the next fetch.
---@param engine ffi.cdata*
---@param handle integer
---@param ttl integer a hop, or C.MTR_ALL_TTLS
---@return ffi.cdata* events
---@return integer count
---@return ffi.cdata* objects
function M.fetch(engine, handle, ttl)
  local n = C.mtr_replies(engine, handle, ttl, events, capacity, objects, room)
  if n > capacity then
    capacity, room = n * 2, n * 2048
    events, objects = lib.new("struct mtr_event[?]", capacity), lib.new("uint8_t[?]", room)
    n = C.mtr_replies(engine, handle, ttl, events, capacity, objects, room)
  end
  return events, math.max(n, 0), objects
end

-- Functions that read one field of a result each from struct mtr_info. A copied result calls all of
-- them, a borrowed result only those whose field is read.
---@type table<string, fun(info: ffi.cdata*): any>
local trace = {}
M.trace = trace

function trace.protocol(i) return words.protocol[i.protocol] end
function trace.multipath(i) return words.multipath[i.multipath] end
function trace.src(i) return addr.text(i.src, i.family) end
function trace.dst(i) return addr.format(i.dst, i.family) end
function trace.sport(i) return i.source_port > 0 and i.source_port or nil end
function trace.dport(i) return i.protocol ~= C.MTR_ICMP and i.port or nil end
function trace.flow(i) return i.flow end
function trace.flow_label(i)
  return i.family == 6 and i.flow_label <= 0xfffff and i.flow_label or nil
end
function trace.size(i) return i.size > 0 and i.size or nil end
function trace.start(i) return i.start end
function trace.duration(i) return M.ms(i.duration) end
function trace.stop_reason(i)
  return i.stop_reason ~= C.MTR_STOP_NONE and words.stop[i.stop_reason] or nil
end
function trace.stop_data(i)
  return i.stop_reason ~= C.MTR_STOP_NONE and i.stop_data ~= C.MTR_NO_CODE and i.stop_data or nil
end
function trace.first_ttl(i) return i.first_ttl end
function trace.icmp_sum(i) return i.icmp_sum > 0 and i.icmp_sum or nil end
function trace.tos(i) return i.tos end
function trace.tcp_flags(i)
  if i.protocol ~= C.MTR_TCP then return nil end
  return band(i.flags, C.MTR_TCP_ACK) ~= 0 and "ack" or "syn"
end
function trace.max_ttl(i) return i.max_ttl end
function trace.window(i) return i.window end
function trace.queries(i) return i.queries end
function trace.attempts(i) return i.attempts end
function trace.timeout(i) return M.ms(i.timeout) end
function trace.gap_limit(i) return i.gap_limit end
function trace.loop_limit(i) return i.loop_limit end
function trace.hop_count(i) return i.hop_count end
function trace.probe_count(i) return i.probes end

return M
