#!/usr/bin/env mtrlua
-- SPDX-License-Identifier: MIT
--
-- mda: finds all paths to a target through load balancers: nodes, links and diamonds.
--
-- The multipath detection algorithm runs for each target in a separate task. See
-- lua/mtr/strategy/builtin/mda.lua for what it finds and what it assumes.

local mtr = require "mtr"

local cli = mtr.cli("mda", [[
usage: mda [options] TARGET...

Finds all paths to each TARGET, an address or a name; "-" reads targets from standard input.

  {family}
  -p, --protocol WORD     (udp)
  -I                      the same as -p icmp
  -U                      the same as -p udp
  -T                      the same as -p tcp
  --port N
  -c, --confidence N      percent: probability that no next hop is missed (95)
  --flows N               largest number of flows to try (512)
  {ttl}
  --attempts N
  -w, --timeout WAIT
  -N, --window N          (32)
  --gap-limit N
  --max-probes N          (20000)
  {from}
  {shows}
  -o, --output FORMAT     {formats mda}; FORMAT=FILE writes to the end of a file
  -h, --help              print this text

A node is an address, or * if none answered. After "<-" are the nodes before it. A diamond is a part
where paths split and join again; its width is the largest number of nodes at one TTL.

examples:
  mda example.org
  mda -T --port 443 -c 99 example.org
  mda -o dot example.org | dot -Tsvg >paths.svg

Exit status: 0 done, 1 a target could not be traced, 2 wrong usage, 130 interrupted.
]], { ["-n"] = { "numeric", true } })

local args = cli:parse(arg)
cli:shows { "text", "dot", "html" }
local reporter = cli:reporter("mda")
local confidence, flows, targets = args.confidence or 95, args.flows or 512, args.target
args.output, args.confidence, args.flows, args.target = nil, nil, nil, nil
args.protocol = args.protocol or "udp"
if type(confidence) ~= "number" or confidence < 50 or confidence > 99.9 then
  cli:usage(("--confidence must be 50 to 99.9 percent, got %s"):format(confidence))
end
if type(flows) ~= "number" or flows < 2 or flows > 512 or flows % 1 ~= 0 then
  cli:usage(("--flows must be 2 to 512, got %s"):format(flows))
end

return cli:report(targets, reporter, function(target)
  local opts = { strategy = mtr.strategy.mda { confidence = confidence, flows = flows } }
  for option, value in pairs(args) do opts[option] = value end
  local result, message = cli:call(mtr.trace, target, opts)
  if not result then return nil, message end
  if result.mda then result.mda.diamonds = mtr.strategy.mda.diamonds(result.mda.hops) end
  return result
end)
