-- SPDX-License-Identifier: MIT
--
-- The protocol of mtr-packet 0.96 for a server: parses commands and formats answers, as text;
-- scripts/mtr-packet.lua sends the probes. The meaning of each word, and each peculiarity, is that
-- of mtr-packet's source (packet/cmdparse.c, command.c, probe.c, construct_unix.c).

local addr = require "mtr.base.addr"
local err = require "mtr.base.err"

local find, sub, floor = string.find, string.sub, math.floor

local LINE, WORDS, LABELS = 4094, 34, 8  -- most bytes and words of a command, labels of an answer
local HOUR = 3600                      -- our longest time-out, s
local INT, WRAP = 2147483647, 4294967296

---@class mtr.mtrp
local M = { version = "0.96" }

--- A command without its token. It has one of answer, feature and dst.
---@class mtr.PacketCommand
---@field answer? string the answer, if it is known at once
---@field feature? string of check-support, if this file does not know the answer
---@field dst? string of send-probe
---@field family? 4|6
---@field ttl? integer nil: it is not valid; but a failure to send is reported first
---@field opts? mtr.ProberOptions
---@field key? string equal for commands that differ only in their TTL

-- Does strtol(3) into a C int, which loses the upper half. Returns the number at the start of a
-- word; true if the word has nothing else; true if it did not fit a long (then it saturates).
local function integer(word)
  if #word < 10 and find(word, "^%d+$") then return tonumber(word), true, false end
  local sign, digits, rest = word:match "^([+-]?)0*(%d*)(.*)$"
  local most = sign == "-" and "9223372036854775808" or "9223372036854775807"
  local over, value = #digits > 19 or #digits == 19 and digits > most, 0
  for part in (over and most or digits):gmatch "%d%d?%d?%d?" do
    value = (value * 10 ^ #part + tonumber(part)) % WRAP
  end
  value = floor((sign == "-" and -value or value) % WRAP)
  return value > INT and value - WRAP or value, rest == "" and find(word, "%d") ~= nil, over
end

local DEFAULTS = {
  ttl = 255, size = 64, timeout = 10, tos = 0, mark = 0, port = 0, ["local-port"] = 0,
  ["bit-pattern"] = -256,              -- not given: 0, but the first bytes may be another number
}
local PROTOCOLS = { icmp = true, udp = true, tcp = true, sctp = true }
local LEAST = { [4] = { icmp = 30, udp = 32 }, [6] = { icmp = 50, udp = 52 } }
local MOST = { [4] = 9000, [6] = 9040 }
local ANY = { ["0.0.0.0"] = "127.0.0.1", ["::"] = "::1" }  -- as Linux treats them

local BAD = { answer = " invalid-argument\n" }
local NO_FAMILY = { answer = " invalid-argument reason ip-version-not-supported\n" }
local NO_PROTOCOL = { answer = " invalid-argument reason protocol-not-supported\n" }

-- Reads the words of a command; of equal names the last counts. Returns nil if one is wrong.
local function arguments(words)
  local a = { protocol = "icmp" }
  for name, value in pairs(DEFAULTS) do a[name] = value end
  for i = 2, #words, 2 do
    local name, value, whole = words[i], words[i + 1], true
    if name == "ip-4" or name == "ip-6" then
      a.family, a.dst = tonumber(sub(name, 4)), value
    elseif name == "local-ip-4" or name == "local-ip-6" then
      a.source = value
    elseif name == "local-device" then
      a.device = value
    elseif name == "protocol" then
      a.protocol, whole = value, PROTOCOLS[value]
    elseif DEFAULTS[name] then
      a[name], whole = integer(value)
    end
    if not whole or name == "local-port" and a[name] < 1024 then return nil end
  end
  return a
end

-- Accepts a literal address without a zone.
local function is_address(text, family)
  return addr.family(text) == family and not find(text, "%", 1, true)
end

-- Returns a TTL as the kernel treats it: -1 is the default; a hop limit of 0 travels as far as 1.
local function ttl_of(a)
  if a.family == 6 and (a.tos < -1 or a.tos > 255) then return nil end
  if a.ttl == -1 then return 64 end
  if a.ttl == 0 and a.family == 6 then return 1 end
  return a.ttl > 0 and a.ttl <= 255 and a.ttl or nil
end

local function options(a, tcp)
  local port, local_port, fill = a.port % 65536, a["local-port"] % 65536, a["bit-pattern"] % 256
  return {
    protocol = a.protocol, source = not ANY[a.source] and a.source or nil, interface = a.device,
    timeout = math.max(1, math.min(a.timeout, HOUR) * 1000),
    size = not tcp and math.max(a.size, LEAST[a.family][a.protocol]) or nil,
    fill = fill, multipath = a.protocol == "icmp" and a["bit-pattern"] ~= -256 and "classic" or nil,
    tos = a.tos == -1 and 0 or a.tos % 256, mark = a.mark ~= 0 and a.mark % WRAP or nil,
    port = a.protocol ~= "icmp" and port > 0 and port or nil,
    source_port = a.protocol == "udp" and local_port > 0 and local_port or nil,
    allow_broadcast = addr.class(a.dst) == "multicast",
  }
end

local KEY = { "protocol", "source", "interface", "timeout", "size", "fill", "tos", "mark", "port",
  "source_port", "multipath" }

local function send_probe(words)
  local a = arguments(words)
  if not a then return BAD end
  if not a.family then return NO_FAMILY end
  if a.protocol == "sctp" then return NO_PROTOCOL end
  local family, ttl, tcp = a.family, ttl_of(a), a.protocol == "tcp"
  local wrong = tcp and not ttl or not tcp and a.size > MOST[family]
  if wrong or not is_address(a.dst, family) or a.source and not is_address(a.source, family) then
    return BAD
  end
  local opts, dst = options(a, tcp), ANY[a.dst] or a.dst
  local key = { dst }
  for i, name in ipairs(KEY) do key[i + 1] = tostring(opts[name]) end
  return { dst = dst, family = family, ttl = ttl, opts = opts, key = table.concat(key, " ") }
end

local SUPPORT = { version = M.version, icmp = "ok", udp = "ok", tcp = "ok", mark = "ok",
  ["send-probe"] = "ok" }

--- Returns the answer to check-support.
---@param support string
function M.support(support) return " feature-support support " .. support .. "\n" end

local function check_support(words)
  for i = 2, #words, 2 do
    local feature = words[i + 1]
    if words[i] == "feature" then
      if feature == "ip-4" or feature == "ip-6" then return { feature = feature } end
      return { answer = M.support(SUPPORT[feature] or "no") }
    end
  end
  return BAD
end

-- Commands ---------------------------------------------------------------------------------------

local COMMANDS = { ["send-probe"] = send_probe, ["check-support"] = check_support }

--- Reads one line. Returns nil if it is not a command.
---@param line string without its newline
---@return integer? token
---@return mtr.PacketCommand? command
function M.parse(line)
  local words = {}
  for word in line:gmatch "%S+" do words[#words + 1] = word end
  local count, token, _, over = #words, integer(table.remove(words, 1) or "")
  if count < 2 or count > WORDS or count % 2 == 1 or over or find(line, "%z") then return nil end
  local command = COMMANDS[words[1]]
  return token, command and command(words) or { answer = " unknown-command\n" }
end

--- Returns the token and the rest of a line, if the token is plain digits; otherwise nil.
---@param line string
---@return integer? token
---@return string rest
function M.token(line)
  local blank = find(line, " ", 1, true) or 1
  local word = sub(line, 1, blank - 1)
  local token = tonumber(word)
  if token and token >= 0 and token <= INT and tostring(floor(token)) == word then
    return token, sub(line, blank)
  end
  return nil, line
end

--- Calls take for each whole line in data, and with false for each 4,095 bytes without a newline.
--- Returns the rest. A single line needs no loop, so that LuaJIT compiles the outer loop.
---@param data string
---@param take fun(line: string|false)
---@return string rest
function M.lines(data, take)
  if #data <= LINE and find(data, "\n", 1, true) == #data then
    take(sub(data, 1, -2))
    return ""
  end
  local at = 1
  while true do
    local stop = find(data, "\n", at, true)
    if (stop or #data + 1) - at > LINE then
      take(false)
      at = at + LINE + 1
    elseif stop then
      take(sub(data, at, stop - 1))
      at = stop + 1
    else
      return sub(data, at)
    end
  end
end

-- Answers, from behind the token to the newline --------------------------------------------------

-- Words by ICMP type; a reply that is not ICMP is an answer of the target.
local WORD = {
  [4] = { target = " reply ip-4 ", [0] = " reply ip-4 ", [3] = " no-route-host ip-4 ",
    [11] = " ttl-expired ip-4 ", unreachable = 3, port = 3 },
  [6] = { target = " reply ip-6 ", [129] = " reply ip-6 ", [1] = " no-route-host ip-6 ",
    [2] = " no-route-host ip-6 ", [3] = " ttl-expired ip-6 ", unreachable = 1, port = 4 },
}

-- Returns the labels of the first MPLS object (RFC 4950).
local function labels(ext)
  for _, object in ipairs(ext) do
    local list = {}
    for i, l in ipairs(object.mpls or {}) do
      list[i] = i <= LABELS and ("%d,%d,%d,%d"):format(l.label, l.tc, l.s, l.ttl) or nil
    end
    if object.mpls then return " mpls " .. table.concat(list, ",") end
  end
  return ""
end

--- Returns the line for the reply to a probe, with the token.
---@param token integer
---@param family 4|6
---@param reply mtr.Reply
---@return string
function M.reply(token, family, reply)
  local words, kind, ext = WORD[family], reply.icmp_type, reply.ext
  local word = kind and words[kind] or words.target
  if kind == words.unreachable and reply.icmp_code == words.port then word = words.target end
  return token .. word .. reply.addr .. " round-trip-time " .. floor(reply.rtt * 1000 + 0.5)
    .. (ext and labels(ext) or "") .. "\n"
end

local FAILURE = {
  EINVAL = " invalid-argument\n", ENETDOWN = " network-down\n", EHOSTDOWN = " host-down\n",
  ENETUNREACH = " no-route-network\n", EHOSTUNREACH = " no-route-host\n",
  EPERM = " permission-denied\n", EADDRINUSE = " address-in-use\n",
  EADDRNOTAVAIL = " address-not-available\n", EAGAIN = " probes-exhausted\n",
}

--- Returns the answer for a probe that could not be sent.
---@param name string of the errno
---@return string
function M.failure(name)
  return FAILURE[name] or " unexpected-error errno " .. (err.number(name) or 0) .. "\n"
end

M.NO_REPLY, M.UNREADABLE, M.OVERFLOW =
  " no-reply\n", "0 command-parse-error\n", "0 command-buffer-overflow\n"

return M
