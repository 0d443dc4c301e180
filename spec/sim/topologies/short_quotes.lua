-- SPDX-License-Identifier: MIT
--
-- Hard case 1: routers that quote 8 bytes of the transport header, less, or none.
return {
  nodes = {
    me = { "192.0.2.1", "2001:db8::1" },
    r1 = { "198.18.0.1", "2001:db8:1::1", quote = 8 },
    r2 = { "198.18.0.2", "2001:db8:1::2", quote = 9 },
    r3 = { "198.18.0.3", "2001:db8:1::3", quote = 7 },
    r4 = { "198.18.0.4", "2001:db8:1::4", quote = 4 },
    r5 = { "198.18.0.5", "2001:db8:1::5", quote = 0 },
    web = { "203.0.113.9", "2001:db8:9::9" },
  },
  links = { { "me", "r1", "r2", "r3", "r4", "r5", "web", delay = "1ms" } },
}
