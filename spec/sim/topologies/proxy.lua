-- SPDX-License-Identifier: MIT
--
-- Hard case 28: a firewall at the second hop that accepts every TCP connection itself, and a
-- gateway that gives the target's address to all that is behind it.
return {
  nodes = {
    me = "192.0.2.1", r1 = "198.18.0.1",
    syn = { "198.18.0.2", filter = { protocol = "tcp", to = "web", answer = "answer" } },
    r3 = "198.18.0.3", web = { "203.0.113.9", tcp = "open" },
    gate = { "198.18.0.4", reply = { from = "target" } },
    behind = { "198.18.0.5", reply = { from = "target" } }, jool = "203.0.113.8",
  },
  links = { { "me", "r1", "syn", "r3", "web", delay = "1ms" },
    { "r1", "gate", "behind", "jool", delay = "1ms" } },
}
