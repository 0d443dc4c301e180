-- SPDX-License-Identifier: MIT
--
-- Hard case 7: the target answers from another of its addresses.
return {
  nodes = {
    me = { "192.0.2.1", "2001:db8::1" },
    r1 = { "198.18.0.1", "2001:db8:1::1" },
    web = { "203.0.113.9", "2001:db8:9::9", tcp = { [80] = "open" },
      reply = { from = { "203.0.113.10", "2001:db8:9::10" } } },
  },
  links = { { "me", "r1", "web", delay = "1ms" } },
}
