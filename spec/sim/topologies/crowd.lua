-- SPDX-License-Identifier: MIT
--
-- Hard cases 13 and 14: many ways to one target, behind a router that answers late, in any order
-- and more than once.
return {
  nodes = {
    me = "192.0.2.1",
    r1 = { "198.18.0.1", balance = "flow", reply = { jitter = "400ms" } },
    a = { "198.18.1.1", reply = { jitter = "400ms", copies = 2 } },
    b = { "198.18.1.2", reply = { jitter = "400ms", loss = 0.3 } },
    c = { "198.18.1.3", reply = { delay = "300ms", jitter = "4s" } },
    r3 = { "198.18.0.3", reply = { loss = 0.1 } },
    web = "203.0.113.9",
  },
  links = { { "me", "r1", delay = "1ms" }, { "r1", "a", "r3", delay = "1ms" },
    { "r1", "b", "r3", delay = "1ms" }, { "r1", "c", "r3", delay = "1ms" },
    { "r3", "web", delay = "1ms" } },
}
