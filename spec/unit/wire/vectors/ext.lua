-- SPDX-License-Identifier: MIT
--
-- ICMP errors by their extension structure (RFC 4884). See parts.lua.

local packet = require "spec.support.packets.packet"
local parts = require "spec.support.packets.parts"

local hex, pad, extension, object = packet.hex, packet.pad, packet.extension, packet.object

local label = object(1, 1, hex "12345140")          -- an MPLS label
local stack = object(1, 1, hex "12345040 54321101") -- two of them
local unknown = object(200, 7, hex "deadbeef")
local empty = object(3, 1, "")
local face = object(2, 0x0f, hex "00000005 0001 0000 c6336407 08 65746830 000000 000005dc")
local out6 = object(2, 0x86, hex "0002 0000 20010db8000700000000000000000007 0465 6e31")

local quote4, quote6 = parts.probe4(17, parts.udp), parts.probe6(17, parts.udp)
local long = packet.pad(parts.probe4(17, parts.udp), 576)

-- The word of an ICMP header that announces a quote of n bytes.
local function says4(n) return n / 4 * 0x10000 end
local function says6(n) return n / 8 * 0x1000000 end

-- Time exceeded with `ext` behind a quote padded to `at` and said to be `length`.
local function te4(ext, length, at, quote)
  return parts.te4(pad(quote or quote4, at or 128) .. ext, says4(length or 0))
end

local function te6(ext, length, at)
  return parts.te6(pad(quote6, at or 128) .. ext, says6(length or 0))
end

local function found(ext, flags)
  return { kind = "TIME_EXCEEDED", id = 0x1234, ext = ext, ext_size = #ext,
    flags = flags or "QUOTE" }
end
local NONE = found("")
local BAD = "QUOTE EXT_BAD"

