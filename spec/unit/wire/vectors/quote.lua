-- SPDX-License-Identifier: MIT
--
-- Time exceeded by what is quoted. See parts.lua.

local packet = require "spec.support.packets.packet"
local parts = require "spec.support.packets.parts"

local hex = packet.hex
local te4, te6, probe4, probe6 = parts.te4, parts.te6, parts.probe4, parts.probe6

-- IPv6 extension headers of 8 bytes; the first octet is the next header.
local hop = hex "00 00 01040000 0000"
local to_udp = { -- by their own type
  [0] = hex "11 00 01040000 0000", [43] = hex "11 00 0000 00000000",
  [44] = hex "11 00 0001 00000001", [60] = hex "11 00 01040000 0000",
}

-- Our UDP probe behind a chain of extension headers, the first of type `next`.
local function chained(next, chain, o)
  o = o or {}
  o.next, o.chain = next, chain
  return te6(probe6(17, parts.udp, o))
end

local UDP = { kind = "TIME_EXCEEDED", id = 0x1234, sport = 0xabcd, dport = 0x829a,
  quoted_protocol = 17, flags = "QUOTE" }
local CUT = { kind = "TIME_EXCEEDED", id = 0, sport = 0, dport = 0, flags = "QUOTE TRUNCATED" }
local PORTS = { kind = "TIME_EXCEEDED", id = 0, sport = 0xabcd, dport = 0x829a,
  flags = "QUOTE TRUNCATED" }

