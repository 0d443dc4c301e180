#!/usr/bin/env mtrlua
-- SPDX-License-Identifier: MIT
--
-- A simulated failure: what does a trace see when a router fails, and after the network has found
-- another way? It needs no network and no privilege, and its seconds take no time.
--
--     mtrlua failure.lua

local mtr = require "mtr"

-- Routes can begin and end at a time. From 10 s on packets go to a router that has failed, and from
-- 40 s on they go another way, which is longer.
local network = {
  nodes = {
    me = "192.0.2.1", home = "198.51.100.1",
    west = "198.51.100.2",
    failed = { "198.51.100.3", silent = true, filter = { answer = "drop" } },
    east = "198.51.100.4", far = "198.51.100.5",
    web = "203.0.113.9",
  },
  links = {
    { "me", "home", delay = "1ms" },
    { "home", "west", "web", delay = "8ms" },
    { "home", "failed", "web" },
    { "home", "east", "far", "web", delay = "12ms" },
  },
  routes = {
    { at = "home", to = "web", via = "west" },
    { at = "home", to = "web", via = "failed", after = "10s" },
    { at = "home", to = "web", via = "east", after = "40s" },
  },
}
mtr.configure { sim = network, seed = 1 }

local last
for _ = 1, 5 do
  local at = mtr.now()
  local result = assert(mtr.trace("web", { timeout = "1s", gap_limit = 3 }))
  local path = {}
  for ttl, hop in ipairs(result.hops) do path[ttl] = hop.addr or "*" end
  local text = table.concat(path, " ")
  print(("%2.0f s: %-9s %s%s"):format(at / 1000, result.stop_reason, text,
    last and last ~= text and "   <- changed" or ""))
  last = text
  mtr.sleep "11s"
end
