-- SPDX-License-Identifier: MIT
--
-- Hard case 30: two routers that balance over four ways each by the IPv6 flow label alone.
return {
  nodes = {
    me = "2001:db8::1",
    fork = { "2001:db8:1::1", balance = "label" },
    a1 = "2001:db8:a::1", a2 = "2001:db8:a::2", a3 = "2001:db8:a::3", a4 = "2001:db8:a::4",
    middle = { "2001:db8:1::2", balance = "label" },
    b1 = "2001:db8:b::1", b2 = "2001:db8:b::2", b3 = "2001:db8:b::3", b4 = "2001:db8:b::4",
    join = "2001:db8:1::3", web = "2001:db8:9::9",
  },
  links = {
    { "me", "fork", delay = "1ms" },
    { "fork", "a1", "middle" }, { "fork", "a2", "middle" }, { "fork", "a3", "middle" },
    { "fork", "a4", "middle" }, { "middle", "b1", "join" }, { "middle", "b2", "join" },
    { "middle", "b3", "join" }, { "middle", "b4", "join" }, { "join", "web" },
  },
}
