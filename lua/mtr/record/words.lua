-- SPDX-License-Identifier: MIT
--
-- The words for the engine's constants.
--
-- Stop reasons have the words of scamper; marks of unreachables are those of traceroute(8).

local lib = require "mtr.lib"
local err = require "mtr.base.err"

local C = lib.C
local M = {}

-- Calls a function of C with 0, 1, 2... until it returns no text.
local function texts(fn)
  local number = -1
  return function()
    number = number + 1
    local text = fn(number)
    if text ~= nil then return number, lib.string(text) end
  end
end

local STOP_WORDS = {}

--- Maps numbers of stop reasons to words, and back.
M.stop = {}
for number, word in texts(C.mtr_stop_name) do
  M.stop[number], M.stop[word] = word, number
  STOP_WORDS[#STOP_WORDS + 1] = word
end

--- Maps words of stop reasons to their numbers in warts, those that have one; and back, to the
--- first word that has the number.
M.warts_stop = {}
for number, word in ipairs(M.stop) do
  local other = C.mtr_warts_stop(number)
  if other > 0 then
    M.warts_stop[word], M.warts_stop[other] = other, M.warts_stop[other] or word
  end
end

--- Maps the names of fields of a reply to the flags that they show.
---@type table<string, integer>
M.flags = {}
for bit = 0, 15 do
  local name = C.mtr_reply_field(2 ^ bit)
  if name ~= nil then M.flags[lib.string(name)] = 2 ^ bit end
end

--- Checks a stop reason that a user gives. Returns a message, or nil if it is right.
---@param reason any
---@return string?
function M.bad_stop(reason)
  if type(M.stop[reason]) == "number" and reason ~= "none" then return nil end
  local near = type(reason) == "string" and err.nearest(reason, STOP_WORDS)
  return ("stop: unknown reason %s%s"):format(err.show(reason),
    near and ("; did you mean %q?"):format(near) or "")
end

-- Maps numbers to the words that a function of C has for them, and back.
local function both(name, ...)
  local map = {}
  for _, number in ipairs { ... } do
    local word = lib.string(name(number))
    map[number], map[word] = word, number
  end
  return map
end

--- Maps numbers of protocols to words, and back.
M.protocol = both(C.mtr_protocol_name, C.MTR_ICMP, C.MTR_UDP, C.MTR_TCP)

--- Maps numbers of the ways to identify probes to words, and back.
M.multipath = both(C.mtr_multipath_name, C.MTR_PARIS, C.MTR_CLASSIC, C.MTR_DUBLIN)

--- The transports, in the order of the table in C: auto is first.
---@type { name: string, id: integer, sockets: integer, caps: integer, flags: integer }[]
M.transports = {}

--- The names that the option `transport` takes, in that order.
---@type string[]
M.transport_names = {}

--- Maps their names to their numbers.
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

--- Returns the transport with a value in a field, such as "name".
---@param field string
---@param value any
---@return { name: string, id: integer, sockets: integer, caps: integer, flags: integer }
function M.transport_with(field, value)
  for _, transport in ipairs(M.transports) do
    if transport[field] == value then return transport end
  end
  error("words: no transport has " .. err.show(value), 2)
end

-- Codes of destination unreachable: RFC 792, 1122, 1812 for IPv4; RFC 4443 for IPv6. A port
-- unreachable is the answer of a target and has no mark.
local V4 = {
  [0] = "!N", "!H", "!P", "", "!F", "!S", "!N", "!H", "!N", "!X", "!X", "!N", "!H", "!X", "!V",
  "!C",
}
local V6 = { [0] = "!N", "!X", "!S", "!H", "" }

--- Returns traceroute(8)'s mark of a reply, such as "!H", "!N", "!X", "!<3-99>"; nil if it has
--- none.
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
