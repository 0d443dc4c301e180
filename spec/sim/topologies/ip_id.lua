-- SPDX-License-Identifier: MIT
--
-- Hard cases 15 and 16: quotes whose identification is zeroed, one too high or byte-swapped, and
-- that have another length; some without anything else to go by.
return {
  nodes = {
    me = "192.0.2.1",
    zeroed = { "198.18.0.1", quote = { id = 0 } },
    plus = { "198.18.0.2", quote = { id = "plus" } },
    swapped = { "198.18.0.3", quote = { id = "swapped" } },
    swapped_only = { "198.18.0.4", quote = { id = "swapped", bytes = 0 } },
    plus_only = { "198.18.0.5", quote = { id = "plus", bytes = 0 } },
    length = { "198.18.0.6", quote = { size = 0x3c00 } },
    none = { "198.18.0.7", quote = { size = 0 } },
    web = "203.0.113.9",
  },
  links = { { "me", "zeroed", "plus", "swapped", "swapped_only", "plus_only", "length", "none",
    "web", delay = "1ms" } },
}
