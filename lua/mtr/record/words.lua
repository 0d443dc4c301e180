-- SPDX-License-Identifier: MIT
--
-- The engine's constants as words.
--
-- Words of stop reasons are scamper's; marks of unreachables are traceroute(8)'s. struct mtr_event
-- itself is read in place by mtr.engine.dispatch and mtr.record.reply, never shown to users.

local lib = require "mtr.lib"
local err = require "mtr.base.err"

local C = lib.C
local M = {}

-- Calls a function of C with 0, 1, 2... until it gives no text any more.
local function texts(fn)
  local number = -1
  return function()
    number = number + 1
    local text = fn(number)
    if text ~= nil then return number, lib.string(text) end
  end
end

local STOP_WORDS = {}

--- Stop reasons by number, and back.
M.stop = {}
for number, word in texts(C.mtr_stop_word) do
  M.stop[number], M.stop[word] = word, number
  STOP_WORDS[#STOP_WORDS + 1] = word
end

--- Flags of a reply that are fields of it, by the field's name.
---@type table<string, integer>
M.flags = {}
for bit = 0, 15 do
  local name = C.mtr_reply_field(2 ^ bit)
  if name ~= nil then M.flags[lib.string(name)] = 2 ^ bit end
end

--- What is wrong with the reason that a trace is to end with; nil: nothing.
---@param reason any
---@return string?
function M.bad_stop(reason)
  if type(M.stop[reason]) == "number" and reason ~= "none" then return nil end
  local near = type(reason) == "string" and err.nearest(reason, STOP_WORDS)
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

--- Transports as C tells them, in the order of its table, auto first.
---@type { name: string, id: integer, sockets: integer, caps: integer, flags: integer }[]
M.transports = {}

--- Names that the option `transport` takes, in that order.
---@type string[]
M.transport_names = {}

--- The same by name: their numbers.
---@type table<string, integer>
M.transport = {}

local info = lib.new "struct mtr_transport_info"
while C.mtr_transport_info(#M.transports, info) == 0 do
  local name = lib.string(info.name)
  M.transports[#M.transports + 1] = {
    name = name, id = info.id, sockets = info.sockets, caps = info.caps, flags = info.flags,
  }
  if info.flags % 2 == C.MTR_TRANSPORT_NAMED then
    M.transport[name] = info.id
    M.transport_names[#M.transport_names + 1] = name
  end
end

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
