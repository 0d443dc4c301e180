-- SPDX-License-Identifier: MIT
--
-- The result of a trace. Its fields have the names that scamper uses.
--
-- At the end of a trace its replies are copied out of the engine as one block of memory. The field
-- `hops` is made of them when it is first read, so a result that is only counted stays small. Until
-- then pairs() does not see hops: read result.hops before you give a result to a generic printer.

local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local err = require "mtr.base.err"
local strict = require "mtr.base.strict"
local json = require "mtr.record.json"
local fields = require "mtr.record.fields"
local kept = require "mtr.record.kept"
local decode = require "mtr.record.decode"

local C = lib.C
local M = {}

---@class mtr.Result
---@field type "trace"
---@field version "2"
---@field list? string|integer this and the next three: the user's ids, see mtr.record.ids
---@field cycle? string|integer
---@field campaign? string|integer
---@field monitor? string|integer
---@field try? integer which attempt it is, from 1; in a campaign with the option retry
---@field transport string
---@field protocol "icmp"|"udp"|"tcp"
---@field multipath "paris"|"classic"|"dublin"
---@field src string
---@field dst string
---@field target string as it was given
---@field all_addresses? string[] of a name that has several
---@field sport? integer source port; ICMP: the echo identifier; nil: the transport chose it
---@field dport? integer UDP and TCP
---@field icmp_sum? integer paris ICMP: the checksum that all probes of the flow have; nil: another
--- method, or the transport chose it
---@field flow integer
---@field flow_label? integer IPv6
---@field size? integer bytes of each probe, after any packet too big; nil: the protocol's minimum
---@field tos integer of the probes
---@field tcp_flags? "syn"|"ack" of TCP probes
---@field start number unix seconds
---@field duration number ms
---@field stop_reason string why it ended: a word of mtr.record.words.stop
---@field stop_data? integer such as the unreachable's code; nil: the transport does not report it
---@field error? string traceback, when a hook failed
---@field first_ttl integer this and the next seven: as the options of the trace
---@field max_ttl integer
---@field window integer probes under way at once
---@field queries integer answers wanted of each hop
---@field attempts integer tries for each answer
---@field timeout number ms
---@field gap_limit integer 0: none
---@field loop_limit integer 0: none
---@field hop_count integer the last settled TTL
---@field probe_count integer
---@field hops mtr.Hop[] by TTL, without holes
---@field data? any as given; not in JSON
---@field doubletree? table what that strategy found: see strategy/builtin/doubletree.lua
---@field mda? table likewise
---@field pmtu? table likewise
local Result = {}

local SHAPE = json.shape({
  "type", "version", "list", "cycle", "campaign", "monitor", "try", "ttl", "skipped", "addr",
  "addr_class", "name", "origin", "rtt", "unanswered", "failed", "attempt", "at",
  "transport", "protocol", "multipath", "src", "dst", "target", "all_addresses", "sport", "dport",
  "icmp_sum", "flow", "flow_label", "size", "tos", "tcp_flags", "start", "duration", "stop_reason",
  "stop_data", "error", "first_ttl", "max_ttl", "window", "queries", "attempts", "timeout",
  "gap_limit", "loop_limit", "hop_count", "probe_count", "hops", "replies", "icmp_type",
  "icmp_code", "mss", "reply_ttl", "ip_id", "reply_size", "quoted", "nat", "mtu", "final",
  "unreach", "dup", "late", "tstamp", "ext", "class", "mpls", "label", "tc", "s",
}, { rtt = "%.3f", at = "%.3f", duration = "%.3f", start = "%.6f", timeout = "%.3f" })

