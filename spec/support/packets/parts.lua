-- SPDX-License-Identifier: MIT
--
-- The parts from which the vectors are built. A host `us` probes `dst` and gets answers
-- from `router`. The probe has the id 0x1234, port or identifier 0xabcd, destination port 0x829a,
-- and the TCP cookie 0x5678.
--
-- A vector is { name, bytes, want }: want holds fields of struct wire_reply (a kind without its
-- WIRE_, flags as words in a string, addresses and ext as bytes), or an errno's name.

local packet = require "spec.support.packets.packet"

local hex = packet.hex

local M = {}

M[4] = {
  us = hex "c0000201", dst = hex "cb007109", router = hex "c6336407",
}
M[6] = {
  us = hex("20010db8" .. ("00"):rep(11) .. "01"),
  dst = hex("20010db80009" .. ("00"):rep(9) .. "09"),
  router = hex("20010db80007" .. ("00"):rep(9) .. "07"),
}

local function fields(defaults, o)
  for k, v in pairs(o or {}) do defaults[k] = v end
  return defaults
end

---A whole packet to us, from the router unless `src` says otherwise.
function M.outer4(protocol, body, o)
  return packet.ipv4(fields({ src = M[4].router, dst = M[4].us, protocol = protocol, body = body,
    ttl = 60, tos = 0xc0, id = 0x9999 }, o))
end

function M.outer6(protocol, body, o)
  return packet.ipv6(fields({ src = M[6].router, dst = M[6].us, protocol = protocol, body = body,
    ttl = 60, tos = 0xc0 }, o))
end

---A whole packet with an ICMP message; `word` is the second of its header.
function M.icmp4(type, code, word, body, o)
  return M.outer4(1, packet.icmp{ type = type, code = code, word = word, body = body }, o)
end

function M.icmp6(type, code, word, body, o)
  return M.outer6(58, packet.icmp{ type = type, code = code, word = word, body = body,
    pseudo = { src = M[6].router, dst = M[6].us } }, o)
end

---Time exceeded in transit.
function M.te4(quote, word) return M.icmp4(11, 0, word or 0, quote) end
function M.te6(quote, word) return M.icmp6(3, 0, word or 0, quote) end

-- The first 8 bytes of our probes' transport headers.
M.udp = hex "abcd 829a 0028 1234"
M.tcp = hex "abcd 829a 12345678"
M.echo4 = hex "0800 4321 abcd 1234"
M.echo6 = hex "8000 4321 abcd 1234"

---Our probe as quoted: an IP header that says 60 or 80 bytes, and `body`.
function M.probe4(protocol, body, o)
  return packet.ipv4(fields({ src = M[4].us, dst = M[4].dst, protocol = protocol, body = body,
    size = 60, ttl = 1, id = 0x1234 }, o))
end

function M.probe6(protocol, body, o)
  return packet.ipv6(fields({ src = M[6].us, dst = M[6].dst, protocol = protocol, body = body,
    size = 40, ttl = 1 }, o))
end

return M
