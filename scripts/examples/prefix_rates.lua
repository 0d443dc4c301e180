#!/usr/bin/env mtrlua
-- SPDX-License-Identifier: MIT
--
-- Traces all addresses of some prefixes, fast in all, but slow in each network: a network that
-- counts our packets sees only its own share.
--
--     mtrlua prefix_rates.lua 192.0.2.0/28 198.51.100.0/28
--
-- The targets are shuffled, so that each network has its turn all the time.

local mtr = require "mtr"

local traces = {}                      -- how many of each network
local first = mtr.now()
local campaign = mtr.campaign {
  targets = mtr.targets.list(arg):shuffle(42),
  rate = "1000/s",                     -- of all together
  prefix_rate = { ["/24"] = "20/s", ["/48"] = "20/s" },
  trace = { max_ttl = 16, timeout = "500ms" },
  on_trace = function(result)          -- `result` is borrowed: take what you need, or :copy() it
    local network = result.dst:match "^(%d+%.%d+%.%d+)%." or result.dst:match "^(%x+:%x+)"
    traces[network] = (traces[network] or 0) + result.probe_count
  end,
}
local summary = assert(campaign:run())

local seconds = (mtr.now() - first) / 1000
for network, probes in pairs(traces) do
  print(("%s: %d probes, %.1f per second"):format(network, probes, probes / seconds))
end
print(("%d traces in %.1f s"):format(summary.traces, seconds))
