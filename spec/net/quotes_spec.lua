-- SPDX-License-Identifier: MIT
--
-- Changes that routers and translators make to the quoted probe, and extensions behind it: the hard
-- cases 1-6, 15 and 22 (see spec/sim/hard_cases_spec.lua), as packets through the kernel.

local forger = require "spec.support.real.forger"
local hostile = require "spec.support.real.hostile"
local packet = require "spec.support.packets.packet"

local u8, u16, u32 = packet.u8, packet.u16, packet.u32
local quote = forger.quote

-- An address that is nobody's here, and one's own in a packet.
local ALIEN = { [4] = "\203\0\113\9", [6] = "\32\1\13\184" .. ("\0"):rep(11) .. "\9" }

local function exceeded(p, o) return forger.icmp(p, "exceeded", o) end

-- Cases whose answer is Time Exceeded with this quote.
local function quoting(with)
  return function(p) return exceeded(p, { quote = quote(p, with(p)) }) end
end

local function cut(n)
  return function(p) return exceeded(p, { quote = quote(p):sub(1, p.head + n) }) end
end

local NAT = { nat = true }

-- A ones' complement checksum after bytes that it covers have changed (RFC 1624).
local function updated(checksum, from, to)
  local sum = packet.sum(to, nil, 0xffff - checksum)
  for i = 1, #from, 2 do
    sum = packet.sum(u16(0xffff - from:byte(i) * 256 - from:byte(i + 1)), nil, sum)
  end
  return u16(0xffff - sum)
end

-- What a translator makes of a probe: its own source, a port or echo identifier further on (0: the
-- same), and the checksum for that.
local function translated(p, over)
  local port = (p.sport or p.echo_id)
  local from, to = u16(port), u16((port + (over or 4321)) % 65536)
  local at = p.protocol == "icmp" and 4 or 0
  local check_at = ({ icmp = 2, udp = 6, tcp = 16 })[p.protocol]
  local covers = p.protocol ~= "icmp" or p.v == 6
  local check = updated(p.checksum, (covers and p.src or "") .. from,
    (covers and ALIEN[p.v] or "") .. to)
  return { src = ALIEN[p.v], transport = { [at] = to, [check_at] = check } }
end

local QUOTES = {
  { "of eight bytes is enough", answer = cut(8), quoted = { truncated = false, nat = false } },
  { "of fewer is found by the identification", answer = cut(4), only = "v4",
    quoted = { truncated = true, nat = false } },
  { "of nothing but the IP header too", answer = cut(0), only = "v4",
    quoted = { truncated = true, nat = false } },
  { "of fewer has nothing to find it by in IPv6", answer = cut(4), only = "icmp v6", hop = false },
  { "of ports alone tells only that it is ours", answer = cut(4), only = "udp tcp v6", hop = false,
    counters = { unmatched = 1 } },
  { "of half a header is nothing", answer = cut(-10), hop = false },
  { "may have another source", answer = quoting(function(p) return { src = ALIEN[p.v] } end),
    quoted = NAT, counters = { nat = 1 } },
  { "may have another destination, if the rest is ours",
    answer = quoting(function(p) return { dst = ALIEN[p.v] } end), quoted = NAT,
    counters = { nat = 1 } },
  { "may have the source, port and checksum of a translator", quoted = NAT,
    counters = { nat = 1 }, only = "v4", answer = quoting(function(p) return translated(p) end) },
  { "of TCP over IPv6 may have those, if the port is near ours", only = "tcp v6", quoted = NAT,
    counters = { nat = 1 }, answer = quoting(function(p) return translated(p, 2) end) },
  { "may have a translator's source and checksum", quoted = NAT, counters = { nat = 1 },
    answer = quoting(function(p) return translated(p, 0) end) },
  { "may have another destination port", only = "udp tcp", quoted = NAT, counters = { nat = 1 },
    answer = quoting(function(p) return { transport = { [2] = u16(p.dport + 1) } } end) },
  { "may have no checksum, then the identification tells", only = "udp v4", quoted = NAT,
    counters = { nat = 1 }, answer = quoting(function()
      return { transport = { [6] = "\0\0" } }
    end) },
  { "may have a swapped identification", only = "udp v4", quoted = NAT, counters = { nat = 1 },
    answer = quoting(function(p)
      return { ip_id = u16(p.ip_id):reverse(), transport = { [6] = "\0\0" } }
    end) },
  { "may have no identification", only = "v4", quoted = { nat = false },
    answer = quoting(function() return { ip_id = "\0\0" } end) },
  { "with neither checksum nor identification is nobody's", only = "udp v4", hop = false,
    counters = { unmatched = 1 }, answer = quoting(function()
      return { ip_id = "\0\0", transport = { [6] = "\0\0" } }
    end) },
  { "may have a TTL of 0", answer = quoting(function() return { ttl = 0 } end),
    quoted = { ttl = 0 } },
  { "may have a TTL of 9", answer = quoting(function() return { ttl = 9 } end),
    quoted = { ttl = 9 } },
  { "may have another TOS", answer = quoting(function() return { tos = "\184" } end), only = "v4",
    quoted = { tos = 184 } },
  { "may have a header longer than itself", only = "v4", hop = false,
    answer = function(p) return exceeded(p, { quote = packet.patch(quote(p), 0, "\79"):sub(1, 28) })
    end },
  { "may have a header shorter than any", only = "v4", hop = false,
    answer = function(p) return exceeded(p, { quote = packet.patch(quote(p), 0, "\68") }) end },
  { "may lie about its length", answer = function(p)
    return exceeded(p, { quote = packet.patch(quote(p), p.v == 4 and 2 or 4, "\255\255") })
  end },
  { "may have extension headers in front of ours", only = "v6", answer = function(p)
    local q, next = quote(p), p.bytes:sub(7, 7)
    local chain = "\60\0\1\4\0\0\0\0" .. "\44\0\1\4\0\0\0\0" .. next .. "\0\0\0\1\2\3\4"
    return exceeded(p, { quote = packet.patch(q:sub(1, 40), 6, "\0") .. chain .. q:sub(41) })
  end },
  { "behind an unknown extension header cannot be read", only = "v6", hop = false,
    counters = { unmatched = 1 }, answer = function(p)
      local q = quote(p)
      return exceeded(p, { quote = packet.patch(q:sub(1, 40), 6, "\253") .. ("\0"):rep(8)
        .. q:sub(41) })
    end },
}

