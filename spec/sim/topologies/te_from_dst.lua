-- SPDX-License-Identifier: MIT
--
-- Hard case 8: a tunnel's end uses the address of the target behind it.
return {
  nodes = {
    me = { "192.0.2.1", "2001:db8::1" },
    r1 = { "198.18.0.1", "2001:db8:1::1" },
    vip = { "198.18.0.2", "2001:db8:1::2", reply = { from = "target" } },
    r3 = { "198.18.0.3", "2001:db8:1::3" },
    web = { "203.0.113.9", "2001:db8:9::9" },
  },
  links = { { "me", "r1", "vip", "r3", "web", delay = "1ms" } },
}
