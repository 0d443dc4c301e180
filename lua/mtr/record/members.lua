-- SPDX-License-Identifier: MIT
--
-- The kinds of the members of a line of JSON, and what is wrong with a line that somebody else
-- wrote: reporters count on numbers where numbers belong. A spec compares this file with
-- result.schema.json. Members that are not known are not looked at. mtr.record.verbatim finds the
-- same in the text of most lines, which costs a fraction.

local kinds = require "mtr.record.kinds"

local M = {}

local LONGEST = 1e12                   -- ms, some 31 years
local LAST = 4294967295                -- unix seconds: warts and others have 32 bits

local text, word, flag, boolean, id = kinds.text, kinds.word, kinds.flag, kinds.boolean, kinds.id
local address, node, number, whole = kinds.address, kinds.node, kinds.number, kinds.whole
local one_of, list, object = kinds.one_of, kinds.list, kinds.object

local BYTE, SHORT, LONG = whole(0, 255), whole(0, 65535), whole(0, 4294967295)
local TTL, TIME, COUNT = whole(1, 255), number(0, LONGEST), whole(0, kinds.EXACT)

local origin = object({
  asn = whole(1, 4294967295), asns = list(LONG), prefix = text, name = text, country = text,
  ixp = text, label = text,
}, {})

local tier = kinds.described(one_of(2, 3, 4), { type = "NUMBER", least = 2, most = 4 })

local quote = object({
  ttl = BYTE, size = SHORT, tos = BYTE, nat = flag, truncated = flag, tier = tier,
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
  hex = kinds.hex,
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

local hops = list(hop)
kinds.about[hops].type = "NUMBERED"          -- M.of.trace asks for that

local doubletree = object({ forward = text, backward = text, h = TTL }, { "h" })

local mda = object({
  confidence = number(0, 100), flows = SHORT, diamonds = list(kinds.any),
  names = kinds.map(object({ addr = address, name = text, origin = origin }, { "addr" })),
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
  list = id, cycle = id, campaign = id, monitor = id, try = whole(1, kinds.EXACT), transport = word,
  protocol = one_of("icmp", "udp", "tcp"), multipath = one_of("paris", "classic", "dublin"),
  src = address, dst = address, target = text, all_addresses = list(address),
  sport = whole(1, 65535), dport = SHORT, icmp_sum = SHORT, flow = SHORT,
  flow_label = whole(0, 1048575), size = SHORT, tos = BYTE, tcp_flags = one_of("syn", "ack"),
  start = number(0, LAST), duration = TIME, stop_reason = word, stop_data = BYTE, error = text,
  first_ttl = TTL, max_ttl = TTL, window = TTL, queries = TTL, attempts = TTL, timeout = TIME,
  gap_limit = BYTE, loop_limit = BYTE, hop_count = BYTE, probe_count = LONG, hops = hops,
  doubletree = doubletree, mda = mda, pmtu = pmtu,
}, { "protocol", "dst", "target", "stop_reason", "hops" })

--- The kind of a trace; what else M.of.trace asks for is in mtr.record.verbatim as well.
---@type function
M.trace = trace

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
