-- SPDX-License-Identifier: MIT
--
-- Hard case 18: r2 sends ten ICMP errors a second, two at once.
return {
  nodes = {
    me = "192.0.2.1", r1 = "198.18.0.1",
    r2 = { "198.18.0.2", reply = { rate = "10/s", burst = 2 } },
    r3 = "198.18.0.3", web = "203.0.113.9",
  },
  links = { { "me", "r1", "r2", "r3", "web", delay = "1ms" } },
}
