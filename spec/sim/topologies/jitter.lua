-- SPDX-License-Identifier: MIT
--
-- A way that loses and delays.
return {
  nodes = { me = "192.0.2.1", r1 = "198.18.0.1", web = "203.0.113.9" },
  links = { { "me", "r1", "web", delay = "5ms", jitter = "20ms", loss = 0.07 } },
}
