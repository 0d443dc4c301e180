-- SPDX-License-Identifier: MIT
--
-- The kinds of the members of a line of JSON, and what is wrong with a line that somebody else
-- wrote: reporters count on numbers where numbers belong. A spec compares this file with
-- result.schema.json. Members that are not known are not looked at.

local addr = require "mtr.base.addr"
local each = require "mtr.base.each"

local M = {}

local LONGEST = 1e12                   -- ms, some 31 years
local LAST = 4294967295                -- unix seconds: warts and others have 32 bits
local EXACT = 2 ^ 53                   -- larger numbers are not exact

-- A kind is a function: it returns nil for a value of that kind, or what is wrong with it.

local function text(value)
  if type(value) ~= "string" then return " is not a text" end
end

-- The zone of an address (fe80::1%eth0) need not exist on this machine.
local function address(value)
  local bare = type(value) == "string" and value:match "^([^%%]+)%%?[%w._-]*$"
  if not bare or not addr.family(bare) then return " is not an address" end
end

-- A node of a path: an address, silence, or where the paths begin.
local function node(value)
  if value ~= "*" and value ~= "source" and address(value) then return " is not a node" end
end

-- A word of ours; readers take those of later versions too.
local function word(value)
  if type(value) ~= "string" or not value:find "^[%w-]+$" then return " is not a word" end
end

local function flag(value)
  if value ~= true then return " is not true" end
end

local function boolean(value)
  if type(value) ~= "boolean" then return " is neither true nor false" end
end

local function number(least, most)
  local fault = (" is not a number from %.0f to %.0f"):format(least, most)
  return function(value)
    if type(value) ~= "number" or value < least or value > most then return fault end
  end
end

local function whole(least, most)
  local fault = (" is not a whole number from %.0f to %.0f"):format(least, most)
  return function(value)
    if type(value) ~= "number" or value < least or value > most or value % 1 ~= 0 then
      return fault
    end
  end
end

local function one_of(...)
  local words, fault = {}, " is none of " .. table.concat({ ... }, ", ")
  for _, one in ipairs { ... } do words[one] = true end
  return function(value)
    if not words[value] then return fault end
  end
end

local function list(kind)
  return function(value)
    if type(value) ~= "table" then return " is not a list" end
    local count = 0
    for i, element in each(value) do
      if type(i) ~= "number" then return " is not a list" end
      local fault = kind(element)
      if fault then return ("[%d]%s"):format(i, fault) end
      count = count + 1
    end
    if count > 0 and value[count] == nil then return " has an element that is null" end
  end
end

-- An object that may have some members, and must have others.
local function object(members, needed)
  return function(value)
    if type(value) ~= "table" or value[1] ~= nil then return " is not an object" end
    for i = 1, #needed do
      if value[needed[i]] == nil then return (".%s is missing"):format(needed[i]) end
    end
    for name, member in each(value) do
      local kind = members[name]
      local fault = kind and kind(member)
      if fault then return "." .. name .. fault end
    end
  end
end

-- An object of any members.
local function any(value)
  if type(value) ~= "table" or value[1] ~= nil then return " is not an object" end
end

-- An object whose members are all of a kind.
local function map(kind)
  return function(value)
    if type(value) ~= "table" or value[1] ~= nil then return " is not an object" end
    for _, member in each(value) do
      local fault = kind(member)
      if fault then return " has a member that" .. fault end
    end
  end
end

local function id(value)
  if type(value) ~= "string" and (type(value) ~= "number" or value % 1 ~= 0) then
    return " is neither a text nor a whole number"
  end
end

local BYTE, SHORT, LONG = whole(0, 255), whole(0, 65535), whole(0, 4294967295)
local TTL, TIME, COUNT = whole(1, 255), number(0, LONGEST), whole(0, EXACT)

local origin = object({
  asn = whole(1, 4294967295), asns = list(LONG), prefix = text, name = text, country = text,
  ixp = text, label = text,
}, {})

local quote = object({
  ttl = BYTE, size = SHORT, tos = BYTE, nat = flag, truncated = flag, tier = one_of(2, 3, 4),
  changed = list(one_of("src", "dst", "sport", "dport", "id", "ip_id")),
}, { "ttl", "size", "tos" })

local extension = object({
  type = BYTE, class = BYTE,
  mpls = list(object({ ttl = BYTE, label = whole(0, 1048575), tc = whole(0, 7), s = whole(0, 1) },
    { "ttl", "label", "tc", "s" })),
  interface = object({
    role = one_of("incoming", "sub-ip", "outgoing", "next-hop"), ifindex = LONG, addr = address,
    mtu = LONG, name = text,
  }, { "role" }),
  hex = function(value)
    if type(value) ~= "string" or not value:find "^[0-9a-f]*$" or #value % 2 ~= 0 then
      return " is not in hexadecimal"
    end
  end,
}, { "type", "class" })

