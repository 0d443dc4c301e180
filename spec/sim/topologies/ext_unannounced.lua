-- SPDX-License-Identifier: MIT
--
-- Hard case 4: extensions that are not announced: of a right checksum, of none, of a wrong one,
-- announced as RFC 4884 has it, and announced to be where nothing is.
return {
  nodes = {
    me = { "192.0.2.1", "2001:db8::1" },
    right = { "198.18.0.1", "2001:db8:1::1", ext = { "0008 01 01 01234 1 01", length = 0 } },
    none = { "198.18.0.2", "2001:db8:1::2",
      ext = { "0008 01 01 01234 1 02", length = 0, checksum = "none" } },
    wrong = { "198.18.0.3", "2001:db8:1::3",
      ext = { "0008 01 01 01234 1 03", length = 0, checksum = "wrong" } },
    announced = { "198.18.0.4", "2001:db8:1::4", ext = { "0008 01 01 01234 1 04" } },
    beyond = { "198.18.0.5", "2001:db8:1::5", ext = { "0008 01 01 01234 1 05", length = 99 } },
    web = { "203.0.113.9", "2001:db8:9::9" },
  },
  links = { { "me", "right", "none", "wrong", "announced", "beyond", "web", delay = "1ms" } },
}
