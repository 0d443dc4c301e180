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
  -p, --protocol WORD
  -I                      the same as -p icmp
  -U                      the same as -p udp
  -T                      the same as -p tcp
  --port N
  -f, --first-ttl N
  -m, --max-ttl N
  -q, --queries N         (3)
  --attempts N            (1)
  -w, --timeout WAIT
  -N, --window N
  --gap-limit N
  --loop-limit N
  --unreach-continue
  --stop-on-te-from-dst
  --multipath WORD
  --flow N
  --source-port N
  --tcp-flags WORD
  -s, --source ADDRESS
  -i, --interface NAME
  -t, --tos N
  -l, --flow-label N
  -F, --dont-fragment
  --size N
  --mark N
  --allow-broadcast
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
local json = cli:choice("output", { "text", "jsonl" }) == "jsonl"
local targets = args.target
args.target, args.output = nil, nil
args.queries, args.attempts = args.queries or 3, args.attempts or 1
args.protocol = args.protocol or "icmp"

-- Text ------------------------------------------------------------------------------------------

-- What the engine sends unless --size says otherwise, IPv4 and IPv6; a SYN has an option more.
local BYTES = { icmp = { 60, 80 }, udp = { 60, 80 }, tcp = { 44, 64 } }
local PORT = { udp = 33434, tcp = 80 }
local FLAGS = { "other_addr", "te_from_dst", "local_" }

local function header(i, target, dst)
  local port = PORT[args.protocol] and " port " .. (args.port or PORT[args.protocol]) or ""
  local bytes = BYTES[args.protocol][dst:find ":" and 2 or 1] - (args.tcp_flags == "ack" and 4 or 0)
  return ("%strace to %s (%s), %d hops max, %d byte packets, %s%s\n"):format(
    i > 1 and "\n" or "", target, dst, args.max_ttl or 30,
    args.size or bytes, args.protocol, port)
end

local function extension(e)
  local parts = {}
  for _, l in ipairs(e.mpls or {}) do
    parts[#parts + 1] = ("L=%d,E=%d,S=%d,T=%d"):format(l.label, l.tc, l.s, l.ttl)
  end
  if e.mpls then return "<MPLS:" .. table.concat(parts, "/") .. ">" end
  if not e.interface then return ("<%d/%d:%s>"):format(e.class, e.type, e.hex) end
  for _, key in ipairs { "ifindex", "name", "addr", "mtu" } do
    local value = e.interface[key]
    parts[#parts + 1] = value and key .. "=" .. tostring(value):gsub("[^%w%p]", "?")
  end
  return ("<%s:%s>"):format(e.interface.role, table.concat(parts, ","))
end

-- Who answered, and what is to be said of the answer.
local function who(reply)
  local parts = { " ", reply.addr }
  for _, e in ipairs(reply.ext or {}) do parts[#parts + 1] = " " .. extension(e) end
  if reply.quoted and reply.quoted.nat then parts[#parts + 1] = " [nat]" end
  for _, flag in ipairs(FLAGS) do
    if reply[flag] then parts[#parts + 1] = " [" .. flag:gsub("_$", "") .. "]" end
  end
  return table.concat(parts)
end

local function by_attempt(a, b)
  if a.attempt ~= b.attempt then return a.attempt < b.attempt end
  return a.at < b.at
end

local function line(hop)
  local parts, answers, last = { ("%2d "):format(hop.ttl) }, 0, nil
  local replies = hop.replies
  table.sort(replies, by_attempt)
  for _, reply in ipairs(replies) do
    if not reply.dup and not reply.late then
      local name, mark = who(reply), mtr.mark(reply)
      parts[#parts + 1] = ("%s  %.3f ms%s"):format(
        name ~= last and name or "", reply.rtt, mark and " " .. mark or "")
      last, answers = name, answers + (reply.too_big and 0 or 1)
    end
  end
  parts[#parts + 1] = (" *"):rep(args.queries - answers)
  parts[#parts + 1] = hop.error and "  " .. hop.error
  return table.concat(parts) .. "\n"
end

-- Tracing ---------------------------------------------------------------------------------------

return cli:each(targets, function(target, put, i)
  local opts, headed = {}, false
  for name, value in pairs(args) do opts[name] = value end
  opts.on_hop = not json and function(trace, hop)
    put((headed and "" or header(i, target, trace.dst)) .. line(hop))
    headed = true
  end or nil
  local result, message = cli:call(mtr.trace, target, opts)
  if not result then return nil, message end
  if json then
    put(result:json() .. "\n")
  else
    put((headed and "" or header(i, target, result.dst))
      .. (result.stop_reason ~= "completed" and "stopped: " .. result.stop_reason .. "\n" or ""))
  end
  return result.stop_reason ~= "error"
end)
