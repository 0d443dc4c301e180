#!/usr/bin/env mtrlua
-- SPDX-License-Identifier: MIT
--
-- trace: the way to one or more targets, for whoever knows traceroute(8).
--
-- Each target is traced in a task of its own, all side by side; what they print comes out whole and
-- in the order given, hop by hop for the first target that has not ended. Options are those of
-- mtr.trace with dashes for underscores, and mtr.trace checks them. What is no measurement (a name
-- that is not found, no privilege) goes to standard error, and the other targets go on.

local mtr = require "mtr"

local cli = mtr.cli("trace", [[
usage: trace [options] TARGET...

Traces the way to each TARGET, an address or a name; "-" reads targets from standard input.

  -4                      IPv4 only
  -6                      IPv6 only
  -p, --protocol WORD     what to probe with: icmp (default), udp, tcp
  -I                      the same as -p icmp
  -U                      the same as -p udp
  -T                      the same as -p tcp
  --port N                destination port (udp 33434, tcp 80)
  -f, --first-ttl N       first TTL (1)
  -m, --max-ttl N         last TTL (30)
  -q, --queries N         answers wanted of each hop (3)
  --attempts N            tries for each of them (1)
  -w, --timeout WAIT      how long to wait for an answer: seconds, or such as 250ms (2s)
  -N, --window N          probes under way at once (8)
  --gap-limit N           silent hops in a row that end the trace, 0 never (5)
  --loop-limit N          loops that end the trace, 0 never (1)
  --unreach-continue      an unreachable from the middle does not end it
  --stop-on-te-from-dst   a time exceeded from the target's own address does
  --multipath WORD        paris: all probes take one path (default); classic, dublin
  --flow N                which of the equal-cost paths that is (0)
  --source-port N         source port, or ICMP identifier
  --tcp-flags WORD        syn (default), ack
  -s, --source ADDRESS    source address
  -i, --interface NAME    send through this interface
  -t, --tos N             type of service, IPv6: traffic class (0)
  -l, --flow-label N      IPv6 flow label
  -F, --dont-fragment     set IPv4's don't-fragment bit
  --size N                bytes of the whole packet (icmp and udp: 60, IPv6 80)
  --mark N                firewall mark
  --allow-broadcast       multicast and broadcast targets too
  -n                      addresses, not names: always so
  -o, --output FORMAT     text (default); jsonl: one JSON record per line for each target
  -h, --help              this text

A hop's line has each address that answered and the times; * where no answer came; !H !N !P !S
!F-MTU !X !V !C !<code> for an unreachable, as traceroute(8) has it. Behind an address, where that
is so: <MPLS:...> labels, [nat], [other_addr], [te_from_dst], [local].

examples:
  trace example.org
  trace -T --port 443 example.org example.net    TCP to two targets, side by side
  trace -U -6 -q 1 -w 500ms example.org          UDP over IPv6, one quick probe per hop
  trace --flow 7 example.org                     another one of the equal-cost paths
  trace -o jsonl - <targets.txt | jq .stop_reason

Exit status: 0 done, 1 a target could not be traced, 2 wrong usage, 130 interrupted: ^C ends the
traces, and what they have found is printed. Options of mtrlua, such as --rate, go before "trace".
]], { ["-n"] = { "numeric", nil } })

local args = cli:parse(arg)
args.queries, args.attempts = args.queries or 3, args.attempts or 1
args.protocol = args.protocol or "icmp"
local reporter, targets = cli:reporter("trace", args), args.target
args.target, args.output = nil, nil

return cli:report(targets, reporter, function(target, on_hop)
  local opts = { on_hop = on_hop }
  for name, value in pairs(args) do opts[name] = value end
  return cli:call(mtr.trace, target, opts)
end)
