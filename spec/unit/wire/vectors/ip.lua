-- SPDX-License-Identifier: MIT
--
-- Packets by their outer IP header. See parts.lua.

local packet = require "spec.support.packets.packet"
local parts = require "spec.support.packets.parts"

local hex = packet.hex
local icmp4, icmp6, outer4, outer6 = parts.icmp4, parts.icmp6, parts.outer4, parts.outer6
local q4, q6 = parts.probe4(17, parts.udp), parts.probe6(17, parts.udp)
local padded = icmp4(11, 0, 0, q4)

return {
  { "nothing", "", "EBADMSG" },
  { "version 5", "\80" .. q4:sub(2), "EBADMSG" },
  { "ipv4 of 19 bytes", q4:sub(1, 19), "EBADMSG" },
  { "header shorter than a header", icmp4(11, 0, 0, q4, { ihl = 4 }), "EBADMSG" },
  { "header longer than the packet", outer4(1, "", { ihl = 15 }), "EBADMSG" },
  { "total length inside the header", icmp4(11, 0, 0, q4, { size = 19 }), "EBADMSG" },
  { "total length inside the icmp header", icmp4(11, 0, 0, q4, { size = 27 }), "EBADMSG" },
  { "total length beyond the packet", icmp4(11, 0, 0, q4, { size = 1500 }),
    { kind = "TIME_EXCEEDED", id = 0x1234, size = 56 } },
  { "total length 0 of a joined segment", icmp4(11, 0, 0, q4, { size = 0 }),
    { kind = "TIME_EXCEEDED", id = 0x1234, size = 56 } },
  { "padding of the link behind it", padded .. "trailer", { kind = "TIME_EXCEEDED", size = 56 } },
  { "options", icmp4(11, 0, 0, q4, { options = hex "94040000" }),
    { kind = "TIME_EXCEEDED", id = 0x1234, size = 60 } },
  { "first fragment", icmp4(11, 0, 0, q4, { offset = 0x2000 }), { kind = "TIME_EXCEEDED" } },
  { "later fragment", icmp4(11, 0, 0, q4, { offset = 0x0001 }), "ENOMSG" },
  { "gre", outer4(47, "12345678"), "ENOMSG" },
  { "ipv6 of 39 bytes", q6:sub(1, 39), "EBADMSG" },
  { "payload length beyond the packet v6", icmp6(3, 0, 0, q6, { size = 1400 }),
    { kind = "TIME_EXCEEDED", size = 96 } },
  { "payload length inside the icmp header v6", icmp6(3, 0, 0, q6, { size = 7 }), "EBADMSG" },
  { "payload length 0 v6", icmp6(3, 0, 0, q6, { size = 0 }),
    { kind = "TIME_EXCEEDED", size = 96 } },
  { "time exceeded v6 behind options",
    icmp6(3, 0, 0, q6, { next = 0, chain = hex "3a00 0502 0000 0100" }),
    { kind = "TIME_EXCEEDED", id = 0x1234, size = 104 } },
  { "later fragment v6", outer6(58, "12345678", { next = 44, chain = hex "3a00 0009 00000001" }),
    "ENOMSG" },
  { "header chain without end v6", outer6(0, hex("0000 0000 0000 0000"):rep(20)), "EBADMSG" },
}
