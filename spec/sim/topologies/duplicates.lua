-- SPDX-License-Identifier: MIT
--
-- Hard case 11: r1 answers three times, the link behind it doubles all that goes over it.
return {
  nodes = {
    me = "192.0.2.1",
    r1 = { "198.18.0.1", reply = { copies = 3 } },
    r2 = "198.18.0.2",
    web = "203.0.113.9",
  },
  links = { { "me", "r1", delay = "1ms" }, { "r1", "r2", duplicate = 1, delay = "1ms" },
    { "r2", "web", delay = "1ms" } },
}
