-- SPDX-License-Identifier: MIT
--
-- Hard cases 17, 20 and 27: an ordinary way, without any fault; tcp 80 is open, 81 silent.
return {
  nodes = {
    me = { "192.0.2.1", "2001:db8::1" },
    r1 = { "198.18.0.1", "2001:db8:1::1" },
    r2 = { "198.18.0.2", "2001:db8:1::2" },
    web = { "203.0.113.9", "2001:db8:9::9", mss = 1400,
      tcp = { [80] = "open", [81] = "filtered" } },
  },
  links = { { "me", "r1", "r2", "web", delay = "1ms" } },
}
