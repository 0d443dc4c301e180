-- SPDX-License-Identifier: MIT
--
-- Reads the commands trace, tracelb and ping of scamper, with their options of one letter, and
-- makes options of mtr.trace of them. An option that has no meaning here is an error that names it.
-- The text comes from clients: nothing in it is trusted.

local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local each = require "mtr.base.each"
local strategy = require "mtr.strategy"

local M = {}

---@class mtr.AttachCommand
---@field kind "trace"|"tracelb"|"ping"
---@field dst string an address
---@field options table of mtr.trace
---@field wait integer time between probes, 1/100 s; a ping: ms
---@field user integer number of the user, 0: none
---@field limit? integer the hop limit as given
---@field confidence? integer
---@field count? integer of a ping
---@field replies? integer answers that end a ping; nil: all
---@field method? integer of a ping, as warts numbers it
---@field path_mtu? boolean of a trace: it also finds the path MTU
---@field flows? boolean each probe of a ping has a source port of its own

local function integer(name, least, most)
  return function(command, text)
    local n = text:find "^%d+$" and #text < 11 and tonumber(text)
    if not n or n < least or n > most then return ("must be %d..%d"):format(least, most) end
    command.options[name] = n
  end
end

local function into(name, least, most)
  local read = integer(name, least, most)
  return function(command, text)
    local problem = read(command, text)
    command[name], command.options[name] = command.options[name], nil
    return problem
  end
end

-- Reads a time: a plain number has the unit of the option, "0.5s" is seconds. `to` counts in ms.
local function time(unit, least, most, put)
  return function(command, text)
    local seconds, plain = text:match "^(%d+%.?%d*)s$", text:match "^%d+%.?%d*$"
    local ms = #text < 12 and (seconds and tonumber(seconds) * 1000
      or plain and tonumber(plain) * unit)
    if not ms or ms < least or ms > most then
      return ("must be %g..%g seconds"):format(least / 1000, most / 1000)
    end
    put(command, math.floor(ms + 0.5))
  end
end

local timeout = time(1000, 1, 255000, function(command, ms) command.options.timeout = ms end)
local pause = time(10, 0, 2550, function(command, ms) command.wait = math.floor(ms / 10) end)
local interval = time(1000, 1, 20000, function(command, ms) command.wait = ms end)

local function method(words)
  return function(command, text)
    local found = words[text]
    if not found then return "this method is not supported" end
    command.options.protocol, command.options.multipath = found[1], found[2]
    command.options.tcp_flags, command.method, command.flows = found[3], found.number, found.flows
  end
end

local function source(command, text)
  if not addr.parse_ip(text) then return "must be an address" end
  command.options.source = text
end

-- Only names of addresses may be asked for; names are not looked up, and the result is the same.
local function ptr(_, text) if text ~= "ptr" then return "only ptr is supported" end end

local function payload(command, text)
  if #text % 2 == 1 or #text > 2800 or text:find "%X" then return "must be bytes in hexadecimal" end
  command.options.payload = text:gsub("..", function(hex) return string.char(tonumber(hex, 16)) end)
end

local function all_queries(command) command.all = true end
local function te_completes(command) command.options.stop_on_te_from_dst = true end
local function path_mtu(command) command.path_mtu = true end

local PORT = integer("port", 1, 65535)
local SOURCE_PORT = integer("source_port", 1, 65535)
local USER, TOS = into("user", 0, 4294967295), integer("tos", 0, 255)

local TRACE = {
  d = PORT, f = integer("first_ttl", 1, 255), g = integer("gap_limit", 1, 255),
  l = integer("loop_limit", 0, 255), m = into("limit", 1, 255), N = integer("window", 1, 255),
  O = ptr, p = payload, q = integer("attempts", 1, 15), s = SOURCE_PORT, S = source, t = TOS,
  U = USER, w = timeout, W = pause, M = path_mtu, Q = all_queries, T = te_completes,
  P = method { ["udp-paris"] = { "udp" }, ["icmp-paris"] = { "icmp" }, tcp = { "tcp" },
    udp = { "udp", "classic" }, icmp = { "icmp", "classic" }, ["tcp-ack"] = { "tcp", nil, "ack" } },
}

local function confidence(command, text)
  if text ~= "95" and text ~= "99" then return "must be 95 or 99" end
  command.confidence = tonumber(text)
end

local TRACELB = {
  c = confidence, d = PORT, f = integer("first_ttl", 1, 255), g = integer("gap_limit", 1, 255),
  O = ptr, q = integer("attempts", 1, 15), Q = integer("max_probes", 50, 65535), t = TOS, U = USER,
  w = timeout, W = pause,
  P = method { ["icmp-echo"] = { "icmp" }, ["udp-sport"] = { "udp" }, ["tcp-sport"] = { "tcp" },
    ["tcp-ack-sport"] = { "tcp", nil, "ack" } },
}

