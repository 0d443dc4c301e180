-- SPDX-License-Identifier: MIT
--
-- Hard case 22: routers that quote IPv6 probes with extension headers in them.
return {
  nodes = {
    me = "2001:db8::1",
    r1 = { "2001:db8:1::1", quote = { headers = { "hop-by-hop" } } },
    r2 = { "2001:db8:1::2", quote = { headers = { "routing", "destination" } } },
    r3 = { "2001:db8:1::3", quote = { headers = { "fragment" } } },
    r4 = { "2001:db8:1::4", quote = { headers = { "ah" } } },
    r5 = { "2001:db8:1::5", quote = { headers = { "hop-by-hop", "routing", "destination",
      "fragment", "destination", "destination", "destination", "destination" } } },
    r6 = { "2001:db8:1::6", quote = { headers = { "later-fragment" } } },
    web = "2001:db8:9::9",
  },
  links = { { "me", "r1", "r2", "r3", "r4", "r5", "r6", "web", delay = "1ms" } },
}
