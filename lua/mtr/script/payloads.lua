-- SPDX-License-Identifier: MIT
--
-- Payloads for the option payload that make open UDP ports answer. A service does not answer data
-- that it does not understand, and then the trace cannot see that it has reached the target.
--
--     mtr.trace("192.0.2.53", { protocol = "udp", port = 53, payload = mtr.payloads.dns })
--
-- A UDP probe has its identity in the checksum; for this, two or three bytes follow the payload.
-- Servers of DNS and QUIC accept that; servers of NTP may not. Over IPv4, size = 28 + #payload
-- leaves no room for these bytes, and the identity is only in the IP header.

---@class mtr.payloads
---@field dns string a query for the name servers of the root
---@field ntp string the request of an NTP client
---@field quic string a packet with an unknown version; servers answer with those that they know
local M = {}

-- A query for the name servers of the root: RFC 1035 4.1, not recursive.
M.dns = "mt\0\0\0\1\0\0\0\0\0\0" .. "\0\0\2\0\1"

-- The request of an NTP client, version 4: RFC 5905 7.3.
M.ntp = "\35" .. ("\0"):rep(47)

-- A QUIC packet with an unknown version, which servers answer with a list of their versions: RFC
-- 9000 6.1, 15 and 17.2. Servers do not answer a packet shorter than 1,200 bytes.
M.quic = "\192\26\42\58\74" .. "\8mtrlua__" .. "\8__aultrm"
M.quic = M.quic .. ("\0"):rep(1200 - #M.quic)

return M
