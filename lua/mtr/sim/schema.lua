-- SPDX-License-Identifier: MIT
--
-- The declarations of the fields in the description of a simulated network: of a node, a link, a
-- route and a tunnel, each with the field of a struct that it goes into. mtr.sim explains them.
--
-- field: the field of the struct, for an integer, a number or the value of a word. flag: a bit of
-- the flags of the node, set if the value is the given one. mtr.sim.build handles any other field.

local lib = require "mtr.lib"
local check = require "mtr.base.check"
local err = require "mtr.base.err"
local units = require "mtr.base.units"

local C = lib.C
local M = {}

local function share(value)
  if type(value) == "number" and value >= 0 and value <= 1 then return value end
  return nil, "must be a share from 0 to 1"
end

local time = check.duration(0, 36e5)

local function flag(bits, when) return { kind = check.type "boolean", flag = bits, when = when } end

local function rate(value)
  local number = units.rate(value)
  if number and number <= 1e9 then return number end
  return nil, 'must be a rate such as 10, "10/s" or "max"'
end

-- Accepts a number, or one of some words.
local function number_or(words, low, high)
  local names = {}
  for word in pairs(words) do names[#names + 1] = ("%q"):format(word) end
  table.sort(names)
  local wanted = ("must be %d..%d or %s"):format(low, high, table.concat(names, " or "))
  local whole = check.integer(low, high)
  return function(value)
    local n = words[value] or whole(value)
    if n then return n end
    return nil, wanted
  end
end

local function anything(value) return value end

local function one_of(...)
  local words, values = { ... }, {}
  for _, word in ipairs(words) do values[word] = word end
  return check.word(values, words)
end

-- Returns a table of options by name, in which each option has its name.
local function declare(options)
  local names = {}
  for name, option in pairs(options) do
    option.name = name
    names[#names + 1] = name
  end
  table.sort(names)
  return { by_name = options, names = names }
end

M.states = { closed = C.MTR_SIM_CLOSED, open = C.MTR_SIM_OPEN, filtered = C.MTR_SIM_FILTERED }
M.state = check.word(M.states, { "open", "closed", "filtered" })

M.network = declare {
  seed = { kind = check.integer(0, 0xffffffff) }, source = { kind = check.type "string" },
  nodes = { kind = check.type "table" }, links = { kind = check.type "table" },
  routes = { kind = check.type "table" }, tunnels = { kind = check.type "table" },
}

M.node = declare {
  target = { kind = check.type "boolean" },
  silent = flag(C.MTR_SIM_SILENT, true), echo = flag(C.MTR_SIM_NO_ECHO, false),
  decrement = flag(C.MTR_SIM_NO_DECREMENT, false), zero_ttl = flag(C.MTR_SIM_ZERO_TTL, true),
  too_big = flag(C.MTR_SIM_NO_TOO_BIG, false),
  balance = { field = "balance", kind = check.word({
    flow = C.MTR_SIM_BY_FLOW, packet = C.MTR_SIM_BY_PACKET, target = C.MTR_SIM_BY_TARGET,
    label = C.MTR_SIM_BY_LABEL }, { "flow", "packet", "target", "label" }) },
  mss = { field = "mss", kind = check.integer(0, 65535) },
  altered = { field = "altered", kind = function(value)
    if type(value) == "boolean" then return value and 1 or 0 end
    return nil, "must be true or false"
  end },
  set_ttl = { field = "set_ttl", kind = check.integer(0, 255) },
  set_tos = { field = "set_tos", kind = check.integer(0, 255) },
  tcp = { kind = anything }, udp = { kind = anything }, reply = { kind = check.type "table" },
  quote = { kind = anything }, ext = { kind = anything }, nat = { kind = anything },
  filter = { kind = check.type "table" },
}

M.reply = declare {
  delay = { field = "reply_delay", kind = time }, jitter = { field = "reply_jitter", kind = time },
  loss = { field = "reply_loss", kind = share }, rate = { field = "reply_rate", kind = rate },
  burst = { field = "reply_burst", kind = check.integer(1, 1000000) },
  ttl = { field = "reply_ttl", kind = check.integer(1, 255) },
  copies = { field = "copies", kind = check.integer(1, 100) },
  type = { field = "icmp_type", kind = check.integer(0, 255) },
  code = { field = "icmp_code", kind = check.integer(0, 255) },
  mtu = { field = "mtu_said", kind = check.integer(0, 65535) }, from = { kind = anything },
}

M.quote = declare {
  bytes = { field = "quote", kind = check.integer(0, 65535) },
  ttl = { field = "quoted_ttl", kind = check.integer(0, 255) },
  size = { field = "quoted_size", kind = check.integer(0, 65535) },
  id = { field = "quoted_id", kind = number_or({ swapped = -2, plus = -3 }, 0, 65535) },
  checksum = { field = "quoted_check", kind = check.integer(0, 65535) },
  headers = { kind = check.type "table" },
}

M.headers = { ["hop-by-hop"] = 0, routing = 43, fragment = 44, ["later-fragment"] = 44, ah = 51,
  destination = 60 }
M.header = one_of("hop-by-hop", "routing", "fragment", "later-fragment", "ah", "destination")

M.ext = declare {
  length = { field = "ext_length", kind = check.integer(0, 255) },
  checksum = { field = "ext_summed", kind = check.word({ none = 0, right = 1, wrong = 2 },
    { "none", "right", "wrong" }) },
}

M.nat = declare {
  quotes = { kind = check.type "boolean" }, ports = { kind = check.type "boolean" },
}

-- Codes of unreachables: of IPv4 (RFC 792, 1122, 1812), of IPv6 (RFC 4443).
M.unreachables = {
  net = { 0, 0 }, host = { 1, 3 }, protocol = { 2, 1 }, port = { 3, 4 },
  ["source-route"] = { 5, 5 },
  ["net-prohibited"] = { 9, 1 }, ["host-prohibited"] = { 10, 1 }, admin = { 13, 1 },
  precedence = { 14, 1 }, scope = { 1, 2 }, policy = { 13, 5 }, reject = { 0, 6 },
}

M.answers = { drop = C.MTR_SIM_FILTERED, reset = C.MTR_SIM_CLOSED, answer = C.MTR_SIM_OPEN }

local function answer(value)
  if M.answers[value] then return { M.answers[value], 0, 0 } end
  local codes = M.unreachables[value]
  if codes then return { C.MTR_SIM_UNREACH, codes[1], codes[2] } end
  if type(value) == "number" and value % 1 == 0 and value >= 0 and value <= 255 then
    return { C.MTR_SIM_UNREACH, value, value }
  end
  local number = type(value) == "string" and value:find "^E%u+$" and err.number(value)
  if number then return { C.MTR_SIM_REFUSE, number, number } end
  local words = {}
  for word in pairs(M.unreachables) do words[#words + 1] = word end
  for word in pairs(M.answers) do words[#words + 1] = word end
  table.sort(words)
  local near = type(value) == "string" and err.nearest(value, words)
  return nil, "must be a code, an errno's name or one of " .. table.concat(words, ", "),
    near and ("; did you mean %q?"):format(near)
end

M.filter = declare {
  protocol = { field = "protocol", kind = check.word(
    { icmp = C.MTR_ICMP, udp = C.MTR_UDP, tcp = C.MTR_TCP }, { "icmp", "udp", "tcp" }) },
  port = { field = "port", kind = check.integer(1, 65535) },
  share = { field = "share", kind = share }, to = { kind = check.type "string" },
  answer = { kind = answer },
}

M.link = declare {
  delay = { field = "delay", kind = time }, jitter = { field = "jitter", kind = time },
  loss = { field = "loss", kind = share }, duplicate = { field = "duplicate", kind = share },
  reorder = { field = "reorder", kind = share },
  mtu = { field = "mtu", kind = check.integer(68, 65535) },
  cost = { field = "cost", kind = check.integer(0, 1000) }, back = { kind = check.type "table" },
}

M.route = declare {
  at = { kind = check.type "string" }, to = { kind = check.type "string" },
  via = { kind = anything }, after = { field = "after", kind = time },
  before = { field = "before", kind = time },
}

M.tunnel = declare {
  labels = { kind = anything }, hidden = { kind = check.type "boolean" },
  php = { kind = check.type "boolean" },
}

M.internet = declare {
  seed = { kind = check.integer(0, 0xffffffff) },
  prefixes = { field = "prefixes", kind = check.integer(1, 12000000) },
  silent = { field = "silent", kind = share }, dead = { field = "dead", kind = share },
  balanced = { field = "balanced", kind = share }, limited = { field = "limited", kind = share },
  limit = { field = "limit", kind = rate }, loss = { field = "loss", kind = share },
  delay = { field = "delay", kind = check.duration(0, 1000) },
  min_hops = { field = "min_hops", kind = check.integer(8, 30) },
  max_hops = { field = "max_hops", kind = check.integer(8, 30) },
}

return M
