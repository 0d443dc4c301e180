-- SPDX-License-Identifier: MIT
--
-- Hard case 21: a name server, a host whose services all answer, and one that answers nothing.
return {
  nodes = {
    me = { "192.0.2.1", "2001:db8::1" },
    r1 = { "198.18.0.1", "2001:db8:1::1" },
    r2 = { "198.18.0.2", "2001:db8:1::2" },
    dns = { "203.0.113.53", "2001:db8:9::53", udp = { [53] = "open", other = "filtered" } },
  },
  links = { { "me", "r1", "r2", "dns", delay = "1ms" } },
}
