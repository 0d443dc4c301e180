-- SPDX-License-Identifier: MIT
--
-- Hard case 10: a link of 1400 bytes behind r1; r2, whose link takes 1300, says 0 or what is not
-- true; and one behind which what is too big vanishes.
return {
  nodes = {
    me = { "192.0.2.1", "2001:db8::1" },
    r1 = { "198.18.0.1", "2001:db8:1::1" },
    says_0 = { "198.18.0.2", "2001:db8:1::2", reply = { mtu = 0 } },
    says_more = { "198.18.0.3", "2001:db8:1::3", reply = { mtu = 9000 } },
    hole = { "198.18.0.4", "2001:db8:1::4", too_big = false },
    honest = { "203.0.113.1", "2001:db8:9::1" }, old = { "203.0.113.2", "2001:db8:9::2" },
    liar = { "203.0.113.3", "2001:db8:9::3" }, dark = { "203.0.113.4", "2001:db8:9::4" },
  },
  links = {
    { "me", "r1", delay = "1ms" }, { "r1", "honest", mtu = 1400 },
    { "r1", "says_0" }, { "says_0", "old", mtu = 1300 },
    { "r1", "says_more" }, { "says_more", "liar", mtu = 1300 },
    { "r1", "hole" }, { "hole", "dark", mtu = 1300 },
  },
}
