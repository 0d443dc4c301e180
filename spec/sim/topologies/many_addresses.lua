-- SPDX-License-Identifier: MIT
--
-- Hard case 37: a name with several addresses of each family, and one with IPv6 alone.
return {
  nodes = { me = { "192.0.2.1", "2001:db8::1" }, r1 = { "198.18.0.1", "2001:db8:1::1" },
    web = { "203.0.113.9", "203.0.113.10", "2001:db8:9::9", "2001:db8:9::10" },
    six = "2001:db8:9::6" },
  links = { { "me", "r1", "web", delay = "1ms" }, { "r1", "six" } },
}
