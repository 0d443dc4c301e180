-- SPDX-License-Identifier: MIT
--
-- TCP and UDP answers of the target itself. See parts.lua.

local packet = require "spec.support.packets.packet"
local parts = require "spec.support.packets.parts"

local hex, tcp = packet.hex, packet.tcp
local outer4, outer6 = parts.outer4, parts.outer6

local SYN, RST, ACK, FIN, PSH = 2, 4, 16, 1, 8
local NUMBER = 0x12345678
local NEXT = NUMBER + 1

-- A segment of the target.
local function segment(flags, seq, ack, options, offset)
  return tcp{ sport = 0x829a, dport = 0xabcd, flags = flags, seq = seq, ack = ack,
    options = options and hex(options), offset = offset }
end

local function tcp4(...) return outer4(6, segment(...), { src = parts[4].dst }) end

local TCP = { kind = "TCP_REPLY", id = 0x1234, tcp_low = 0x5678, sport = 0xabcd, dport = 0x829a,
  quoted_protocol = 6, quoted_src = parts[4].us, quoted_dst = parts[4].dst, flags = "" }
local function tcp_with(more)
  local want = {}
  for k, v in pairs(TCP) do want[k] = v end
  for k, v in pairs(more) do want[k] = v end
  return want
end
local NO_MSS = tcp_with{ mtu = 0 }

return {
  { "syn/ack", tcp4(SYN + ACK, 99, NEXT, "020405b4 0101 0402"), tcp_with{ mtu = 1460,
    tcp_flags = 0x12, protocol = 6 } },
  { "syn/ack that took 3 bytes of payload", tcp4(SYN + ACK, 99, NEXT + 3), tcp_with{
    tcp_low = 0x567b } },
  { "syn/ack with ECN", tcp4(SYN + ACK + 0x40, 99, NEXT), tcp_with{ tcp_flags = 0x52 } },
  { "mss behind other options", tcp4(SYN + ACK, 9, NEXT, "01 0303 07 0402 01 02040578 00 00 00 00"),
    tcp_with{ mtu = 1400 } },
  { "mss of wrong length", tcp4(SYN + ACK, 9, NEXT, "02 03 05 01"), NO_MSS },
  { "mss behind an option of length 0", tcp4(SYN + ACK, 9, NEXT, "0300 0101 020405b4"), NO_MSS },
  { "mss behind an option of length 1", tcp4(SYN + ACK, 9, NEXT, "0301 0101 020405b4"), NO_MSS },
  { "mss behind an overlong option", tcp4(SYN + ACK, 9, NEXT, "03ff 0101 020405b4"), NO_MSS },
  { "mss behind the end of options", tcp4(SYN + ACK, 9, NEXT, "00010101 020405b4"), NO_MSS },
  { "mss cut short", tcp4(SYN + ACK, 9, NEXT, "01010204", 6), NO_MSS },
  { "options that are not there", tcp4(SYN + ACK, 9, NEXT, nil, 15), NO_MSS },
  { "mss beyond the data offset", tcp4(SYN + ACK, 9, NEXT, "020405b4", 5), NO_MSS },
  { "rst/ack to a syn", tcp4(RST + ACK, 0, NEXT), tcp_with{ tcp_flags = 0x14 } },
  { "rst to an ack probe", tcp4(RST, NUMBER, 0), tcp_with{ tcp_flags = 4 } },
  { "rst/ack to an ack probe", tcp4(RST + ACK, NUMBER, NUMBER + 5), TCP },
  { "challenge ack", tcp4(ACK, 7, NEXT), TCP },
  { "rst of nothing", tcp4(RST, 0, 0), tcp_with{ id = 0, tcp_low = 0, tcp_flags = 4 } },
  { "rst/ack of the syn's own number", tcp4(RST + ACK, 0, NUMBER), tcp_with{ tcp_low = 0x5677,
    tcp_flags = 0x14 } },
  { "syn", tcp4(SYN, NUMBER, 0), "ENOMSG" },
  { "fin/ack", tcp4(FIN + ACK, 9, NEXT), "ENOMSG" },
  { "data", tcp4(PSH + ACK, 9, NEXT), "ENOMSG" },
  { "tcp with a data offset of 4", tcp4(SYN + ACK, 9, NEXT, nil, 4), "EBADMSG" },
  { "tcp of 19 bytes", outer4(6, segment(SYN + ACK, 9, NEXT):sub(1, 19)), "EBADMSG" },
  { "syn/ack v6", outer6(6, segment(SYN + ACK, 9, NEXT, "020405a0"), { src = parts[6].dst }),
    { kind = "TCP_REPLY", id = 0x1234, tcp_low = 0x5678, mtu = 1440, protocol = 6,
      quoted_protocol = 6, quoted_src = parts[6].us, quoted_dst = parts[6].dst } },
  { "udp from an open port", outer4(17, hex "829a abcd 000a 0000 7879", { src = parts[4].dst }),
    { kind = "UDP_REPLY", id = 0, sport = 0xabcd, dport = 0x829a, protocol = 17,
      quoted_protocol = 17, quoted_src = parts[4].us, quoted_dst = parts[4].dst, flags = "" } },
  { "udp v6", outer6(17, hex "829a abcd 0008 ffff"), { kind = "UDP_REPLY", dport = 0x829a } },
  { "udp of 7 bytes", outer4(17, hex "829a abcd 0008 00"), "EBADMSG" },
}
