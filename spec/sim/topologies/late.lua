-- SPDX-License-Identifier: MIT
--
-- Hard case 12: r2 takes 700 ms more to answer, r3 seven seconds.
return {
  nodes = {
    me = "192.0.2.1",
    r1 = "198.18.0.1",
    r2 = { "198.18.0.2", reply = { delay = "700ms" } },
    r3 = { "198.18.0.3", reply = { delay = "7s" } },
    web = "203.0.113.9",
  },
  links = { { "me", "r1", "r2", "r3", "web", delay = "1ms" } },
}
