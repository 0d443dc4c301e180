#!/usr/bin/env mtrlua
-- SPDX-License-Identifier: MIT
--
-- trace: finds the path to one or more targets, for those who know traceroute(8).
--
-- Each target is traced in a separate task, all at once. Results are printed whole and in the order
-- of the targets; the first target that has not ended is printed hop by hop. The options are those
-- of mtr.trace with dashes in place of underscores, and mtr.trace checks them. Errors (an unknown
-- name, no privilege) go to standard error, and the other targets go on.

local mtr = require "mtr"

local cli = mtr.cli("trace", [[
usage: trace [options] TARGET...

Finds the path to each TARGET, an address or a name; "-" reads targets from standard input.

  {family}
  {protocol}
  --port N
  {ttl}
  -q, --queries N         (3)
  --attempts N            (1)
  -w, --timeout WAIT
  -N, --window N
  {ends}
  {flow}
  {from}
  -t, --tos N
  {packet}
  --allow-broadcast
  {shows}
  -o, --output FORMAT     {formats trace}; FORMAT=FILE writes to the end of a file
  -h, --help              print this text

The line of a hop has each address that answered, with its name if it has one, and the times. *
means no answer. !H !N !P !S !F-MTU !X !V !C !<code> mark an unreachable, as in traceroute(8). An
address may be followed by <MPLS:...> labels, [nat] (a NAT changed the probe), [other_addr] (the
answer completes the trace, but is not from the target), [te_from_dst] (time exceeded from the
target), [local] (this host). With -A, [AS64500] is the AS that announces it.

examples:
  trace example.org
  trace -T --port 443 example.org example.net    TCP to two targets, side by side
  trace -U -6 -q 1 -w 500ms example.org          UDP over IPv6, one fast probe per hop
  trace --flow 7 example.org                     another of the equal-cost paths
  trace -o jsonl - <targets.txt | jq .stop_reason

Exit status: 0 done, 1 a target could not be traced, 2 wrong usage, 130 interrupted. ^C ends the
traces; the hops found so far are printed. Options of mtrlua, such as --rate, go before "trace".
]], { ["-n"] = { "numeric", true } })

local args = cli:parse(arg)
args.queries, args.attempts = args.queries or 3, args.attempts or 1
args.protocol = args.protocol or "icmp"
cli:shows { "text", "table", "mtr", "html" }
local reporter, targets = cli:reporter("trace", args), args.target
args.target, args.output = nil, nil

return cli:report(targets, reporter, function(target, on_hop)
  local opts = { on_hop = on_hop }
  for name, value in pairs(args) do opts[name] = value end
  return cli:call(mtr.trace, target, opts)
end)
