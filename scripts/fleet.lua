#!/usr/bin/env mtrlua
-- SPDX-License-Identifier: MIT
--
-- fleet: shares a campaign between many vantage points, through a Redis.

local mtr = require "mtr"

local cli, fleet
local args                             -- of the command line, until they are taken

local function take(name) return cli:take(name) end
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
  local opts = { name = name, share = take "share", points = cli:list "points",
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
  local exclude, allowed = take "exclude", cli:list "allow"
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
  local opts = { overwrite = take "overwrite",
    rotate = (size or every) and { size = size, every = every } }
  local formats = mtr.report.words("trace", true)
  local reporters, given = cli:outputs("jsonl", formats, function(format, path)
    local into = path:find "^https?://" and format ~= "prometheus" and mtr.fleet.clickhouse
    if not into then
      return (cli:call(mtr.report[mtr.report.name("trace", format)], path, opts))
    end
    local reporter = cli:call(into, format, path)
    return reporter, ("%s=%s"):format(format, reporter.to.shown)       -- without a password
  end)
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
  local found, message = cli:call(fleet.status, fleet, take "campaign")
  if not found then return fail(message) end
  cli:write(word == "text" and fleet.text(found) or word == "prometheus" and fleet.prometheus(found)
    or mtr.fleet.json(found) .. "\n")
end

function RUN.forget()
  open()
  local ok, message = cli:call(fleet.forget, fleet, take "name", take "discard")
  return not ok and fail(message) or nil
end

local command = arg[1]
local change, help = mtr.fleet.changes[command], mtr.fleet.help(command)
if not help or command == "fleet" then
  cli = mtr.cli("fleet", mtr.fleet.help "fleet")
  if command == "-h" or command == "--help" then return cli:write(cli.help) and 0 end
  cli:usage(command and ("there is no command '%s'"):format(mtr.plain(command))
    or "give a command: submit, work, drain, status, pause, resume, cancel or forget")
end
cli = mtr.cli("fleet", help)
args = cli:parse { unpack(arg, 2) }

function RUN.set()
  open()
  local ok, message = cli:call(fleet.set, fleet, take "name", change[1], take "rate")
  return not ok and fail(message) or nil
end
local ok, status = pcall(RUN[change and "set" or command])
fleet:close()                          -- else the program would not end after an error
return ok and status or not ok and error(status, 0) or nil
