#!/usr/bin/env mtrlua
-- SPDX-License-Identifier: MIT
--
-- ping: sends probes to one or more targets at a steady pace, for those who know ping(8).
--
-- Each target is a trace whose strategy uses only one TTL. If a target cannot be probed, the reason
-- goes to standard error, and the other targets go on.

local mtr = require "mtr"

local cli = mtr.cli("ping", [[
usage: ping [options] TARGET...

Probes each TARGET, an address or a name, all at once; "-" reads targets from standard input.

  {family}
  -c, --count N           number of probes to each target; default: until ^C
  -i, --interval WAIT     time from one probe to the next: seconds, or such as 200ms (1s)
  -W, --timeout WAIT
  -w, --deadline WAIT     stop after this time
  -s, --data N            bytes of data behind the headers (icmp and udp: 56, tcp: 0)
  -t, --ttl N             TTL of the probes (64)
  -p, --protocol WORD
  --port N
  --tos N
  --source ADDRESS
  -I, --interface NAME
  -q                      print only the summary
  {shows}
  -o, --output FORMAT     {formats ping}; FORMAT=FILE writes to the end of a file
  -h, --help              print this text

An answer means that the packet arrived: an echo reply, data, a port unreachable, a SYN/ACK or a
reset. Other messages are errors. They are counted separately, because an answer may still follow.
Probes in flight at the end count neither as received nor as unanswered. mdev is the standard
deviation; jitter is the mean difference from one answer to the next.

examples:
  ping -c 3 example.org
  ping -p tcp --port 443 -6 -i 200ms example.org example.net
  ping -c 10 -q -o jsonl - <targets.txt | jq 'select(.type == "ping_summary")'

Exit status: 0 every target answered, 1 a target gave no answer or could not be probed, 2 wrong
usage, 130 interrupted. ^C ends the pings; the summaries are printed.
]], { ["-q"] = { "quiet", true }, ["-n"] = { "numeric", true } })

local args = cli:parse(arg)
local options, shown = {}, cli:shows { "text" }
local reporter = cli:reporter("ping", options)
local protocol = cli:choice("protocol", { "icmp", "udp", "tcp" })

local count = args.count and cli:number("count", 1, 1e6, 1) or math.huge
local ttl = cli:number("ttl", 1, 255, 64)
local data = cli:number("data", 0, 65000, protocol == "tcp" and 0 or 56)
if args.deadline and not args.deadline:find "[1-9]" then
  cli:usage(("--deadline must be above 0, got %s"):format(args.deadline))
end
local HEADER, KEPT = protocol == "tcp" and 20 or 8, 64
local OPTIONS = 20 -- bytes of options in a SYN of Linux
options.data, options.protocol = data, protocol

local function put(t, result)
  if result.type == "ping" and args.quiet then return end
  result.target, result.dst = t.target, t.dst
  if shown then shown:item(result) end
  cli:pass(reporter, "trace", result)
end

-- Returns the size of the packets to dst, and the one to ask for: none if the kernel makes them.
local function sizes(dst)
  local able, size = mtr.default():transport().capabilities, data + HEADER
  size = size + (dst:find ":" and 40 or 20)
  if protocol == "tcp" and data == 0 and able.payload and not able.flow then
    return size + OPTIONS, nil
  end
  return size, size
end

-- The strategy: one TTL, one probe in each interval; the hooks get the answers.
local function steady(t, trace)
  local taken, size, asked = 0, sizes(trace.dst)
  t.dst = trace.dst
  put(t, { type = "ping_start", size = size, start = trace.start, src = trace.src,
    sport = trace.sport, port = trace.dport, protocol = protocol, ttl = ttl, tos = args.tos,
    count = args.count, interval = args.interval or "1s", timeout = args.timeout or "2s" })
  for seq = 1, count do
    if seq > 1 then trace:sleep(args.interval or "1s") end
    while taken < t.ended do taken = taken + (trace:wait() and 1 or 0) end
    t.probes[seq], t.probes[seq - KEPT] = { seq = seq, ttl = ttl, size = asked }, nil
    trace:send(t.probes[seq])
  end
