-- SPDX-License-Identifier: MIT
--
-- Hard case 32: the target sends pings back with another payload.
return {
  nodes = { me = { "192.0.2.1", "2001:db8::1" }, r1 = { "198.18.0.1", "2001:db8:1::1" },
    web = { "203.0.113.9", "2001:db8:9::9", altered = true } },
  links = { { "me", "r1", "web", delay = "1ms" } },
}
