-- SPDX-License-Identifier: MIT
--
-- Hard case 3: r2 passes on what should have died there, so r3 is seen twice; r4 sends on what it
-- gets with a TTL of its own.
return {
  nodes = {
    me = { "192.0.2.1", "2001:db8::1" },
    r1 = { "198.18.0.1", "2001:db8:1::1" },
    r2 = { "198.18.0.2", "2001:db8:1::2", zero_ttl = true },
    r3 = { "198.18.0.3", "2001:db8:1::3" },
    r4 = { "198.18.0.4", "2001:db8:1::4", quote = { ttl = 250 } },
    web = { "203.0.113.9", "2001:db8:9::9" },
  },
  links = { { "me", "r1", "r2", "r3", "r4", "web", delay = "1ms" } },
}
