-- SPDX-License-Identifier: MIT
--
-- The options of a trace and of a single probe: what they are called, what they may be, and where
-- in struct mtr_trace they go. Defaults are the library's own (mtr_trace_defaults), told in words.
--
-- Values are checked one by one as they come, and then against each other. What cannot be known
-- without the system (does the interface exist?) is an environment error and comes from set().

local bit = require "bit"
local lib = require "mtr.lib"
local err = require "mtr.base.err"
local words = require "mtr.record.words"
local check = require "mtr.base.check"
local registry = require "mtr.strategy.registry"

local C = lib.C
local M = {}

--- Options of a trace. Durations are ms or "2s"; all have defaults.
---@class mtr.TraceOptions
---@field protocol? "icmp"|"udp"|"tcp"
---@field multipath? "paris"|"classic"|"dublin"
---@field flow? integer
---@field port? integer
---@field source_port? integer
---@field tcp_flags? "syn"|"ack"
---@field first_ttl? integer
---@field max_ttl? integer
---@field window? integer
---@field queries? integer
---@field attempts? integer
---@field timeout? number|string
---@field gap_limit? integer
---@field loop_limit? integer
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
---@field unreach_continue? boolean
---@field stop_on_te_from_dst? boolean
---@field strategy? string|mtr.Strategy|fun(trace: mtr.Trace): string?, integer?, integer?
---@field max_probes? integer
---@field pace? fun(trace: mtr.Trace): number|string
---@field on_probe? fun(trace: mtr.Trace, probe: mtr.BorrowedProbe): "stop"?
---@field on_reply? fun(trace: mtr.Trace, reply: mtr.BorrowedReply): "stop"?
---@field on_timeout? fun(trace: mtr.Trace, probe: mtr.BorrowedProbe): "stop"?
---@field on_hop? fun(trace: mtr.Trace, hop: mtr.BorrowedHop): "stop"?
---@field data? any

--- Options of a single probe: dst, ttl, and of the above those that say how a packet looks.
---@class mtr.ProbeOptions: mtr.TraceOptions
---@field dst string
---@field ttl integer

local function family(value)
  if value == 4 or value == 6 then return value end
  return nil, "must be 4 or 6"
end

local function one_of(names, values) return check.word(values, names) end

-- An option goes into the field of its name, or into flags, or (kept) to the caller of fill().
local function field(name, kind, doc)
  return { name = name, kind = kind, field = true, doc = doc }
end
local function flag(name, kind, bits, doc)
  return { name = name, kind = kind, bits = bits, doc = doc }
end
local function kept(name, kind, doc) return { name = name, kind = kind, doc = doc } end

local boolean, string, hook = check.type "boolean", check.type "string", check.type "function"

-- How the packet looks and where it leaves.
local PACKET = {
  field("protocol", one_of({ "icmp", "udp", "tcp" }, words.protocol), 'default "icmp"'),
  field("multipath", one_of({ "paris", "classic", "dublin" }, words.multipath),
    'which header fields differ from probe to probe; default "paris": none that routers hash'),
  field("flow", check.integer(0, 511), "which of the equal-cost paths; default 0"),
  field("port", check.integer(1, 65535), "destination port; default 33434 (udp), 80 (tcp)"),
  field("source_port", check.integer(1, 65535), "default: one that the engine has reserved"),
  flag("tcp_flags", one_of({ "syn", "ack" }, { syn = false, ack = true }), C.MTR_TCP_ACK,
    'default "syn"'),
  field("timeout", check.duration(1, 36e5), 'when a probe counts as unanswered; default "2s"'),
  field("size", check.integer(20, 65535), "bytes of the whole IP packet; default: the least"),
  field("fill", check.integer(0, 255), "the byte that fills packets up to size; default 0"),
  kept("payload", string,
    "bytes behind the transport header, such as mtr.payloads.dns; default: zeros up to size"),
  field("tos", check.integer(0, 255), "IPv4 TOS, IPv6 traffic class; default 0"),
  flag("dont_fragment", boolean, C.MTR_DONT_FRAGMENT,
    "IPv4 DF, and no fragments from this host; default false"),
  field("flow_label", check.integer(0, 0xfffff), "IPv6; default: one for each flow"),
  kept("source", check.address(), "address to send from; default: by route"),
  kept("interface", string, "name of the interface to send through; default: by route"),
  field("mark", check.integer(0, 0xffffffff), "SO_MARK; default: the engine's"),
  kept("family", family, "4 or 6 for names that have both; default: the first that works"),
  flag("allow_broadcast", boolean, C.MTR_BROADCAST,
    "multicast and broadcast targets; default false"),
  kept("data", check.any, "anything; trace.data and result.data"),
}

