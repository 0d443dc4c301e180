#!/usr/bin/env mtrlua
-- SPDX-License-Identifier: MIT
--
-- simulate: shows how to use a simulated network, which needs no real network and no privilege. It
-- is an example to read and to change: a network in Lua, a trace over it beside the true path, and
-- a strategy. lua/mtr/sim/init.lua explains the fields of a network.

local mtr = require "mtr"

local cli = mtr.cli("simulate", [[
usage: simulate [options]

Traces a simulated network, and prints the hops that the trace saw beside the true hops.

  -p, --protocol WORD
  --flow N
  -q, --queries N         (3)
  --seed N                seed of all random choices (1)
  -h, --help              print this text

examples:
  simulate
  simulate -p tcp --flow 3     another path through the diamond
  simulate -q 10               shows the rate limit of "slow", which is not a loss

Exit status: 0 done, 2 wrong usage.
]])

local args = cli:parse(arg)
local engine = cli:call(mtr.engine, { seed = args.seed or 1, sim = {
  nodes = {
    me = "192.0.2.1",
    home = "198.18.0.1",
    fork = { "198.18.0.2", balance = "flow" },        -- balances by flow over two paths
    upper = "198.18.1.1", lower = "198.18.2.1",
    ingress = "198.18.0.3", core = "198.18.0.4", egress = "198.18.0.5",
    mute = { "198.18.0.6", silent = true },           -- never answers
    slow = { "198.18.0.7", reply = { rate = "2/s", burst = 2 } },
    web = { "203.0.113.9", tcp = { [80] = "open" } },
  },
  links = {
    { "me", "home", "fork", delay = "2ms", jitter = "1ms" },
    { "fork", "upper", "ingress", delay = "5ms" },
    { "fork", "lower", "ingress", delay = "7ms" },
    { "ingress", "core", "egress", "mute", "slow", "web", delay = "3ms", jitter = "1ms" },
  },
  tunnels = { { "ingress", "core", "egress", labels = { 24001 } } },
} })

-- This call waits. To run several traces at once, start each as a task with mtr.go.
local opts = { protocol = args.protocol, flow = args.flow, queries = args.queries or 3,
  attempts = 1 }
local seen = assert(cli:call(engine.trace, engine, "web", opts))
local truth = assert(engine:sim():path("web", seen.flow, { protocol = seen.protocol }))

local function notes(hop)
  local list = { ("%d of %d answered"):format(#hop.replies, opts.queries) }
  local first = hop.replies[1]
  for _, object in ipairs(first and first.ext or {}) do
    for _, entry in ipairs(object.mpls or {}) do list[#list + 1] = "MPLS label " .. entry.label end
  end
  return table.concat(list, ", ")
end

print(("%s to web, flow %d: %s after %d probes and %.0f simulated ms\n"):format(seen.protocol,
  seen.flow, seen.stop_reason, seen.probe_count, seen.duration))
print "hop  truth         seen          ms"
for ttl, hop in ipairs(seen.hops) do
  print(("%3d  %-13s %-13s %-7s %s"):format(ttl, truth[ttl] or "*", hop.addr or "*",
    hop.rtt and ("%.1f"):format(hop.rtt) or "*", notes(hop)))
end

-- A strategy decides which probe is sent next, and when the trace ends. This one only finds how far
-- away the target is: each probe halves the range.
local halving = {}

function halving:init(trace)
  self.near, self.far = trace.options.first_ttl, trace.options.max_ttl
end

function halving:next()
  if self.waiting then return nil end                 -- one probe at a time
  self.waiting, self.ttl = true, math.floor((self.near + self.far) / 2)
  return { ttl = self.ttl }
end

function halving:heard(what)                          -- a reply, or a probe without one
  self.waiting = false
  if what.final then self.far = self.ttl else self.near = self.ttl + 1 end
  if self.near >= self.far then return "stop", "completed" end
end
halving.on_reply, halving.on_timeout = halving.heard, halving.heard

local found = assert(cli:call(engine.trace, engine, "web",
  { protocol = opts.protocol, flow = opts.flow, strategy = halving }))
print(("\nhalving: web is %d hops away, found with %d probes; the true distance is %d"):format(
  found.hop_count, found.probe_count, truth.n))
engine:close()
