-- SPDX-License-Identifier: MIT
--
-- The options of a trace, of a single probe and of a prober: their names, values and defaults, and
-- the fields of struct mtr_trace that they go to. mtr.trace.request writes them there. The library
-- has the same defaults (mtr_trace_defaults); a spec compares them. Programs take the text of their
-- --help from here (mtr.cli).

local lib = require "mtr.lib"
local words = require "mtr.record.words"
local check = require "mtr.base.check"
local registry = require "mtr.strategy.registry"

local C = lib.C
local M = {}

--- Options of a trace, a probe and a prober that say how a packet looks. Durations are ms or "2s";
--- all have defaults.
---@class mtr.PacketOptions
---@field protocol? "icmp"|"udp"|"tcp"
---@field multipath? "paris"|"classic"|"dublin"
---@field flow? integer
---@field port? integer
---@field source_port? integer
---@field tcp_flags? "syn"|"ack"
---@field timeout? number|string
---@field size? integer
---@field fill? integer
---@field payload? string
---@field tos? integer
---@field dont_fragment? boolean
---@field flow_label? integer
---@field source? string
---@field interface? string
---@field mark? integer
---@field family? 4|6
---@field allow_broadcast? boolean
---@field data? any

--- Options of a trace.
---@class mtr.TraceOptions: mtr.PacketOptions
---@field first_ttl? integer
---@field max_ttl? integer
---@field window? integer
---@field queries? integer
---@field attempts? integer
---@field gap_limit? integer
---@field loop_limit? integer
---@field unreach_continue? boolean
---@field await_answer? boolean
---@field stop_on_te_from_dst? boolean
---@field strategy? string|mtr.Strategy|fun(trace: mtr.Trace): string?, integer?, integer?
---@field max_probes? integer|"max"
---@field pace? fun(trace: mtr.Trace): number|string
---@field on_probe? fun(trace: mtr.Trace, probe: mtr.BorrowedProbe): "stop"?
---@field on_reply? fun(trace: mtr.Trace, reply: mtr.BorrowedReply): "stop"?
---@field on_timeout? fun(trace: mtr.Trace, probe: mtr.BorrowedProbe): "stop"?
---@field on_hop? fun(trace: mtr.Trace, hop: mtr.BorrowedHop): "stop"?

--- Options of a single probe.
---@class mtr.ProbeOptions: mtr.PacketOptions
---@field dst string
---@field ttl integer

local function family(value)
  if value == 4 or value == 6 then return value end
  return nil, "must be 4 or 6"
end

-- Three kinds of option: its value goes into the field with the option's name, into `bits` of the
-- field flags, or (without either) into the table that request.fill() returns.
local function field(option)
  option.field = true
  return option
end
local function flag(option, bits)
  option.bits, option.default, option.kind = bits, false, check.type "boolean"
  return option
end

-- An option whose value is one of some words; without `values` they are those of mtr.record.words.
local function word(option, values)
  option.kind = check.word(values or words[option.name], option.words)
  return option
end

local string, hook = check.type "string", check.type "function"

-- How the packet looks and where it leaves.
local PACKET = {
  field(word { name = "protocol", words = { "icmp", "udp", "tcp" }, default = "icmp",
    doc = "protocol of the probes" }),
  field(word { name = "multipath", words = { "paris", "classic", "dublin" }, default = "paris",
    doc = "how probes are identified; paris keeps the probes of a flow on one path" }),
  field { name = "flow", kind = check.integer(0, 511), default = 0,
    doc = "number of the flow: selects one of the equal-cost paths" },
  field { name = "port", kind = check.integer(1, 65535), default = { udp = 33434, tcp = 80 },
    doc = "destination port" },
  field { name = "source_port", kind = check.integer(1, 65535),
    otherwise = "reserved by the engine", doc = "source port, or ICMP identifier" },
  word({ name = "tcp_flags", words = { "syn", "ack" }, default = "syn", bits = C.MTR_TCP_ACK,
    doc = "flag of a TCP probe" }, { syn = false, ack = true }),
  field { name = "timeout", kind = check.duration(1, 36e5), default = "2s", unit = "ms",
    doc = "how long to wait for an answer" },
  field { name = "size", kind = check.integer(20, 65535), unit = "bytes",
    doc = "size of the whole IP packet",
    otherwise = "icmp and udp: 60, IPv6 80; tcp: the minimum" },
  field { name = "fill", kind = check.integer(0, 255), default = 0,
    doc = "the byte that fills packets up to size" },
  { name = "payload", kind = string, otherwise = "zeros up to size",
    doc = "data behind the transport header, such as mtr.payloads.dns" },
  field { name = "tos", kind = check.integer(0, 255), default = 0,
    doc = "type of service, IPv6: traffic class" },
  flag({ name = "dont_fragment",
    doc = "set the don't-fragment bit of IPv4, and send no fragments" }, C.MTR_DONT_FRAGMENT),
  field { name = "flow_label", kind = check.integer(0, 0xfffff), otherwise = "one for each flow",
    doc = "IPv6 flow label" },
  { name = "source", kind = check.address(), otherwise = "by route", doc = "source address" },
  { name = "interface", kind = string, otherwise = "by route",
    doc = "send through this interface" },
  field { name = "mark", kind = check.integer(0, 0xffffffff), otherwise = "the engine's",
    doc = "firewall mark, SO_MARK" },
  { name = "family", kind = family, otherwise = "the first that works",
    doc = "4 or 6, for names that have addresses of both" },
  flag({ name = "allow_broadcast", doc = "allow multicast and broadcast targets" },
    C.MTR_BROADCAST),
  { name = "data", kind = check.any, otherwise = "none",
    doc = "any value; comes back as trace.data and result.data" },
}

