-- SPDX-License-Identifier: MIT
--
-- Hard case 27: a multicast group of three on the first link, and an anycast address that its
-- servers answer with addresses of their own.
return {
  nodes = {
    me = { "192.0.2.1", "2001:db8::1" },
    group = { "239.1.2.3", "ff02::1:3",
      reply = { copies = 3, from = { "192.0.2.7", "2001:db8::7" } } },
    r1 = { "198.18.0.1", "2001:db8:1::1" },
    anycast = { "203.0.113.53", "2001:db8:9::",
      reply = { from = { "198.51.100.53", "2001:db8:53::1" } } },
  },
  links = { { "me", "group" }, { "me", "r1", "anycast", delay = "1ms" } },
}
