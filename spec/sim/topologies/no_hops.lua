-- SPDX-License-Identifier: MIT
--
-- Hard cases 31 and 40: a router that gives up reassembly, one that sees a parameter problem, one
-- that knows a better way, and one that wants less, all in place of time exceeded.
return {
  nodes = {
    me = "192.0.2.1",
    r1 = { "198.18.0.1", reply = { code = 1 } },
    r2 = { "198.18.0.2", reply = { type = 12, code = 0 } },
    r3 = { "198.18.0.3", reply = { type = 5, code = 1 } },
    r4 = { "198.18.0.4", reply = { type = 4, code = 0 } },
    web = "203.0.113.9",
  },
  links = { { "me", "r1", "r2", "r3", "r4", "web", delay = "1ms" } },
}