-- What a trace does with its probes.
local SWEEP = {
  field("first_ttl", check.integer(1, 255), "default 1"),
  field("max_ttl", check.integer(1, 255), "default 30"),
  field("window", check.integer(1, 255), "probes outstanding in this trace; default 8"),
  field("queries", check.integer(1, 16), "answers wanted per hop; default 1"),
  field("attempts", check.integer(1, 15), "tries per wanted answer; default 2"),
  field("gap_limit", check.integer(0, 255), "silent hops in a row that end it; 0: none; default 5"),
  field("loop_limit", check.integer(0, 255), "loops that end it; 0: none; default 1"),
  flag("unreach_continue", boolean, C.MTR_UNREACH_CONTINUE,
    "unreachables are answers like time exceeded: they end nothing; default false"),
  flag("stop_on_te_from_dst", boolean, C.MTR_TE_COMPLETES,
    "time exceeded from the target's address completes the trace; default false"),
  kept("strategy", registry.kind,
    'who decides what to probe next: a name, a table or a function; default "window"'),
  -- A sweep of 30 hops asks at most 180 times for three answers each: five times that is a strategy
  -- that has lost its way, and costs a target no more than a second's worth of anybody's traffic.
  field("max_probes", check.integer(1, 1e6), "of a strategy, in all; default 1000"),
  kept("pace", hook, "returns ms that the trace waits before its next probe"),
  kept("on_probe", hook, "when a probe was sent"),
  kept("on_reply", hook, "for every reply, duplicate and late ones included"),
  kept("on_timeout", hook, "when a probe stays unanswered, or could not be sent"),
  kept("on_hop", hook, "when a TTL has settled, in TTL order"),
}

local ONE = {
  kept("dst", string, "an address or a name"),
  kept("ttl", check.integer(1, 255), "of the probe"),
}

local HOOKS = {
  kept("on_probe", hook, "when a probe was sent"),
  kept("on_reply", hook, "for every reply, duplicate and late ones included"),
  kept("on_timeout", hook, "when a probe stays unanswered, or could not be sent"),
}

local function join(...)
  local all = {}
  for _, list in ipairs { ... } do
    for _, option in ipairs(list) do all[#all + 1] = option end
  end
  return all
end

M.trace = check.declare("trace", join(PACKET, SWEEP))
M.hops = check.declare("hops", join(PACKET, SWEEP))
M.probe = check.declare("probe", join(ONE, PACKET))
M.prober = check.declare("prober", join(PACKET, HOOKS))

-- Options that contradict each other, or have no meaning together.
local function conflict(t, opts, strategy, source)
  if t.first_ttl > t.max_ttl then
    return ("first_ttl %d is above max_ttl %d"):format(t.first_ttl, t.max_ttl)
  elseif opts.tcp_flags and t.protocol ~= C.MTR_TCP then
    return 'tcp_flags needs protocol "tcp"'
  elseif opts.port and t.protocol == C.MTR_ICMP then
    return 'port needs protocol "udp" or "tcp"'
  elseif t.multipath == C.MTR_DUBLIN and t.protocol ~= C.MTR_UDP then
    return 'multipath "dublin" needs protocol "udp"'
  elseif opts.max_probes and not strategy then
    return 'max_probes needs a strategy other than "window"'
  elseif opts.family and source and source.family ~= opts.family then
    return ("source %s is not an IPv%d address"):format(err.show(opts.source), opts.family)
  end
end

local function put(option, value, t, out)
  if option.field then
    t[option.name] = value
  elseif option.bits then
    t.flags = bit.bor(bit.band(t.flags, bit.bnot(option.bits)), value and option.bits or 0)
  else
    out[option.name] = value
  end
end

local function put_unsaid(option, value, opts, t, out)
  if opts[option.name] == nil then put(option, value, t, out) end
end

-- What a strategy sets where the user has said nothing.
local function fill_defaults(declaration, s, opts, t, out)
  local defaults = type(s) == "table" and s.defaults
  if not defaults then return nil end
  return check.each(declaration, defaults, put_unsaid, opts, t, out)
end

-- What is kept of no options.
local NONE = {}

--- Checks options and writes them into a struct mtr_trace, on top of the defaults.
---@param declaration mtr.Declaration
---@param opts? table
---@param t ffi.cdata* struct mtr_trace
---@return table? kept options that have no place in the struct; not to be written to
---@return string? message of a caller's bug
function M.fill(declaration, opts, t)
  C.mtr_trace_defaults(t)
  if opts == nil then return NONE end
  local out = {}
  local problem = check.each(declaration, opts, put, t, out)
  if problem then return nil, problem end
  if out.strategy == registry.SWEEP then out.strategy = nil end
  problem = out.strategy and fill_defaults(declaration, out.strategy, opts, t, out)
  if problem then return nil, problem end
  if not opts.port and t.protocol == C.MTR_TCP then t.port = 80 end
  problem = conflict(t, opts, out.strategy, out.source)
  if problem then return nil, declaration.who .. ": " .. problem end
  return out
end

--- Writes what only the system knows into the struct: interface, payload, source.
---@param engine ffi.cdata*
---@param t ffi.cdata* struct mtr_trace
---@param out table what fill() kept
---@return true?
---@return string? message, string? name an environment error
function M.bind(engine, t, out)
  if out.interface then
    local index = C.mtr_interface(out.interface)
    if index < 0 then return err.env(index, ("interface %s"):format(err.show(out.interface))) end
    t.interface = index
  end
  if out.payload and #out.payload > 0 then
    local id = C.mtr_payload(engine, out.payload, #out.payload)
    if id < 0 then return err.env(id, "payload of " .. #out.payload .. " bytes") end
    t.payload = id
  end
  if out.source then lib.copy(t.src, out.source.bytes, 16) end
  return true
end

return M
