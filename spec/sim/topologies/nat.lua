-- SPDX-License-Identifier: MIT
--
-- Hard case 2: three ways out, each by a translator: one turns quotes back, one leaves them as they
-- are, and one changes source ports and identifiers too, and leaves them.
return {
  nodes = {
    me = { "10.0.0.1", "fd00::1" },
    right = { "10.0.1.1", "fd00:1::1", nat = { "192.0.2.1", "2001:db8::1" } },
    lazy = { "10.0.2.1", "fd00:2::1", nat = { "192.0.2.2", "2001:db8::2", quotes = false } },
    ports = { "10.0.3.1", "fd00:3::1",
      nat = { "192.0.2.3", "2001:db8::3", quotes = false, ports = true } },
    r2 = { "198.18.0.2", "2001:db8:1::2", quote = 8 },
    r3 = { "198.18.0.3", "2001:db8:1::3" },
    one = { "203.0.113.1", "2001:db8:9::1" },
    two = { "203.0.113.2", "2001:db8:9::2" },
    three = { "203.0.113.3", "2001:db8:9::3" },
  },
  links = {
    { "me", "right", "r2", delay = "1ms" }, { "me", "lazy", "r2", delay = "1ms" },
    { "me", "ports", "r2", delay = "1ms" }, { "r2", "r3", delay = "1ms" },
    { "r3", "one" }, { "r3", "two" }, { "r3", "three" },
  },
  routes = {
    { at = "me", to = "one", via = "right" }, { at = "me", to = "two", via = "lazy" },
    { at = "me", to = "three", via = "ports" },
  },
}
