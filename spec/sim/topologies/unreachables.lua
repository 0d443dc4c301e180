-- SPDX-License-Identifier: MIT
--
-- Hard case 9: r2 has no way to some targets, forbids others, and half of what is for one.
return {
  nodes = {
    me = { "192.0.2.1", "2001:db8::1" },
    r1 = { "198.18.0.1", "2001:db8:1::1" },
    r2 = { "198.18.0.2", "2001:db8:1::2", filter = {
      { to = "host", answer = "host" }, { to = "admin", answer = "admin" },
      { to = "policy", answer = "policy" }, { to = "port", answer = "port" },
      { to = "half", answer = "admin", share = 0.5 }, { to = "gone", answer = "net" },
    } },
    r3 = { "198.18.0.3", "2001:db8:1::3" },
    host = { "203.0.113.1", "2001:db8:9::1" }, admin = { "203.0.113.2", "2001:db8:9::2" },
    policy = { "203.0.113.3", "2001:db8:9::3" }, port = { "203.0.113.4", "2001:db8:9::4" },
    half = { "203.0.113.5", "2001:db8:9::5" }, gone = { "203.0.113.6", "2001:db8:9::6" },
    refuses = { "203.0.113.7", "2001:db8:9::7", filter = { answer = "admin" } },
  },
  links = {
    { "me", "r1", "r2", delay = "1ms" },
    { "r2", "host" }, { "r2", "admin" }, { "r2", "policy" }, { "r2", "port" }, { "r2", "gone" },
    { "r2", "r3", "half" }, { "r2", "refuses" },
  },
}
