-- SPDX-License-Identifier: MIT
--
-- ICMP and ICMPv6 messages by type and code. See parts.lua.

local packet = require "spec.support.packets.packet"
local parts = require "spec.support.packets.parts"

local hex = packet.hex
local icmp4, icmp6, outer4, outer6 = parts.icmp4, parts.icmp6, parts.outer4, parts.outer6
local q4, q6 = parts.probe4(17, parts.udp), parts.probe6(17, parts.udp)

return {
  { "echo reply", icmp4(0, 0, 0xabcd1234, "data", { src = parts[4].dst }),
    { kind = "ECHO_REPLY", id = 0x1234, sport = 0xabcd, dport = 0, quoted_protocol = 1, flags = "",
      quoted_src = parts[4].us, quoted_dst = parts[4].dst, from = parts[4].dst, size = 32 } },
  { "time exceeded with a quote of 8 bytes", icmp4(11, 0, 0, q4),
    { kind = "TIME_EXCEEDED", id = 0x1234, ip_id = 0x1234, sport = 0xabcd, dport = 0x829a,
      flags = "QUOTE", quoted_protocol = 17, protocol = 1, icmp_type = 11, icmp_code = 0, ttl = 60,
      tos = 0xc0, size = 56, quoted_size = 60, quoted_ttl = 1, quoted_tos = 0, ext_size = 0,
      from = parts[4].router, to = parts[4].us, quoted_src = parts[4].us,
      quoted_dst = parts[4].dst, mtu = 0, tcp_flags = 0, tcp_low = 0 } },
  { "time exceeded in reassembly", icmp4(11, 1, 0, q4), { kind = "OTHER", icmp_code = 1 } },
  { "port unreachable", icmp4(3, 3, 0, q4), { kind = "UNREACH", icmp_code = 3, mtu = 0 } },
  { "host prohibited", icmp4(3, 10, 0, q4), { kind = "UNREACH", icmp_code = 10 } },
  { "fragmentation needed", icmp4(3, 4, 1400, q4), { kind = "TOO_BIG", mtu = 1400, id = 0x1234 } },
  { "fragmentation needed with mtu 0", icmp4(3, 4, 0, q4), { kind = "TOO_BIG", mtu = 0 } },
  { "source quench", icmp4(4, 0, 0, q4), { kind = "OTHER", icmp_type = 4, id = 0x1234 } },
  { "redirect", icmp4(5, 1, 0x0a000001, q4), { kind = "OTHER", icmp_type = 5, id = 0x1234 } },
  { "parameter problem", icmp4(12, 0, 0x01000000, q4), { kind = "OTHER", icmp_type = 12 } },
  { "source quench that quotes nothing", icmp4(4, 0, 0, ""), "EBADMSG" },
  { "echo request", icmp4(8, 0, 0xabcd1234, "data"), "ENOMSG" },
  { "timestamp reply", icmp4(14, 0, 0xabcd1234, ("\0"):rep(12)), "ENOMSG" },
  { "icmp of 7 bytes", outer4(1, hex "0000 0000 abcd 12"), "EBADMSG" },
  { "icmpv6 over ipv4", outer4(58, parts.echo6), "ENOMSG" },
  { "echo reply v6", icmp6(129, 0, 0xabcd1234, "data", { src = parts[6].dst }),
    { kind = "ECHO_REPLY", id = 0x1234, sport = 0xabcd, quoted_protocol = 1, protocol = 1,
      quoted_src = parts[6].us, quoted_dst = parts[6].dst, size = 52 } },
  { "time exceeded v6", icmp6(3, 0, 0, q6),
    { kind = "TIME_EXCEEDED", id = 0x1234, ip_id = 0, sport = 0xabcd, dport = 0x829a,
      quoted_protocol = 17, ttl = 60, tos = 0xc0, size = 96, quoted_size = 80, quoted_ttl = 1,
      from = parts[6].router, to = parts[6].us, quoted_src = parts[6].us, quoted_dst = parts[6].dst,
      flags = "QUOTE" } },
  { "time exceeded in reassembly v6", icmp6(3, 1, 0, q6), { kind = "OTHER" } },
  { "port unreachable v6", icmp6(1, 4, 0, q6), { kind = "UNREACH", icmp_code = 4 } },
  { "packet too big v6", icmp6(2, 0, 1280, q6), { kind = "TOO_BIG", mtu = 1280 } },
  { "packet too big v6 of 2^32-1", icmp6(2, 0, -1, q6), { kind = "TOO_BIG", mtu = 65535 } },
  { "parameter problem v6", icmp6(4, 1, 6, q6), { kind = "OTHER", icmp_type = 4 } },
  { "neighbour redirect v6", icmp6(137, 0, 0, q6), "ENOMSG" },
  { "echo request v6", icmp6(128, 0, 0xabcd1234, ""), "ENOMSG" },
  { "icmp over ipv6", outer6(1, hex "0000 0000 abcd 1234"), "ENOMSG" },
}