-- Makes the hops from the copied events; a hop's address is that of its first answer.
local function build_hops(result)
  local hops, events = {}, result._events
  for ttl = 1, result.hop_count do
    hops[ttl] = setmetatable({ ttl = ttl, replies = {} }, kept.hop)
    if ttl < result.first_ttl then hops[ttl].skipped = true end
  end
  for i = 0, result._count - 1 do
    local e = events[i]
    local hop = hops[e.ttl]
    if hop and e.family == 0 then
      hop.unanswered = e.attempt > 0 and e.attempt or nil
      hop.failed = e.stop > 0 and e.stop or nil
      hop.error = e.error > 0 and err.name(e.error) or nil
    elseif hop then
      local reply = decode.read(e, result._objects)
      reply.ttl = nil
      hop.replies[#hop.replies + 1] = reply
      if decode.primary(e.flags) then
        hop.addr, hop.rtt, hop.addr_class = reply.addr, reply.rtt, addr.class(reply.addr)
      end
    end
  end
  result._events, result._objects, result._count = nil, nil, nil
  return hops
end

local function index(result, key)
  if key == "hops" then
    local hops = build_hops(result)
    rawset(result, "hops", hops)
    return hops
  end
  local value = Result[key]
  if value == nil then return (strict.missing("a result", key, fields.result, Result)) end
  return value
end

local META = { __index = index }

--- Returns the result as one line of JSON, without a newline and without `data`.
---@return string
function Result:json()
  local hops, data = self.hops, self.data
  self.data = nil
  local ok, text = pcall(json.encode, self, SHAPE)
  self.data = data
  assert(ok and hops, text)
  return text
end

--- Of a borrowed result these write it into memory; this one is written from its fields.
---@private
function Result:line() return nil end  -- luacheck: no self
Result.warts, Result.pack = Result.line, Result.line

--- Returns the result itself; of a borrowed result (mtr.campaign.borrowed) copy() makes one of
--- these.
---@return mtr.Result
function Result:copy() return self end

-- Copies the kept replies and their extension objects out of the scratch memory.
local function copy_replies(result, engine, handle)
  local events, n, objects = decode.fetch(engine, handle, C.MTR_ALL_TTLS)
  result._count = n
  if n == 0 then return end
  result._events = lib.new("struct mtr_event[?]", n)
  lib.copy(result._events, events, n * 64)
  local used = 0
  for i = 0, n - 1 do
    local e = events[i]
    used = math.max(used, decode.ext_offset(e) + e.ext_words * 4)
  end
  if used > 0 then
    result._objects = lib.new("uint8_t[?]", used)
    lib.copy(result._objects, objects, used)
  end
end

--- Makes a result of a table that has its members, `hops` too: one that was read from a file.
---@param members table
---@return mtr.Result
function M.of(members) return (setmetatable(members, META)) end

local info = lib.new "struct mtr_info"

--- The version of results; it changes whenever a member gets another meaning.
M.version = "2"

--- How results are written as JSON.
M.shape = SHAPE

-- Sets a member unless it is nil.
local function put(result, name, value)
  if value ~= nil then result[name] = value end
end

-- Adds the members that most results lack. They are not in the constructor, which makes room for
-- all that it names, in powers of two: with more than 32 a result takes twice the memory. Those of
-- the constructor are set much faster, also _events, which is nil there.
local function add_rare(result, trace)
  local ids = trace.ids or trace.engine.ids
  if ids then
    put(result, "list", ids.list)
    put(result, "cycle", ids.cycle)
    put(result, "campaign", ids.campaign)
    put(result, "monitor", ids.monitor)
    put(result, "try", ids.try)
  end
  put(result, "all_addresses", trace.all_addresses)
  put(result, "dport", decode.trace.dport(info))
  put(result, "flow_label", decode.trace.flow_label(info))
  put(result, "tcp_flags", decode.trace.tcp_flags(info))
  put(result, "error", trace.error)
  put(result, "data", trace.data)
end

--- Makes the result of a trace that has ended and is not yet released.
---@param trace mtr.Trace or an object with its fields
---@param engine ffi.cdata*
---@return mtr.Result
function M.new(trace, engine)
  C.mtr_describe(engine, trace.handle, info)
  local dst = trace.dst or decode.trace.dst(info)
  local result = setmetatable({
    type = "trace", version = M.version,
    transport = trace.engine.transport_name,
    protocol = decode.trace.protocol(info),
    multipath = decode.trace.multipath(info),
    src = decode.trace.src(info),
    dst = dst,
    target = trace.target or dst,
    sport = decode.trace.sport(info),
    icmp_sum = decode.trace.icmp_sum(info),
    flow = info.flow,
    tos = info.tos,
    start = info.start,
    duration = decode.trace.duration(info),
    stop_reason = rawget(trace, "stop_reason") or decode.trace.stop_reason(info),
    stop_data = rawget(trace, "stop_data") or decode.trace.stop_data(info),
    first_ttl = info.first_ttl,
    max_ttl = info.max_ttl,
    window = info.window,
    queries = info.queries,
    attempts = info.attempts,
    timeout = decode.trace.timeout(info),
    gap_limit = info.gap_limit,
    loop_limit = info.loop_limit,
    hop_count = info.hop_count,
    probe_count = info.probes,
    size = decode.trace.size(info),
    _count = 0, _events = nil,
  }, META)
  add_rare(result, trace)
  copy_replies(result, engine, trace.handle)
  return result
end

return M