return {
  { "udp", te4(probe4(17, parts.udp)), UDP },
  { "udp to its end", te4(probe4(17, parts.udp .. ("\0"):rep(32))), UDP },
  { "udp with checksum 0", te4(probe4(17, hex "abcd 829a 0028 0000")),
    { id = 0, ip_id = 0x1234, sport = 0xabcd, flags = "QUOTE" } },
  { "tcp", te4(probe4(6, parts.tcp)), { id = 0x1234, tcp_low = 0x5678, sport = 0xabcd,
    dport = 0x829a, quoted_protocol = 6, flags = "QUOTE" } },
  { "echo", te4(probe4(1, parts.echo4)), { id = 0x1234, sport = 0xabcd, dport = 0,
    quoted_protocol = 1, flags = "QUOTE" } },
  { "an echo reply", te4(probe4(1, hex "0000 4321 abcd 1234")), { id = 0, sport = 0,
    quoted_protocol = 1, flags = "QUOTE" } },
  { "gre", te4(probe4(47, parts.udp)), { id = 0, sport = 0, quoted_protocol = 47,
    flags = "QUOTE" } },
  { "udp v6", te6(probe6(17, parts.udp)), UDP },
  { "tcp v6", te6(probe6(6, parts.tcp)), { id = 0x1234, tcp_low = 0x5678, quoted_protocol = 6 } },
  { "echo v6", te6(probe6(58, parts.echo6)), { id = 0x1234, sport = 0xabcd, quoted_protocol = 1 } },
  { "icmp over ipv6", te6(probe6(1, parts.echo4)), { id = 0, quoted_protocol = 58 } },
  -- cut
  { "7 transport bytes of udp", te4(probe4(17, parts.udp:sub(1, 7))), PORTS },
  { "4 transport bytes of tcp", te4(probe4(6, parts.tcp:sub(1, 4))), PORTS },
  { "3 transport bytes", te4(probe4(17, parts.udp:sub(1, 3))), CUT },
  { "no transport bytes", te4(probe4(17, "")), { id = 0, ip_id = 0x1234, quoted_protocol = 17,
    quoted_dst = parts[4].dst, flags = "QUOTE TRUNCATED" } },
  { "7 bytes of echo", te4(probe4(1, parts.echo4:sub(1, 7))), CUT },
  { "no transport bytes v6", te6(probe6(17, "")), CUT },
  { "19 bytes", te4(probe4(17, ""):sub(1, 19)), "EBADMSG" },
  { "39 bytes v6", te6(probe6(17, ""):sub(1, 39)), "EBADMSG" },
  { "nothing", te4(""), "EBADMSG" },
  { "nothing v6", te6(""), "EBADMSG" },
  -- odd headers
  { "ttl 0", te4(probe4(17, parts.udp, { ttl = 0 })), { quoted_ttl = 0, id = 0x1234 } },
  { "ttl 64", te4(probe4(17, parts.udp, { ttl = 64 })), { quoted_ttl = 64, id = 0x1234 } },
  { "hop limit 0 and traffic class v6", te6(probe6(17, parts.udp, { ttl = 0, tos = 0x28 })),
    { quoted_ttl = 0, quoted_tos = 0x28, id = 0x1234 } },
  { "tos rewritten", te4(probe4(17, parts.udp, { tos = 0xb8 })), { quoted_tos = 0xb8 } },
  { "identification zeroed", te4(probe4(17, parts.udp, { id = 0 })), { ip_id = 0, id = 0x1234 } },
  { "length in host order", te4(probe4(17, parts.udp, { size = 0x3c00 })),
    { quoted_size = 0x3c00, id = 0x1234 } },
  { "length 0", te4(probe4(17, parts.udp, { size = 0 })), { quoted_size = 0, id = 0x1234 } },
  { "payload length 65535 v6", te6(probe6(17, parts.udp, { size = 65535 })),
    { quoted_size = 65535, id = 0x1234 } },
  { "addresses rewritten by nat", te4(probe4(17, parts.udp, { src = hex "0a000001" })),
    { quoted_src = hex "0a000001", to = parts[4].us, id = 0x1234 } },
  { "options", te4(probe4(17, parts.udp, { options = hex "94040000 01010101" })), UDP },
  { "ihl 15 in 20 bytes", te4(probe4(17, "", { ihl = 15 })), { id = 0, ip_id = 0x1234,
    quoted_dst = parts[4].dst, flags = "QUOTE TRUNCATED" } },
  { "ihl 15 in 28 bytes", te4(probe4(17, parts.udp, { ihl = 15 })), CUT },
  { "ihl 4", te4(probe4(17, parts.udp, { ihl = 4 })), "EBADMSG" },
  { "ihl 0", te4(probe4(17, parts.udp, { ihl = 0 })), "EBADMSG" },
  { "a later fragment", te4(probe4(17, parts.udp, { offset = 0x00b9 })), CUT },
  { "the first fragment", te4(probe4(17, parts.udp, { offset = 0x2000 })), UDP },
  { "dont fragment", te4(probe4(17, parts.udp, { offset = 0x4000 })), UDP },
  { "ipv6 in icmp", te4(probe6(17, parts.udp)), "EBADMSG" },
  { "ipv4 in icmpv6", te6(probe4(17, parts.udp) .. ("\0"):rep(20)), "EBADMSG" },
  { "version 0", te4("\5" .. probe4(17, parts.udp):sub(2)), "EBADMSG" },
  -- chains of IPv6
  { "hop-by-hop options", chained(0, to_udp[0]), UDP },
  { "routing header", chained(43, to_udp[43]), UDP },
  { "destination options", chained(60, to_udp[60]), UDP },
  { "options of 24 bytes", chained(60, hex "11 02" .. ("\0"):rep(22)), UDP },
  { "first fragment v6", chained(44, to_udp[44]), UDP },
  { "fragment header with a length", chained(44, hex "11 ff 0000 00000001"), UDP },
  { "later fragment v6", chained(44, hex "11 00 0009 00000001"),
    { id = 0, sport = 0, quoted_protocol = 17, flags = "QUOTE TRUNCATED" } },
  { "authentication header", chained(51, hex "11 04 0000 00000001 00000001" .. ("\0"):rep(12)),
    UDP },
  { "authentication header of 8 bytes", chained(51, hex "11 00 0000 00000001"), UDP },
  { "options, routing, fragment", chained(0, hex "2b 00 01040000 0000" ..
    hex "2c 00 0000 00000000" .. to_udp[44]), UDP },
  { "8 extension headers", chained(0, hop:rep(7) .. to_udp[0]), UDP },
  { "9 extension headers", chained(0, hop:rep(8) .. to_udp[0]), CUT },
  { "chain cut within", te6(probe6(17, "", { next = 0, chain = hop .. hop:sub(1, 5) })), CUT },
  { "chain cut behind its first octet", te6(probe6(17, "", { next = 0, chain = "\17" })), CUT },
  { "extension header longer than the quote", chained(60, hex "11 ff 0000 00000000"), CUT },
  { "esp", te6(probe6(50, parts.udp)), { id = 0, sport = 0, quoted_protocol = 50 } },
  { "no next header", te6(probe6(59, "")), { id = 0, quoted_protocol = 59 } },
  { "transport cut behind a chain", te6(probe6(17, parts.udp:sub(1, 4),
    { next = 0, chain = to_udp[0] })), PORTS },
}
