-- SPDX-License-Identifier: MIT
--
-- Finds the size of the next probe after a packet too big: RFC 1191 and RFC 8201, with the plateaus
-- of RFC 1191 section 7.1 if the router reports no MTU or an impossible one.

local PLATEAUS = { 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68 }

local function plateau(size)
  for _, step in ipairs(PLATEAUS) do
    if step < size then return step end
  end
  return 68
end

--- Lowers probe.size to the size that fits. Returns true if the probe was larger than that: then it
--- does not count as an attempt at its hop.
---@param o mtr.ForceOptions of the trace
---@param probe mtr.NextProbe
---@param reply mtr.BorrowedReply the packet too big
---@return boolean
return function(o, probe, reply)
  local six = o.family == 6
  -- UDP dublin over IPv6 marks a probe by adding its TTL to the length.
  local more = six and o.multipath == "dublin" and reply.ttl or 0
  local least = math.max(six and 1280 or 68, o.least + more)   -- RFC 8200 section 5, RFC 791
  local now = (probe.size or o.least) + more
  local size, mtu = reply.quoted and reply.quoted.size or now, reply.mtu or 0
  if mtu == 0 or mtu >= size or not six and mtu < 68 then mtu = plateau(size) end
  mtu = math.max(mtu, least)
  if mtu < now then
    now, probe.size = mtu, mtu - more
  end
  return now < size
end
