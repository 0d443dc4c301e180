#!/usr/bin/env mtrlua
-- SPDX-License-Identifier: MIT
--
-- pmtu: finds the largest packet that reaches a target whole, and the routers that do not pass
-- larger packets. See lua/mtr/strategy/builtin/pmtu.lua for the method, also for black holes.

local mtr = require "mtr"

local cli = mtr.cli("pmtu", [[
usage: pmtu [options] TARGET...

Finds the path MTU to each TARGET, an address or a name; "-" reads targets from standard input.

  {family}
  -p, --protocol WORD     protocol of the probes: icmp (default), udp
  -I                      the same as -p icmp
  -U                      the same as -p udp
  --port N                (33434)
  --largest N             largest size to try, in bytes (1500)
  {ttl}
  --attempts N            (3)
  -w, --timeout WAIT
  --gap-limit N
  {from}
  -o, --output FORMAT     {formats pmtu}; FORMAT=FILE writes to the end of a file
  -h, --help              print this text

Sizes are those of whole IP packets. "black hole" means that larger packets get lost without a
message; the size was then found by a search.

examples:
  pmtu example.org
  pmtu -6 -U example.org example.net
  pmtu --largest 9000 -o jsonl - <targets.txt

Exit status: 0 done, 1 a target's path MTU could not be found, 2 wrong usage, 130 interrupted.
]])

local args = cli:parse(arg)
local reporter = cli:reporter("pmtu")
local largest, targets = cli:number("largest", 68, 65535, 1500), args.target
args.output, args.largest, args.target = nil, nil, nil

return cli:report(targets, reporter, function(target)
  local opts = { strategy = mtr.strategy.pmtu { largest = largest } }
  for option, value in pairs(args) do opts[option] = value end
  return cli:call(mtr.trace, target, opts)
end, function(result)
  return result.pmtu ~= nil and result.pmtu.mtu ~= nil
end)