-- Options for how a trace probes.
local SWEEP = {
  field { name = "first_ttl", kind = check.integer(1, 255), default = 1, doc = "first TTL" },
  field { name = "max_ttl", kind = check.integer(1, 255), default = 30, doc = "last TTL" },
  field { name = "window", kind = check.integer(1, 255), default = 8,
    doc = "probes under way at once" },
  field { name = "queries", kind = check.integer(1, 16), default = 1,
    doc = "answers wanted of each hop" },
  field { name = "attempts", kind = check.integer(1, 15), default = 2,
    doc = "tries for each answer" },
  field { name = "gap_limit", kind = check.integer(0, 255), default = 5,
    doc = "silent hops in a row that end the trace; 0: never" },
  field { name = "loop_limit", kind = check.integer(0, 255), default = 1,
    doc = "loops that end the trace; 0: never" },
  flag({ name = "unreach_continue",
    doc = "go on after an unreachable that is not from the target" }, C.MTR_UNREACH_CONTINUE),
  flag({ name = "stop_on_te_from_dst",
    doc = "complete the trace at a time exceeded from the target's address" },
    C.MTR_TE_COMPLETES),
  flag({ name = "await_answer",
    doc = "a probe that gets a time exceeded or an unreachable still waits for its answer" },
    C.MTR_AWAIT_ANSWER),
  { name = "strategy", kind = registry.kind, default = registry.SWEEP,
    doc = "decides what to probe next: a name, a table or a function" },
  -- A sweep of 30 hops sends at most 180 probes for three answers from each. A strategy that sends
  -- five times as many has a fault; up to there it costs a target little.
  field { name = "max_probes", kind = check.limit, default = 1000,
    doc = "most probes that a strategy may send in one trace; 0 or \"max\": no limit" },
  { name = "pace", kind = hook, otherwise = "none",
    doc = "returns the ms that the trace waits before its next probe" },
}

local HOOKS = {
  { name = "on_probe", kind = hook, otherwise = "none", doc = "called when a probe was sent" },
  { name = "on_reply", kind = hook, otherwise = "none",
    doc = "called for every reply, duplicate and late ones included" },
  { name = "on_timeout", kind = hook, otherwise = "none",
    doc = "called when a probe gets no answer, or could not be sent" },
}

local SETTLED = {
  { name = "on_hop", kind = hook, otherwise = "none",
    doc = "called when a TTL has settled, in TTL order" },
}

-- Options that a single probe must have.
local ONE = {
  { name = "dst", kind = string, needed = true, doc = "an address or a name" },
  { name = "ttl", kind = check.integer(1, 255), needed = true, doc = "TTL of the probe" },
}

local function join(...)
  local all = {}
  for _, list in ipairs { ... } do
    for _, option in ipairs(list) do all[#all + 1] = option end
  end
  return all
end

local TRACE = join(PACKET, SWEEP, HOOKS, SETTLED)

M.trace = check.declare("trace", TRACE)
M.hops = check.declare("hops", TRACE)
M.probe = check.declare("probe", join(ONE, PACKET))
M.prober = check.declare("prober", join(PACKET, HOOKS))

return M
