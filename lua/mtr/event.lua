-- SPDX-License-Identifier: MIT
--
-- The engine's constants as words, and the classes of what it tells.
--
-- Words of stop reasons are scamper's; marks of unreachables are traceroute(8)'s. struct mtr_event
-- itself is read in place by mtr.dispatch and mtr.reply, never shown to users.

local lib = require "mtr.lib"
local err = require "mtr.err"

local C = lib.C
local M = {}

--- struct mtr_event; see core/mtr.h for the fields.
---@class mtr.Event
---@field kind integer
---@field family integer
---@field ttl integer
---@field attempt integer
---@field trace integer
---@field cookie integer
---@field probe integer
---@field addr ffi.cdata*
---@field rtt number
---@field at number
---@field flags integer

--- What came back for a probe. Flags are there only when true.
---@class mtr.Reply
---@field ttl integer of the probe
---@field addr string who answered
---@field rtt number ms
---@field attempt integer which try at this TTL, from 1
---@field flow integer
---@field at number the probe's send time, ms since the trace began
---@field protocol "icmp"|"udp"|"tcp" of the reply
---@field icmp_type? integer
---@field icmp_code? integer nil: the transport does not say, as below
---@field reply_ttl? integer TTL of the reply as received
---@field reply_size? integer bytes of the whole IP packet
---@field quoted? mtr.Quote
---@field mtu? integer of the next hop, in a packet too big
---@field mss? integer of a SYN/ACK
---@field tcp_flags? integer
---@field tstamp "kernel"|"user" whose clock gave the RTT
---@field ext? mtr.Extension[]
---@field ext_malformed? true
---@field dup? true not the first reply to this probe
---@field late? true after the probe's timeout
---@field ignored? true no answer for a hop: a redirect, a parameter problem, a failed reassembly
---@field final? true this message completes a trace
---@field unreach? true an unreachable that does not complete
---@field too_big? true
---@field other_addr? true completes, but not from the target
---@field local_? true sent by this host itself
---@field te_from_dst? true time exceeded from the target's address
---@field id? integer of the probe, as its strategy knows it; not in results and copies
---@field addr_key? number|string the same if and only if addr is, for less; not in those either
---@field timeout? true mtr.probe: nothing came back; no other field of a reply is there
---@field error? string mtr.probe: name of the errno of the failed send

--- Our probe as a reply quotes it.
---@class mtr.Quote
---@field ttl integer
---@field tos integer
---@field size integer of the packet, as it says itself
---@field nat? true it was rewritten on the way, by what translates addresses or ports
---@field truncated? true under 8 bytes of the transport header are there
---@field tier? 2|3|4 how it was recognised all the same: not by the ports, not by the
--- destination, by the IPv4 identification
---@field changed? string[] what is not as it was sent: "src" "dst" "sport" (ICMP: the identifier)
--- "dport" "id" (UDP checksum, sequence number) "ip_id" (IPv4 identification)

--- An ICMP extension object.
---@class mtr.Extension
---@field class integer
---@field type integer
---@field mpls? { label: integer, tc: integer, s: integer, ttl: integer }[]
---@field interface? mtr.InterfaceInfo
---@field hex? string of an object that is neither

--- What a router says of the interface that a probe came in by, or went out by (RFC 5837).
---@class mtr.InterfaceInfo
---@field role "incoming"|"sub-ip"|"outgoing"|"next-hop"
---@field ifindex? integer
---@field addr? string
---@field name? string
---@field mtu? integer

--- A probe, as on_probe and on_timeout see it.
---@class mtr.Probe
---@field ttl integer
---@field attempt integer
---@field flow integer
---@field at number send time, ms since the trace began
---@field id? integer as its strategy knows it; not in copies
---@field timeout? true it has ended without a reply
---@field error? string name of the errno of the failed send

--- A position on the path.
---@class mtr.Hop
---@field ttl integer
---@field addr? string who answered first; nil: silent
---@field addr_class? string "private", "shared"...: see mtr.addr_class
---@field rtt? number ms, of the first answer
---@field replies mtr.Reply[]
---@field skipped? true below first_ttl, not probed
---@field unanswered? integer probes that nothing came back for; of results only
---@field failed? integer probes that could not be sent; of results only
---@field error? string name of the errno of the failed send

local WORDS = {
  "none", "completed", "unreach", "icmp", "loop", "gaplimit", "error", "hoplimit", "gss", "lss",
  "halted",
}

--- Stop reasons by number, and back.
M.stop = {}
for _, word in ipairs(WORDS) do
  local number = C["MTR_STOP_" .. word:upper()]
  M.stop[number], M.stop[word] = word, number
end

--- What is wrong with the reason that a trace is to end with; nil: nothing.
---@param reason any
---@return string?
function M.bad_stop(reason)
  if type(M.stop[reason]) == "number" and reason ~= "none" then return nil end
  local near = type(reason) == "string" and err.nearest(reason, WORDS)
  return ("stop: unknown reason %s%s"):format(err.show(reason),
    near and ("; did you mean %q?"):format(near) or "")
end

--- Protocols by number, and back.
M.protocol = {
  [C.MTR_ICMP] = "icmp", [C.MTR_UDP] = "udp", [C.MTR_TCP] = "tcp",
  icmp = C.MTR_ICMP, udp = C.MTR_UDP, tcp = C.MTR_TCP,
}

--- Ways of laying out a probe's identity by number, and back.
M.multipath = {
  [C.MTR_PARIS] = "paris", [C.MTR_CLASSIC] = "classic", [C.MTR_DUBLIN] = "dublin",
  paris = C.MTR_PARIS, classic = C.MTR_CLASSIC, dublin = C.MTR_DUBLIN,
}

--- Transports by number, and back.
M.transport = {
  [C.MTR_AUTO] = "auto", [C.MTR_RAW] = "raw", [C.MTR_MTR_PACKET] = "mtr-packet",
  [C.MTR_SIM] = "sim", [C.MTR_PACKET] = "packet", auto = C.MTR_AUTO, raw = C.MTR_RAW,
  ["mtr-packet"] = C.MTR_MTR_PACKET, sim = C.MTR_SIM, packet = C.MTR_PACKET,
}

-- Codes of destination unreachable: RFC 792, 1122, 1812 for IPv4; RFC 4443 for IPv6. A port
-- unreachable is how a target answers, it has no mark.
local V4 = {
  [0] = "!N", "!H", "!P", "", "!F", "!S", "!N", "!H", "!N", "!X", "!X", "!N", "!H", "!X", "!V",
  "!C",
}
local V6 = { [0] = "!N", "!X", "!S", "!H", "" }

--- traceroute(8)'s mark of a reply: "!H", "!N", "!X", "!<3-99>"...; nil when there is none to show.
---@param reply mtr.Reply
---@return string?
function M.mark(reply)
  local kind, code = reply.icmp_type, reply.icmp_code
  if not kind then return nil end
  local six = reply.addr:find(":", 1, true)
  if reply.too_big then return reply.mtu and "!F-" .. reply.mtu or "!F" end
  local exceeded, echo, unreachable = 11, 0, 3
  if six then exceeded, echo, unreachable = 3, 129, 1 end
  if kind == echo or (kind == exceeded and code == 0) then return nil end
  if not code then return kind == unreachable and "!?" or nil end
  if kind ~= unreachable then return ("!<%d-%d>"):format(kind, code) end
  local mark = (six and V6 or V4)[code] or ("!<%d>"):format(code)
  return mark ~= "" and mark or nil
end

return M