return {
  -- where it is
  { "announced at 128", te4(extension(label), 128), found(label) },
  { "announced at 128 v6", te6(extension(label), 128), found(label) },
  { "announced at 136", te4(extension(label), 136, 136), found(label) },
  { "announced at 256, where 8 bits overflow", te4(extension(label), 256, 256), found(label) },
  { "announced at 260", te4(extension(label), 260, 260), found(label) },
  { "announced at 1016", te4(extension(label), 1016, 1016), found(label) },
  { "announced at 520 v6", te6(extension(label), 520, 520), found(label) },
  { "a quote of 28 bytes, padded", te4(extension(label), 28), found(label) },
  { "a quote of 48 bytes, padded, v6", te6(extension(label), 48), found(label) },
  { "a quote of 24 bytes, padded: no id", te4(extension(label), 24),
    { ext = label, id = 0, ip_id = 0x1234, sport = 0xabcd, flags = "QUOTE TRUNCATED" } },
  { "a quote said to be shorter than its header", te4(extension(label), 16), found(label) },
  { "a short quote, not padded", parts.te4(quote4 .. extension(label), says4(28)), NONE },
  { "announced beyond the end", te4(extension(label), 512), found(label, BAD) },
  { "announced at the largest length", te4(extension(label), 1020), found(label, BAD) },
  { "announced at the largest length v6", te6(extension(label), 2040), found(label, BAD) },
  -- in other units, or counted from elsewhere
  { "announced in bytes", te4(extension(label), 136 * 4, 136), found(label, BAD) },
  { "announced in bytes v6", te6(extension(label), 128 * 8), found(label, BAD) },
  { "announced in 4 bytes v6", te6(extension(label), 34 * 8, 136), found(label, BAD) },
  { "announced in 8 bytes", te4(extension(label), 33 * 4, 264), found(label, BAD) },
  { "announced with the ICMP header", te4(extension(label), 136 + 8, 136), found(label, BAD) },
  { "announced with the ICMP header v6", te6(extension(label), 136 + 8, 136), found(label, BAD) },
  { "announced with both headers", te4(extension(label), 136 + 28, 136), found(label, BAD) },
  { "announced with both headers v6", te6(extension(label), 136 + 48, 136), found(label, BAD) },
  { "announced in bytes, wrongly summed", te4(extension(label, 0x1234), 128 * 4), NONE },
  { "announced in bytes, unsummed", te4(extension(label, false), 128 * 4), NONE },
  { "announced in bytes, damaged", te4(extension(label .. "\0\0\0\0"), 128 * 4), NONE },
  { "announced where there are 3 bytes", te4(extension(label):sub(1, 3), 128), NONE },
  { "unannounced", te4(extension(label)), found(label) },
  { "unannounced v6", te6(extension(label)), found(label) },
  { "unannounced and unsummed", te4(extension(label, false)), found(label) },
  { "unannounced and wrongly summed", te4(extension(label, 0x1234)), NONE },
  { "unannounced, version 0", te4(extension(label, nil, 0)), NONE },
  { "unannounced, version in the lower half", te4(extension(label, nil, 2)), found(label) },
  { "unannounced without objects", te4(extension("", false)), NONE },
  { "unannounced, unsummed and damaged", te4(extension(label .. "\0", false)), NONE },
  { "unannounced, summed and damaged", te4(extension(label .. hex "ffff0101")), found(label, BAD) },
  { "a long quote of zeros", parts.te4(long), NONE },
  { "a quote that only begins like one", te4(hex "20000000", 0, 128) .. "", NONE },
  -- by type
  { "of an unreachable", parts.icmp4(3, 3, says4(128), pad(quote4, 128) .. extension(label)),
    { kind = "UNREACH", ext = label, id = 0x1234 } },
  { "of fragmentation needed", parts.icmp4(3, 4, says4(128) + 1400, pad(quote4, 128)
    .. extension(label)), { kind = "TOO_BIG", ext = label, mtu = 1400, id = 0x1234 } },
  { "of a parameter problem", parts.icmp4(12, 0, says4(128), pad(quote4, 128) .. extension(label)),
    { kind = "OTHER", ext = label } },
  { "of an unreachable v6", parts.icmp6(1, 0, says6(128), pad(quote6, 128) .. extension(label)),
    { kind = "UNREACH", ext = label } },
  { "not of packet too big v6, whose word is an mtu", parts.icmp6(2, 0, 0x5dc, pad(quote6, 128)
    .. extension(label)), { kind = "TOO_BIG", mtu = 1500, ext = "" } },
  { "not of a parameter problem v6", parts.icmp6(4, 0, 40, pad(quote6, 128) .. extension(label)),
    { kind = "OTHER", ext = "" } },
  { "not of a redirect", parts.icmp4(5, 0, 0, pad(quote4, 128) .. extension(label)),
    { kind = "OTHER", ext = "" } },
  -- objects
  { "two objects", te4(extension(label .. unknown), 128), found(label .. unknown) },
  { "four objects, one empty", te4(extension(stack .. empty .. unknown .. label), 128),
    found(stack .. empty .. unknown .. label) },
  { "interfaces and labels", te4(extension(face .. stack), 128), found(face .. stack) },
  { "an interface v6", te6(extension(out6), 128), found(out6) },
  { "no objects", te4(extension(""), 128), NONE },
  { "no checksum", te4(extension(label, false), 128), found(label) },
  { "a wrong checksum", te4(extension(label, 0x1234), 128), found(label, BAD) },
  { "version 3", te4(extension(label, nil, 0x30), 128), found("", BAD) },
  { "an object of length 0", te4(extension(label .. object(1, 1, "abcd", 0)), 128),
    found(label, BAD) },
  { "an object of length 3", te4(extension(label .. object(1, 1, "abcd", 3)), 128),
    found(label, BAD) },
  { "an object of length 6", te4(extension(label .. object(1, 1, "abcd", 6)), 128),
    found(label, BAD) },
  { "an object beyond the end", te4(extension(label .. object(1, 1, "abcd", 12)), 128),
    found(label, BAD) },
  { "a first object beyond the end", te4(extension(object(1, 1, "abcd", 65532)), 128),
    found("", BAD) },
  { "2 bytes behind the last object", te4(extension(label .. "\0\8"), 128), found(label, BAD) },
  { "an object header at the very end", te4(extension(label .. hex "0004 0101"), 128),
    found(label .. hex "0004 0101") },
}
