-- SPDX-License-Identifier: MIT
--
-- A path for each way in which several routers answer from one address: me, odd, plain, odd, plain,
-- the target. The odd routers of "dummy" have no address of IPv4, those of "none" answer from none
-- at all, those of "link" from one that is good on one link only, those of "target" from the
-- target's, those of "source" from this host's. Those of "loop" are no such case: their address is
-- an ordinary one.
local FROM = {
  dummy = { "192.0.0.8", "64:ff9b::192.0.0.8" },
  none = { "0.0.0.0", "::" },
  link = { "169.254.0.1", "fe80::1" },
  target = "target",
  source = { "192.0.2.1", "2001:db8::1" },
  loop = { "198.51.100.7", "2001:db8:7::7" },
}
local nodes, links = { me = { "192.0.2.1", "2001:db8::1" } }, {}
local n = 0
for name, from in pairs(FROM) do
  n = n + 1
  local path = { "me", delay = "1ms" }
  for hop = 1, 5 do
    local node = hop == 5 and name or ("r%d_%d"):format(n, hop)
    nodes[node] = { ("198.18.%d.%d"):format(n, hop), ("2001:db8:%d::%d"):format(n, hop),
      reply = hop % 2 == 1 and hop < 5 and { from = from } or nil }
    path[#path + 1] = node
  end
  links[n] = path
end
return { nodes = nodes, links = links }