local PING = {
  c = into("count", 1, 65535), d = PORT, F = SOURCE_PORT, i = interval,
  m = integer("max_ttl", 1, 255), o = into("replies", 1, 65535), s = integer("size", 28, 65535),
  S = source, U = USER, W = timeout, z = TOS,
  P = method { ["icmp-echo"] = { "icmp" }, udp = { "udp" }, ["tcp-syn"] = { "tcp" },
    ["udp-dport"] = { "udp", "classic", number = 4 },
    ["udp-sport"] = { "udp", flows = true, number = 10 },
    ["tcp-ack"] = { "tcp", nil, "ack", number = 1 },
    ["tcp-ack-sport"] = { "tcp", nil, "ack", flows = true, number = 2 },
    ["tcp-syn-sport"] = { "tcp", flows = true, number = 9 } },
}

local KINDS = { trace = TRACE, tracelb = TRACELB, ping = PING }
local ALONE = { trace = { M = true, Q = true, T = true }, tracelb = {}, ping = {} }
local METHOD = { trace = { "udp" }, tracelb = { "udp" }, ping = { "icmp" } }

local bytes = lib.new "uint8_t[16]"

-- Returns the address family of a target: 4 or 6; nil: it is not an address.
local function family(text)
  if #text > 64 or not addr.parse_ip(text) then return nil end
  if addr.unspecified(bytes, addr.parse(text, bytes)) then return nil end
  return text:find(":", 1, true) and 6 or 4
end

-- Sets what scamper takes without an option.
local function complete(command)
  local o, six = command.options, family(command.dst) == 6
  o.protocol = o.protocol or METHOD[command.kind][1]
  o.timeout = o.timeout or command.kind == "ping" and 1000 or 5000
  if command.kind == "ping" then
    o.max_ttl, command.count = o.max_ttl or 64, command.count or 4
    command.wait = command.wait or 1000
    o.size = o.size or (o.protocol == "icmp" and (six and 104 or 84) or six and 60 or 40)
    if o.protocol == "icmp" then o.port = nil else o.port = o.port or 33435 end
    return
  end
  o.max_ttl, o.attempts = command.limit or 255, o.attempts or 2
  command.wait = command.wait or command.kind == "tracelb" and 25 or 0
  if not o.payload and not command.path_mtu then
    o.size = six and 60 or o.protocol == "tcp" and 40 or 44
  end
  if o.protocol == "icmp" then o.port = nil else o.port = o.port or 33435 end
  if command.kind == "tracelb" then
    o.gap_limit, o.max_probes = o.gap_limit or 3, o.max_probes or 3000
    o.strategy = strategy.mda { confidence = command.confidence or 95 }
  else
    o.gap_limit, o.window = o.gap_limit or 5, o.window or 1
    o.strategy = command.path_mtu and strategy.pmtu {} or nil
  end
  if command.all then o.queries, o.attempts = o.attempts, 1 end
  if command.wait > 0 then
    local ms = command.wait * 10
    o.pace = function() return ms end
  end
end

-- Reads one option; returns how many words it took, or nil and what is wrong.
local function option(command, words, at)
  local letter, rest = words[at]:match "^%-(%a)(.*)$"
  local read = letter and KINDS[command.kind][letter]
  if not read then return nil, ("option %s is not supported"):format(words[at]:sub(1, 16)) end
  if ALONE[command.kind][letter] then
    if rest ~= "" then return nil, ("option -%s has no value"):format(letter) end
    read(command)
    return 1
  end
  local value = rest ~= "" and rest or words[at + 1]
  if not value then return nil, ("option -%s needs a value"):format(letter) end
  local problem = read(command, value)
  if problem then return nil, ("option -%s: %s"):format(letter, problem) end
  return rest ~= "" and 1 or 2
end

-- Reads a command whose target is the last word.
local function read(line)
  if line:find "[^\t\32-\126]" then return nil, "only printable characters are allowed" end
  local words = {}
  for word in line:gmatch "%S+" do words[#words + 1] = word end
  local kind = words[1]
  if not KINDS[kind] then return nil, "use trace, tracelb or ping" end
  local command, at = { kind = kind, options = {}, user = 0 }, 2
  while words[at] and words[at]:find "^%-" do
    local taken, problem = option(command, words, at)
    if not taken then return nil, problem end
    at = at + taken
  end
  command.dst = words[at]
  if not command.dst or words[at + 1] then return nil, "give one address" end
  if not family(command.dst) then return nil, "the target must be an address" end
  if command.options.port and command.options.protocol == "icmp" then
    return nil, "option -d: ICMP has no port here"
  end
  if command.path_mtu and (command.options.protocol or "udp") ~= "udp" then
    return nil, "option -M: only with the methods udp and udp-paris"
  end
  complete(command)
  return command
end

-- The last command that was right, without its target, and what was made of it: clients send the
-- same options again and again. Sizes depend on the family of the target.
local last = {}

--- Reads a command. Commands with the same words before the target share the table of options: do
--- not change it.
---@param line string
---@return mtr.AttachCommand?
---@return string? problem
function M.read(line)
  local before, dst = line:match "^(.*%s)([%x.:]+)$"
  local kin = before and family(dst)
  if kin and before == last.before and kin == last.family then
    local command = { dst = dst }
    for name, value in each(last.command) do
      if name ~= "dst" then command[name] = value end
    end
    return command
  end
  local command, problem = read(line)
  if command and kin then last = { before = before, family = kin, command = command } end
  return command, problem
end

return M