local reply = object({
  addr = address, name = text, origin = origin, addr_class = one_of "this-network", rtt = TIME,
  attempt = TTL, at = TIME, protocol = one_of("icmp", "udp", "tcp"), flow = SHORT, tos = BYTE,
  icmp_type = BYTE, icmp_code = BYTE, tcp_flags = BYTE, mss = SHORT, reply_ttl = BYTE,
  ip_id = SHORT, reply_size = SHORT, quoted = quote, mtu = SHORT, tstamp = one_of("kernel", "user"),
  ext = list(extension), final = flag, unreach = flag, dup = flag, late = flag,
  ext_malformed = flag, ignored = flag, local_ = flag, other_addr = flag, te_from_dst = flag,
  too_big = flag, weak = flag,
}, { "addr", "rtt" })

local hop = object({
  ttl = TTL, skipped = flag, addr = address, addr_class = text, name = text, origin = origin,
  hidden = flag, rtt = TIME, unanswered = TTL, failed = TTL, error = text, replies = list(reply),
}, { "ttl", "replies" })

local doubletree = object({ forward = text, backward = text, h = TTL }, { "h" })

local mda = object({
  confidence = number(0, 100), flows = SHORT, diamonds = list(any),
  names = map(object({ addr = address, name = text, origin = origin }, { "addr" })),
  hops = list(object({
    ttl = TTL, nodes = list(node), links = list(object({ from = node, to = node },
      { "from", "to" })),
  }, { "ttl", "nodes", "links" })),
}, { "confidence", "flows", "hops" })

local pmtu = object({
  mtu = SHORT, ttl = BYTE, passed = SHORT, complete = boolean, blackhole = flag,
  limits = list(object({ addr = address, mtu = SHORT, size = SHORT }, { "size" })),
}, { "complete", "limits" })

local trace = object({
  list = id, cycle = id, campaign = id, monitor = id, try = whole(1, EXACT), transport = word,
  protocol = one_of("icmp", "udp", "tcp"), multipath = one_of("paris", "classic", "dublin"),
  src = address, dst = address, target = text, all_addresses = list(address),
  sport = whole(1, 65535), dport = SHORT, icmp_sum = SHORT, flow = SHORT,
  flow_label = whole(0, 1048575), size = SHORT, tos = BYTE, tcp_flags = one_of("syn", "ack"),
  start = number(0, LAST), duration = TIME, stop_reason = word, stop_data = BYTE, error = text,
  first_ttl = TTL, max_ttl = TTL, window = TTL, queries = TTL, attempts = TTL, timeout = TIME,
  gap_limit = BYTE, loop_limit = BYTE, hop_count = BYTE, probe_count = LONG, hops = list(hop),
  doubletree = doubletree, mda = mda, pmtu = pmtu,
}, { "protocol", "dst", "target", "stop_reason", "hops" })

--- By the member `type` of a line: fault(line) returns what is wrong with the decoded line, such as
--- ".hops[2].ttl is missing"; nil: nothing is.
---@type table<string, fun(line: table): string?>
M.of = {}

function M.of.trace(line)
  local fault = trace(line)
  if fault then return fault end
  for i, one in ipairs(line.hops) do
    if one.ttl ~= i then return (".hops[%d].ttl is not %d"):format(i, i) end
  end
end

M.of.ping_start = object({ target = text, dst = address, size = SHORT, ttl = TTL },
  { "target", "dst", "size" })

local answer = object({
  target = text, dst = address, seq = whole(1, 4294967295), addr = address, name = text,
  origin = origin, rtt = TIME, ttl = BYTE, size = SHORT, dup = flag, late = flag, error = text,
}, { "target", "dst" })

function M.of.ping(line)
  return answer(line) or line.addr and not line.rtt and ".rtt is missing" or nil
end

local summary = object({
  target = text, dst = address, sent = COUNT, received = COUNT, unanswered = number(0, 100),
  errors = COUNT, failed = COUNT, in_flight = COUNT, min = TIME, avg = TIME, max = TIME,
  mdev = TIME, jitter = TIME,
}, { "target", "dst", "sent", "received", "unanswered" })

local TIMES = { "avg", "max", "mdev", "jitter" }

function M.of.ping_summary(line)
  local fault = summary(line)
  if fault or not line.min then return fault end
  for _, name in ipairs(TIMES) do
    if not line[name] then return (".%s is missing"):format(name) end
  end
end

return M