-- Two entries, of which the second is the bottom: 16 and 300003, tc 5, ttl 1 and 254.
local STACK = u32(16 * 4096 + 5 * 512 + 1) .. u32(300003 * 4096 + 256 + 254)
local LABELS = { { label = 16, tc = 5, s = 0, ttl = 1 }, { label = 300003, tc = 0, s = 1,
  ttl = 254 } }
local MPLS = packet.object(1, 1, STACK)
local STACKED = { class = 1, type = 1, mpls = LABELS }
local OTHER = packet.object(200, 7, "\1\2\3\255")
local RAW = { class = 200, type = 7, hex = "010203ff" }
-- RFC 5837: incoming interface 7, its address, name and MTU.
local INTERFACE = packet.object(2, 0x0f, u32(7) .. u16(1) .. u16(0) .. "\192\0\2\1" .. u8(8)
  .. "ge-0/0\0" .. u32(9000))
local DESCRIBED = { class = 2, type = 15, interface = { role = "incoming", ifindex = 7,
  addr = "192.0.2.1", name = "ge-0/0", mtu = 9000 } }

-- An answer with extension objects. o: sum and version as packet.extension takes them; length:
-- what the length field says, in bytes; size: to which the quote is padded (128).
local function extended(objects, o)
  o = o or {}
  return function(p)
    local size = o.size or 128
    local announced = o.length or size
    return exceeded(p, { quote = packet.pad(quote(p), size):sub(1, size),
      length = announced / (p.v == 4 and 4 or 8),
      behind = packet.extension(objects, o.sum, o.version) })
  end
end

local MANY = {}
for i = 1, 40 do MANY[i] = packet.object(200, i, ("\9"):rep(16)) end

local EXTENSIONS = {
  { "MPLS labels", answer = extended(MPLS), reply = { ext = { STACKED }, ext_malformed = false } },
  { "two objects, one of them unknown", answer = extended(OTHER .. MPLS),
    reply = { ext = { RAW, STACKED }, ext_malformed = false } },
  { "what the interface is", answer = extended(INTERFACE), reply = { ext = { DESCRIBED } } },
  { "objects without a checksum", answer = extended(MPLS, { sum = false }),
    reply = { ext = { STACKED }, ext_malformed = false } },
  { "objects at 128 that no length announces", answer = extended(MPLS, { length = 0 }),
    reply = { ext = { STACKED }, ext_malformed = false } },
  { "objects at 128 behind a shorter length", answer = extended(MPLS, { length = 64 }),
    reply = { ext = { STACKED } } },
  { "objects behind a longer quote", answer = extended(MPLS, { size = 256 }), only = "icmp udp",
    opts = { size = 256 }, reply = { ext = { STACKED } } },
  { "objects behind a longer quote of a SYN", answer = extended(MPLS, { size = 256 }), only = "tcp",
    opts = { size = 256 }, reply = { ext = { STACKED } }, raw = true },
  { "nothing, if only chance looks like it", answer = extended(MPLS, { length = 0, sum = 0x1234 }),
    reply = { ext = false, ext_malformed = false } },
  { "a damaged checksum where a length was announced", answer = extended(MPLS, { sum = 0x1234 }),
    reply = { ext = { STACKED }, ext_malformed = true } },
  { "an object longer than the packet", answer = extended(MPLS .. packet.object(9, 9, "", 200)),
    reply = { ext = { STACKED }, ext_malformed = true } },
  { "an object shorter than its header", answer = extended(MPLS .. packet.object(9, 9, "", 2)),
    reply = { ext = { STACKED }, ext_malformed = true } },
  { "an unknown version", answer = extended(MPLS, { version = 0x30 }),
    reply = { ext = false, ext_malformed = true } },
  { "more objects than anyone needs", answer = extended(table.concat(MANY)),
    check = function(result) assert.equal(40, #result.hops[2].replies[1].ext) end },
  { "a length beyond its end", answer = function(p) return exceeded(p, { length = 248 }) end,
    reply = { ext = false } },
}

describe("a quote", function()
  teardown(hostile.tear_down)

  for _, case in ipairs(QUOTES) do
    it(case[1], function()
      hostile.set_up(pending)
      hostile.run(case)
    end)
  end
end)

-- The kernel tells user of extensions, and of no other part of a quote's headers.
for _, transport in ipairs { "raw", "user" } do
  describe("behind a quote, by " .. transport .. ",", function()
    teardown(hostile.tear_down)

    for _, case in ipairs(EXTENSIONS) do
      if transport == "raw" or not case.raw then
        it(case[1] .. " may come", function()
          hostile.set_up(pending)
          hostile.run(case, { transport = transport })
        end)
      end
    end
  end)
end
