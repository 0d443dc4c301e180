#!/usr/bin/env mtrlua
-- SPDX-License-Identifier: MIT
--
-- watch: traces targets again and again and shows what changes: paths, RTTs, reachability.
--
-- It is mtr.watch with options of a command line.

local mtr = require "mtr"

local cli = mtr.cli("watch", [[
usage: watch [options] [TARGET...]

Watches the paths to each TARGET, an address or a name, until ^C.

  -t, --targets FILE      addresses, names and prefixes, one a line; "-": standard input
  --every WAIT            time from one round of a target to the next (60s)
  --rounds N              end after so many rounds of each target
  --flows N               flows to learn equal-cost alternatives with (4)
  --state FILE            keeps what is known, also after a restart
  --exec COMMAND          run it for each event, which it reads as JSON from its standard input
  -o, --output FORMAT...  FORMAT or FORMAT=FILE, several times for several outputs (text)
  --public                serve prometheus at an address that other hosts reach
  -q                      do not show the paths that are found at first

traces (see mtrlua trace --help):
  {family}
  {protocol}
  --port N
  -m, --max-ttl N
  --attempts N
  -w, --timeout WAIT
  --gap-limit N
  --multipath WORD
  --flow N
  {from}
  --tos N
  -h, --help              print this text

Formats: text, jsonl (an event in each line), prometheus: counters, in a file or at an address such
as prometheus=:9100.

At first it learns each path, with several flows: where routers share the load, all of them belong
to the path. Then a round sends one probe to each hop that is known to answer, and to the target. If
anything differs, whole traces follow, and the path has changed if they say so too. Hops are added,
removed or moved to another TTL; silence is no change. A target is unreachable after two rounds
without it. The RTT has shifted if the median of the last 5 rounds differs from that of up to 20
before them by more than 4 standard deviations (1.4826 MAD), 1 ms and 5 percent.

examples:
  watch --every 30s example.org example.net
  watch -t targets.txt -o jsonl=events.jsonl -o prometheus=:9100 --state watch.state
  watch -q --exec 'mail -s "a path has changed" noc@example.org' example.org

Exit status: 0 all rounds are done, 1 it cannot go on, 2 wrong usage, 130 interrupted.
]], { ["-q"] = { "quiet", true } })

local args = cli:parse(arg)

local function take(name) return cli:take(name) end

local function fail(message)
  io.stderr:write("watch: ", message, "\n")
  return 1
end

local function source(words, file)
  if file and words or not file and not words then
    cli:usage "give the targets either as words or with --targets"
  end
  if not file then return words end
  local chain, message = cli:call(mtr.targets.file, file)
  return chain or os.exit(fail(message))
end

local FIELDS = { "type", "event", "time", "target", "dst", "reachable", "after", "stop_reason",
  "last_ttl", "last_addr", "from", "to", "changes", "before", "path", "message", "name" }
local WORDS = { text = true, jsonl = true, prometheus = true }

-- Makes an output; the text of an output for people goes out at once.
local function output(text, opts)
  local word, path = text:match "^([^=]*)=?(.*)$"
  if not WORDS[word] then
    cli:usage(("--output must be one of text, jsonl, prometheus, or one with =FILE; got '%s'")
      :format(text))
  end
  path = path ~= "" and path or "-"
  if word == "prometheus" then return cli:call(mtr.report.prometheus, path, opts) end
  local plain = word == "text" or nil
  local out = path == "-" and function(line) return cli:write(line) end or path
  local made = cli:call(mtr.report.jsonl, out, { fields = FIELDS })
  if plain then
    function made:trace(event) return self.sink:write(mtr.event_line(event)) end
  end
  return made
end

local opts = { every = take "every", rounds = take "rounds", flows = take "flows",
  state = take "state" }
opts.targets = source(take "target", take "targets")
local quiet, command = take "quiet", take "exec"
local outputs, public = {}, take "public"
for i, text in ipairs(take "output" or { "text" }) do
  outputs[i] = output(text, { public = public })
end
local hook = command and mtr.event_hook(command)

function opts.on_event(event)
  if quiet and event.event == "first" then return end
  for _, one in ipairs(outputs) do
    if not one.text then cli:pass(one, "trace", event) end
    if not one.text then cli:pass(one, "update", {}) end
  end
  if hook then hook:call(event) end
end

function opts.on_round()
  for _, one in ipairs(outputs) do
    if one.text then cli:pass(one, "update", {}) end
  end
end

opts.trace = args
local watcher, message = cli:call(mtr.watch, opts)
if not watcher then return fail(message) end
for _, one in ipairs(outputs) do
  if one.text then function one.text() return watcher:metrics() end end
  cli:pass(one, "start", {})
end
local whole, ok, problem = pcall(watcher.run, watcher)
if hook and not mtr.interrupted() then hook:finish() end
for _, one in ipairs(outputs) do cli:pass(one, "finish", {}) end
if not whole then error(ok, 0) end                  -- an interrupt
if not ok and not mtr.interrupted() then return fail(problem) end
if hook and hook.dropped > 0 then
  return fail(("%d events were not given to the command, which is too slow"):format(hook.dropped))
end
return 0
