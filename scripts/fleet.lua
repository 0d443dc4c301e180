#!/usr/bin/env mtrlua
-- SPDX-License-Identifier: MIT
--
-- fleet: shares a campaign between many vantage points, through a Redis.

local mtr = require "mtr"

local HELP = {}

HELP.fleet = [[
usage: fleet COMMAND [options]

Shares a campaign between many vantage points, through a Redis.

commands:
  submit NAME    put the targets and options of a campaign into Redis
  work           trace for the campaigns there: one for each vantage point, or several
  drain NAME     write the results to files
  status         show campaigns and workers
  pause NAME     let workers finish what they have, and rest
  resume NAME    let them go on
  cancel NAME    end a campaign: what is not traced is forgotten

Each command has the option --redis URL: redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE] or
unix:///PATH; default: the environment variable REDIS_URL, else redis://127.0.0.1:6379.
`mtrlua fleet COMMAND --help` shows its other options.
example:
  mtrlua fleet submit survey -t targets.txt --rate 1000
  mtrlua fleet work --name ams          # at each vantage point
  mtrlua fleet drain survey -o warts=survey.warts.gz --state survey.state
  mtrlua fleet status
]]

HELP.submit = [[
usage: fleet submit [options] NAME

Puts a campaign into Redis. It waits while there are many targets that nobody has taken; the same
command again goes on where it was stopped.

  --redis URL             where the Redis is
targets:
  {targets}
vantage points:
  --share WORD            split: each target once; all: from each point; n: from some (split)
  --points NAMES          vantage points, with commas between them; default: those of workers alive
  --from N                each target from so many of them (--share n)
  --choose N              chooses them (0)
  --lease N               targets that a worker takes at once (200)
  --most-leases N         leases that wait in Redis (20000)
  --most-bytes SIZE       results that wait for a drain; then workers rest (256M)
  --results WORD          packed: few bytes; json: for other programs to drain (packed)
traces (see mtrlua trace --help):
  {family}
  {protocol}
  --port N
  {ttl}
  -q, --queries N
  --attempts N
  -w, --timeout WAIT
  --outstanding N         probes outstanding in each trace (8)
  {ends}
  {flow}
  --tos N
  {packet}
  --strategy NAME         window, random, doubletree ... (window)
  --shared                workers share the stop sets of doubletree, and rates of routers
  --rate N                probes per second of each worker; 0: as fast as it may (0)
  --list TEXT             name of the list of targets, in results
  --cycle TEXT            number or name of this pass over the list, in results
  -h, --help              print this text
]]

HELP.work = [[
usage: fleet work [options]

Takes targets from Redis, traces them and hands the results in, until ^C.

  --redis URL             where the Redis is
  --name NAME             vantage point, or POINT/SOMETHING if it has several workers (host/pid)
  --place TEXT            where it is, for people
  --campaign NAME         work for this campaign only
  --window N              targets under way at once (1000)
  --max-rate N            probes per second, whatever a campaign wants
  --allow NAMES           protocols to send, with commas between them; default: all
  --exclude FILE          prefixes that are never probed
  --lease-time WAIT       others take over after this time without a sign of life (15s)
  --once                  end when all campaigns are done
  -h, --help              print this text
]]

HELP.drain = [[
usage: fleet drain [options] NAME

Writes the results of a campaign to files, and removes them from Redis when the disk has them.

  --redis URL             where the Redis is
  -o, --output FORMAT...  FORMAT or FORMAT=FILE, several times for several outputs (jsonl);
                          caracal=URL, saimiris=URL: to a table of ClickHouse with Iris' or that's
                          columns: http://[USER:PASSWORD@]HOST[:8123]/DATABASE.TABLE
  --state FILE            saves how far it is; the same command again goes on from there
  --follow                go on when all targets are done
  --overwrite             empty the files first; without it they are appended to
  --rotate-size SIZE      begin a new file after so many bytes; or such as 500K, 20M, 1G
  --rotate-every WAIT     or after this time
  -h, --help              print this text
]]

HELP.status = [[
usage: fleet status [options]

Shows how campaigns and workers are.

  --redis URL             where the Redis is
  --campaign NAME         this campaign only
  -o, --output WORD       text, json or prometheus (text)
  -h, --help              print this text
]]

HELP.set = [[
usage: fleet %s [options] NAME

%s

  --redis URL             where the Redis is
  --rate N                from now on: probes per second of each worker; 0: as fast as it may
  -h, --help              print this text
]]

local SET = {
  pause = { "paused", "Lets workers finish what they have, and rest." },
  resume = { "running", "Lets workers go on." },
  cancel = { "cancelled", "Ends a campaign: what is not traced is forgotten." },
}

local cli, fleet
local args = {}                        -- of the command line, until they are taken

local function take(name)
  local value = args[name]
  args[name] = nil
  if type(value) == "table" and not value[1] then return nil end
  return value
end