end

local NONE = {}

-- Returns the table of a probe, as long as it is kept.
local function probe_of(t, id)
  for _, probe in pairs(t.probes) do if probe.id == id then return probe end end
  return NONE
end

local function on_probe(t, probe)
  probe_of(t, probe.id).left = true
  t.out = t.out + 1
end

-- Notes that a probe has ended: it is not in flight any more, and an error that came for it is not
-- counted any more.
local function ended(t, probe)
  t.ended = t.ended + 1
  if probe == NONE or probe.left then t.out = t.out - 1 end
  if probe.refused then t.refused = t.refused - 1 end
  probe.refused = nil
end

-- Notes an error, which does not end the probe: an answer may follow.
local function on_error(t, probe)
  t.errors = t.errors + 1
  if probe ~= NONE and not probe.refused then probe.refused, t.refused = true, t.refused + 1 end
end

local function on_reply(t, reply)
  local probe = probe_of(t, reply.id)
  local mark = not reply.final and (mtr.mark(reply) or "time exceeded") or nil
  if not reply.dup and not reply.late then
    if not reply.ignored then ended(t, probe)
    elseif mark then on_error(t, probe) end
  end
  if reply.final then t.stats:on_reply(nil, reply) end
  put(t, { type = "ping", seq = probe.seq, addr = reply.addr, rtt = reply.rtt,
    ttl = reply.reply_ttl, size = reply.reply_size, dup = reply.dup or nil,
    late = reply.late or nil, error = mark, at = reply.at, reply = reply:copy() })
end

local function on_timeout(t, lost)
  local probe = probe_of(t, lost.id)
  local refused = probe.refused
  ended(t, probe)
  if lost.error then t.failed = t.failed + 1 else t.silent = t.silent + 1 end
  if lost.error or not refused then
    put(t, { type = "ping", seq = probe.seq, error = lost.error or "no answer" })
  end
end

local function if_any(n) return n > 0 and n or nil end

-- Prints the summary of a target; returns true if a probe was answered. Probes in flight count
-- neither as received nor as unanswered, unless an error came for them; nor do probes that could
-- not be sent.
local function summary(t)
  local hop = t.stats:hop(ttl)
  local n = hop and hop.received or 0
  local silent = t.silent + t.refused
  local s = { type = "ping_summary", sent = t.ended + t.out, received = n,
    unanswered = 100 * silent / math.max(n + silent, 1), errors = if_any(t.errors),
    failed = if_any(t.failed), in_flight = if_any(t.out - t.refused) }
  if n > 0 then
    s.min, s.avg, s.max, s.jitter = hop.best, hop.avg, hop.worst, hop.jitter_avg or 0
    s.mdev = (hop.stdev or 0) * math.sqrt(1 - 1 / n)   -- of all numbers; stdev is of a sample
  end
  put(t, s)
  return n > 0
end

local all = {}
cli:pass(reporter, "start", {})
local status = cli:each(args.target, function(target, _, i)
  local t = { target = target, probes = {}, out = 0, ended = 0, errors = 0, refused = 0,
    failed = 0, silent = 0, stats = mtr.stats() }
  all[i] = t
  local opts = { window = 255, max_probes = "max", max_ttl = ttl, await_answer = true }
  function opts.strategy(trace) return steady(t, trace) end
  function opts.on_probe(_, probe) on_probe(t, probe) end
  function opts.on_reply(_, reply) on_reply(t, reply) end
  function opts.on_timeout(_, probe) on_timeout(t, probe) end
  for _, name in ipairs { "family", "protocol", "port", "timeout", "tos", "source", "interface" } do
    opts[name] = args[name]
  end
  local call = { mtr.trace, target, opts }
  if args.deadline then call = { mtr.with_timeout, args.deadline, unpack(call) } end
  local _, message = cli:call(unpack(call))
  if not t.dst then return nil, message end
  return true
end)
for _, t in ipairs(all) do
  local well = t.dst and summary(t)
  if not well and not mtr.interrupted() then status = 1 end
end
cli:pass(reporter, "finish", {})
return status
