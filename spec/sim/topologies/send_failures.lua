-- SPDX-License-Identifier: MIT
--
-- Hard case 24: what this host itself refuses to send, always or at times.
return {
  nodes = {
    me = { "192.0.2.1", filter = {
      { to = "denied", answer = "EPERM" }, { to = "unreachable", answer = "EHOSTUNREACH" },
      { to = "invalid", answer = "EINVAL" }, { to = "busy", answer = "ENOBUFS", share = 0.5 },
      { to = "full", answer = "ENOBUFS" }, { to = "neighbour", answer = "host" } } },
    r1 = "198.18.0.1",
    denied = "203.0.113.1", unreachable = "203.0.113.2", invalid = "203.0.113.3",
    busy = "203.0.113.4", neighbour = "203.0.113.5",
    full = "203.0.113.6",
  },
  links = { { "me", "r1", delay = "1ms" }, { "r1", "denied" }, { "r1", "unreachable" },
    { "r1", "invalid" }, { "r1", "busy" }, { "r1", "neighbour" }, { "r1", "full" } },
}
