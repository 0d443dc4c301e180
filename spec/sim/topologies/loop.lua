-- SPDX-License-Identifier: MIT
--
-- Hard case 19: r3 sends back to r2 what is for lost, r4 to r2, three long, what is for far.
return {
  nodes = {
    me = "192.0.2.1", r1 = "198.18.0.1", r2 = "198.18.0.2", r3 = "198.18.0.3", r4 = "198.18.0.4",
    lost = "203.0.113.1", far = "203.0.113.2",
  },
  links = { { "me", "r1", "r2", "r3", "r4", delay = "1ms" }, { "r4", "r2", delay = "1ms" },
    { "r4", "lost" }, { "r4", "far" } },
  routes = { { at = "r2", to = "lost", via = "r3" }, { at = "r3", to = "lost", via = "r2" },
    { at = "r2", to = "far", via = "r3" }, { at = "r4", to = "far", via = "r2" } },
}