local function names(text)
  local list = {}
  for name in (text or ""):gmatch "[^,%s]+" do list[#list + 1] = name end
  return list[1] and list
end

local function say(text, ...) io.stderr:write("fleet: ", text:format(...), "\n") end
-- Says why the command failed. mtrlua itself tells of an interrupt, also by its exit status.
local function fail(message)
  if not (mtr.interrupted() and message:find "^ECANCELED: ") then say("%s", message) end
  return not mtr.interrupted() and 1 or nil
end

local function open()
  local url, message = take "redis" or os.getenv "REDIS_URL" or "redis://127.0.0.1:6379"
  fleet, message = cli:call(mtr.fleet.open, { redis = url })
  if not fleet then os.exit(fail(message)) end
end

local RUN, PROTOCOLS = {}, { icmp = true, udp = true, tcp = true }

function RUN.submit()
  open()
  local name = take "name"
  local opts = { name = name, share = take "share", points = names(take "points"),
    n = take "from", seed = take "choose", lease = take "lease", rate = take "rate",
    most_leases = take "most_leases", most_bytes = take "most_bytes", shared = take "shared",
    list = take "list", cycle = take "cycle", results = take "results" }
  opts.targets, opts.trace = mtr.target_options(cli, take), args
  args.window = take "outstanding"
  function opts.on_bad(text, message) fail(mtr.plain(text) .. ": " .. message) end
  local targets, leases = cli:call(fleet.submit, fleet, opts)
  if not targets then return fail(leases) end
  print(("campaign %s: %d targets in %d leases"):format(name, targets, leases))
end

function RUN.work()
  local exclude, allowed = take "exclude", names(take "allow")
  if exclude then cli:call(mtr.configure, { exclude = exclude }) end
  local protocols = allowed and {}
  for _, word in ipairs(allowed or {}) do
    protocols[word] = PROTOCOLS[word] or cli:usage(
      ("--allow must have some of icmp, udp, tcp; got '%s'"):format(mtr.plain(word)))
  end
  open()
  local opts = { name = take "name" or mtr.fleet.host_name(), protocols = protocols }
  for name, value in pairs(args) do opts[name] = value end
  local worker, message = cli:call(fleet.work, fleet, opts)
  if not worker then return fail(message) end
  say("%d leases, %d targets", worker.done_leases, worker.done_targets)
end

function RUN.drain()
  local size, every = take "rotate_size", take "rotate_every"
  local opts, taken, reporters = { overwrite = take "overwrite",
    rotate = (size or every) and { size = size, every = every } }, {}, {}
  local given = take "output" or { "jsonl" }
  for i, text in ipairs(given) do
    local word, path = text:match "^([^=]*)=?(.*)$"
    if not mtr.report.name("trace", word) then
      cli:usage(("--output must be one of %s, or one with =FILE; got '%s'"):format(
        table.concat(mtr.report.words("trace", true), ", "), text))
    end
    path = path ~= "" and path or "-"
    if taken[path] then cli:usage(("two outputs cannot share '%s'"):format(path)) end
    taken[path] = true
    local into = path:find "^https?://" and word ~= "prometheus" and mtr.fleet.clickhouse
    reporters[i] = into and cli:call(into, word, path)
      or cli:call(mtr.report[mtr.report.name("trace", word)], path, opts)
  end
  open()
  local drain, message = cli:call(fleet.drain, fleet, { campaign = take "name",
    reporters = reporters, outputs = given, state = take "state", follow = take "follow" })
  if not drain then return fail(message) end
  say("%d results of %d leases written; %d targets could not be traced; %d leases came twice",
    drain.results, drain.leases, drain.failed, drain.repeated)
  return drain.problem and fail(drain.problem) or nil
end

function RUN.status()
  open()
  local word = cli:choice("output", { "text", "json", "prometheus" })
  local found, message = cli:call(fleet.status, fleet, take "campaign", word ~= "text" and 0 or nil)
  if not found then return fail(message) end
  cli:write(word == "text" and fleet.text(found) or word == "prometheus" and fleet.prometheus(found)
    or mtr.fleet.json(found) .. "\n")
end

local command, set = arg[1], SET[arg[1]]
local help = set and HELP.set:format(command, set[2]) or command ~= "fleet" and HELP[command]
if not help then
  cli = mtr.cli("fleet", HELP.fleet)
  if command == "-h" or command == "--help" then return cli:write(cli.help) and 0 end
  cli:usage(command and ("there is no command '%s'"):format(mtr.plain(command))
    or "give a command: submit, work, drain, status, pause, resume or cancel")
end
cli = mtr.cli("fleet", (help:gsub("  {targets}", mtr.fleet.target_help)))
for name, value in pairs(cli:parse { unpack(arg, 2) }) do args[name] = value end
function RUN.set()
  open()
  local ok, message = cli:call(fleet.set, fleet, take "name", set[1], take "rate")
  return not ok and fail(message) or nil
end
local ok, status = pcall(RUN[set and "set" or command])
fleet:close()                          -- else the program would not end after an error
return ok and status or not ok and error(status, 0) or nil
