-- SPDX-License-Identifier: MIT
--
-- Hard case 26: flows are balanced over a short and a longer way; later, all to one
-- target take the long one, and all to another the short one.
return {
  nodes = {
    me = "192.0.2.1", fork = { "198.18.0.1", balance = "flow" },
    short = "198.18.1.1",
    long1 = "198.18.2.1", long2 = "198.18.2.2", long3 = "198.18.2.3",
    join = "198.18.0.9", web = "203.0.113.9", late = "203.0.113.8",
    early = "203.0.113.7",
  },
  links = {
    { "me", "fork", delay = "1ms" }, { "fork", "short", "join", delay = "1ms" },
    { "fork", "long1", "long2", "long3", "join", delay = "1ms" },
    { "join", "web", delay = "1ms" }, { "join", "late", delay = "1ms" },
    { "join", "early", delay = "1ms" },
  },
  routes = {
    { at = "long1", to = "203.0.113.0/24", via = "long2" },
    { at = "long2", to = "203.0.113.0/24", via = "long3" },
    { at = "fork", to = "web", via = { "short", "long1" } },
    { at = "fork", to = "late", via = "short", before = "2s" },
    { at = "fork", to = "late", via = "long1", after = "2s" },
    { at = "fork", to = "early", via = "long1", before = "2s" },
    { at = "fork", to = "early", via = "short", after = "2s" },
  },
}
