-- SPDX-License-Identifier: MIT
--
-- Hard case 23: routers that answer from addresses that are nobody's, and one that is seen twice.
return {
  nodes = {
    me = "192.0.2.1",
    r1 = { "10.0.0.1" },
    r2 = { "198.18.0.2", reply = { from = "0.0.0.0" } },
    r3 = { "198.18.0.3", reply = { from = "127.0.0.1" } },
    r4 = { "198.18.0.4", reply = { from = "100.64.0.1" } },
    r5 = { "198.18.0.5", reply = { from = "224.0.0.1" } },
    r6 = { "198.18.0.6", reply = { from = "source" } },
    r7 = { "198.18.0.7", reply = { from = "198.51.100.7" } },
    r8 = { "198.18.0.8", reply = { from = "198.51.100.7" } },
    web = "203.0.113.9",
  },
  links = { { "me", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "web", delay = "1ms" } },
}
