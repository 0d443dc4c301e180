-- SPDX-License-Identifier: MIT
--
-- Payloads that make open UDP ports answer, for the option payload: a service that is asked nothing
-- it understands keeps silent, and the trace does not see that it has arrived.
--
--     mtr.trace("192.0.2.53", { protocol = "udp", port = 53, payload = mtr.payloads.dns })
--
-- UDP probes have their identity in the checksum, for which two bytes or three follow the payload.
-- Servers of DNS and QUIC do not mind. Those of NTP may: over IPv4, size = 28 + #payload leaves no
-- room for more, and the identity is in the IP header alone.

local M = {}

--- A query for the name servers of the root: RFC 1035 4.1, not recursive.
M.dns = "mt\0\0\0\1\0\0\0\0\0\0" .. "\0\0\2\0\1"

--- What an NTP client sends, version 4: RFC 5905 7.3.
M.ntp = "\35" .. ("\0"):rep(47)

--- A QUIC packet of a version that there is not, which servers answer with those that they have:
--- RFC 9000 6.1, 15 and 17.2; nothing shorter than 1,200 bytes is answered.
M.quic = "\192\26\42\58\74" .. "\8mtrlua__" .. "\8__aultrm"
M.quic = M.quic .. ("\0"):rep(1200 - #M.quic)

return M
