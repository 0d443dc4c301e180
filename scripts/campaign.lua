#!/usr/bin/env mtrlua
-- SPDX-License-Identifier: MIT
--
-- campaign: traces many targets at one rate, with several outputs, and goes on where it was killed.
--
-- It is mtr.campaign with options of a command line.

local mtr = require "mtr"

local cli = mtr.cli("campaign", [[
usage: campaign [options]

Traces the targets of a list, each once.

targets:
  -t, --targets FILE      addresses, names and prefixes, one a line; "-": standard input
  --prefix PREFIX...      targets are the addresses of this prefix, and of others
  --each N                of prefixes: one address in each part of this length, such as 24
  --random N              of prefixes: so many random addresses (of each part)
  --seed N                chooses random addresses (0)
  --column N              the target is the Nth word of a line
  --priority-column N     the Nth word is its priority: the highest of those read ahead goes first
  --separator TEXT        what separates the words of a line: "," or "\t"; default: blanks
  --exclude FILE          prefixes that are not traced; "!" before a prefix makes an exception
  --unique                trace a target once that is in the list several times
  --shuffle N             in a random order that this seed chooses
  --shard I               such as 1/4: the first of four parts, for four machines
  --take N                end after so many targets

scheduling:
  --rate N                probes per second; 0: as fast as possible
  --prefix-rate TEXT...   such as '/16=2/s' (IPv4), '/48=2/s', 'ipv6/32=2/s': to each such prefix
  --as-rate TEXT          probes per second to each AS of --asn
  --asn FILE...           lines such as '192.0.2.0 24 64496' (CAIDA's pfx2as)
  --retry N               trace failed targets again, so many times (0)
  --retry-after WAIT      wait before that (30s)
  --retry-when NAMES      which: timeout, gaplimit, unreach, failed ... (timeout,gaplimit)
  --read-ahead N          most targets that wait in memory for these options (4096)
  --window WORD           traces under way at once: a number, or auto
  --time-limit WAIT       end after this time
  --state FILE            saves how far it is; the same command again goes on from there
  --threshold TEXT...     such as 'completed>=0.9': if it is not met, the exit status is 99
  --dry-run               send nothing: say what would be sent, and how long it would take

outputs:
  -o, --output FORMAT...  FORMAT or FORMAT=FILE, several times for several outputs (text)
  --only NAMES            members of jsonl to write, with commas between them
  --fields NAMES          columns of csv
  --rotate-size SIZE      begin a new file after so many bytes; or such as 500K, 20M, 1G
  --rotate-every WAIT     or after this time
  --public                serve prometheus at an address that other hosts reach
  --overwrite             empty the files first; without it they are appended to
  --list TEXT             name of the list of targets, in results
  --cycle TEXT            number or name of this pass over the list, in results
  --campaign TEXT         name of the campaign, in results
  --monitor TEXT          name of this vantage point, in results
  --names                 names of the routers, also in machine-readable output
  -A, --origin            the AS that announces each router, from Team Cymru's DNS
  --origin-from WORD      or from mmdb:FILE (MaxMind's format), pfx2as:FILE (CAIDA's) or cymru
  --privacy N             hide the first N hops, and the address of this host
  --no-progress           show nothing while it runs

traces (see mtrlua trace --help):
  {many}
  {from}
  --tos N
  {packet}
  -h, --help              print this text

Formats: {formats trace}. A FILE that ends in .gz is compressed.
prometheus=:9100 serves the counters at http://127.0.0.1:9100/metrics while it runs;
prometheus=http://ADDRESS:PORT/PATH elsewhere.

example:
  campaign -t list.csv --column 2 --separator , --shuffle 42 --shard 1/4 --rate 500
    -o warts=out.warts.gz -o prometheus=out.prom --state run.state

Exit status: 0 done, 1 a target could not be traced or an output failed, 2 wrong usage, 99 a
threshold is not met, 130 interrupted, 141 nobody reads an output.
]], { ["--no-progress"] = { "no_progress", true } })

local args, SHOWN = cli:parse(arg), 10  -- messages about targets; the others are only counted

-- Writes a message; returns the status of a failure.
local function fail(message)
  io.stderr:write("campaign: ", message, "\n")
  return 1
end

local function take(name) return cli:take(name) end

local function chain_of()
  local chain, exclude = mtr.target_options(cli, take)
  if exclude then cli:call(mtr.configure, { exclude = exclude }) end   -- for addresses of names
  return chain
end

-- What is left in args are options of the traces.
local function outputs()
  local size, every = take "rotate_size", take "rotate_every"
  local opts = { only = cli:list "only", fields = cli:list "fields",
    public = take "public", overwrite = take "overwrite",
    rotate = (size or every) and { size = size, every = every } }
  local quiet = take "no_progress"
  args.window = take "outstanding"
  for name, value in pairs(args) do
    if name ~= "output" then opts[name] = value end
  end
  local list = cli:outputs("text", mtr.report.words("trace", true), function(format, path)
    return cli:call(mtr.report[mtr.report.name("trace", format)], path, opts)
  end)
  if quiet then return list end
  list[#list + 1] = mtr.report.progress()
  return list, list[#list].terminal
end

-- Returns a table of texts such as "name=value", which a pattern takes apart.
local function pairs_of(option, pattern, like)
  local given, found = take(option), {}
  for _, text in ipairs(given or {}) do
    local name, value = text:match(pattern)
    if not name then
      cli:usage(("--%s must be such as %s, got '%s'"):format(option:gsub("_", "-"), like, text))
    end
    found[name] = value
  end
  return next(found) and found or nil
end

-- Names and origins of routers; nil: none are wanted.
local function enrichment()
  local from, privacy = take "origin_from", args.privacy and cli:number("privacy", 0, 255, 0)
  local found = { dns = take "names", asn = take "origin", privacy = privacy or nil }
  found.asn, args.privacy = from or found.asn, nil
  return next(found) and found or nil
end

local function scheduling()
  local window, times = take "window", take "retry"
  local retry = { times = times, after = take "retry_after", when = cli:list "retry_when" }
  if not times and next(retry) then cli:usage "--retry-after and --retry-when need --retry" end
  return {
    prefix_rate = pairs_of("prefix_rate", "^%s*([%w/]+)%s*=%s*(%S+)%s*$", "'/16=2/s'"),
    as_rate = take "as_rate", asn = take "asn", retry = times and retry,
    read_ahead = take "read_ahead", enrich = enrichment(),
    rate = take "rate", window = tonumber(window) or window,
    time_limit = take "time_limit", state = take "state", list = take "list",
    cycle = take "cycle", campaign = take "campaign", monitor = take "monitor",
    thresholds = pairs_of("threshold", "^%s*([%w_.]+)%s*([<>=]+%s*%S+)%s*$", "'completed>=0.9'"),
  }
end

-- Says what would be sent; returns the status.
local function dry_run(opts)
  local text, message = cli:call(mtr.plan, opts)
  if not text then return fail(message) end
  io.write(text)
  for _, reporter in ipairs(opts.reporters) do
    local path = reporter.path or reporter.sink and reporter.sink.path
    if path then print("output: " .. (path == "-" and "standard output" or path)) end
  end
  return 0
end

-- Writes the summary; returns the status, of which mtrlua makes 99 if a threshold is not met.
local function conclude(summary)
  for _, line in ipairs(mtr.outcome(summary)) do fail(line) end
  return summary.failed > 0 and not mtr.interrupted() and 1 or 0
end

local opts, dry, shown = scheduling(), take "dry_run", 0
opts.targets = chain_of()
local reporters, on_terminal = outputs()
opts.reporters, opts.trace = reporters, args
if dry then return dry_run(opts) end

function opts.on_error(message, target)
  shown = shown + 1
  if shown > SHOWN then return end
  io.stderr:write(on_terminal and "\r\27[K" or "")
  fail(mtr.plain(target) .. ": " .. message)
  if shown == SHOWN then fail "further targets are only counted" end
end

local c = cli:call(mtr.campaign, opts)
local summary, message, name = cli:call(c.run, c)
if summary then return conclude(summary) end
if c.summary and c.summary.targets > 0 then conclude(c.summary) end
return fail(message) and name == "EPIPE" and 141 or 1
