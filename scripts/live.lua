#!/usr/bin/env mtrlua
-- SPDX-License-Identifier: MIT
--
-- live: shows the paths to targets as they are now, for those who know mtr(8).
--
-- On a terminal it is a screen with a table of hops that goes on until q is pressed; into a file or
-- pipe it writes a line for each answer. With --report it makes so many rounds and writes what
-- mtr --report does, or another format.

local mtr = require "mtr"

local cli = mtr.cli("live", [[
usage: live [options] TARGET...

Traces each TARGET, an address or a name, again and again; "-" reads targets from standard input.
Keys: q quits, ? shows the others.

  {family}
  {protocol}
  --port N
  -i, --interval N        seconds from one round to the next (1)
  -c, --count N           how many rounds (without end)
  {ttl}
  -w, --timeout WAIT
  --flows N               flows that the rounds use in turn, to see equal-cost paths (1)
  --gap-limit N
  --unreach-continue
  {flow}
  -s, --source ADDRESS
  --interface NAME
  -t, --tos N
  {packet}
  -n                      addresses, not names
  -A, --origin            AS numbers
  --privacy N             hide the first N hops (0)
  --columns LETTERS       columns of the table: L loss, S sent, N last, A average, B best, W worst,
                          V deviation, J jitter, H history (LSNABWVJH); key o shows the others
  --lines                 lines in place of the screen
  --report N              make N rounds and write a report, without a screen
  -o, --output FORMAT     of the report: {formats trace table}; FORMAT=FILE: to the end of a file
  -h, --help              print this text

examples:
  live example.org
  live -T --port 443 -i 0.2 example.org example.net    two targets: tab shows the other one
  live --flows 8 example.org                             eight equal-cost paths
  live --report 10 example.org >report.txt

Exit status: 0 done, 1 a target could not be traced, 2 wrong usage, 130 interrupted.
]], { ["-n"] = { "numeric", true } })

local OWN = { target = true, output = true, report = true, interval = true, count = true,
  flows = true, columns = true, numeric = true, origin = true, privacy = true, lines = true }

local args = cli:parse(arg)
local seconds = args.interval or 1
if type(seconds) ~= "number" or seconds < 0.01 or seconds > 3600 then
  cli:usage(("--interval must be 0.01..3600 seconds, got %s"):format(seconds))
end
local flows, trace = cli:number("flows", 1, 64, 1), {}
for name, value in pairs(args) do
  if not OWN[name] then trace[name] = value end
end

-- Makes rounds and writes a report of all.
local function report(rounds)
  args.output = args.output or "table"
  cli:shows { "text", "table", "mtr", "html" }
  trace.window = trace.window or 255
  trace.strategy = mtr.strategy.rounds { rounds = rounds, interval = seconds * 1000, flows = flows }
  local reporter = cli:reporter("trace", trace)
  return cli:report(args.target, reporter, function(target, on_hop)
    trace.on_hop = on_hop
    return cli:call(mtr.trace, target, trace)
  end)
end

-- The rounds limit the rate: one probe for each hop. Those of a round leave together, which costs
-- the processor a third of what single ones do. --rate of mtrlua spreads them.
mtr.configure { rate = "max" }
if args.report then return report(cli:number("report", 1, 1e6, 10)) end
if args.output then cli:usage "--output is for a report: give --report too" end
local well, message = cli:call(mtr.live, {
  targets = args.target, trace = trace, interval = seconds * 1000,
  rounds = args.count and cli:number("count", 1, 1e9, 1), flows = flows, columns = args.columns,
  names = not args.numeric, origins = args.origin, lines = args.lines,
  privacy = args.privacy and cli:number("privacy", 0, 255, 0),
  write = function(text) cli:write(text) end,
})
if message then io.stderr:write("live: ", message, "\n") end
return well and 0 or 1
