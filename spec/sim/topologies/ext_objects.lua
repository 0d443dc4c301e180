-- SPDX-License-Identifier: MIT
--
-- Hard cases 5 and 6: several objects, unknown ones, and objects whose length is 0, less than a
-- header, or more than there is; a length of the quote that 8 bits cannot multiply.
return {
  nodes = {
    me = { "192.0.2.1", "2001:db8::1" },
    several = { "198.18.0.1", "2001:db8:1::1",
      ext = { "0008 01 01 00010 0 01", "0008 f0 07 deadbeef",
        "000c 01 01 00020 0 02 00030 1 03" } },
    zero = { "198.18.0.2", "2001:db8:1::2",
      ext = { "0008 01 01 00010 1 01", "0000 01 01 00020 1 02" } },
    short = { "198.18.0.3", "2001:db8:1::3",
      ext = { "0008 01 01 00010 1 01", "0003 01 01 00020 1 02" } },
    long = { "198.18.0.4", "2001:db8:1::4",
      ext = { "0008 01 01 00010 1 01", "00ff 01 01 00020 1 02" } },
    big = { "198.18.0.5", "2001:db8:1::5", ext = { "0008 01 01 00010 1 01", length = 64 } },
    web = { "203.0.113.9", "2001:db8:9::9" },
  },
  links = { { "me", "several", "zero", "short", "long", "big", "web", delay = "1ms" } },
}
