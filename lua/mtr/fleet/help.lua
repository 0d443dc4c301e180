-- SPDX-License-Identifier: MIT
--
-- The help texts of mtrlua fleet, from which its options are read (see mtr.cli).

local report = require "mtr.report"
local target_options = require "mtr.script.target_options"

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
  forget NAME    remove a campaign that is done or cancelled, so that its name is free

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
command again goes on where it was stopped. A campaign that is done keeps its name until `forget`.

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
  {many}
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
  -o, --output FORMAT...  FORMAT or FORMAT=FILE, several times for several outputs (jsonl):
                          {formats}
                          caracal=URL, saimiris=URL: to a table of ClickHouse with Iris' or that's
                          columns: http://[USER:PASSWORD@]HOST[:8123]/DATABASE.TABLE; a plain
                          MergeTree needs the setting non_replicated_deduplication_window to take
                          each lease once (scripts/FLEET.md has its CREATE TABLE)
  --state FILE            saves how far it is; the same command again goes on from there
  --follow                go on when all targets are done
  --overwrite             empty the files first; without it they are appended to
  --rotate-size SIZE      begin a new file after so many bytes; or such as 500K, 20M, 1G
  --rotate-every WAIT     or after this time
  -h, --help              print this text
]]

HELP.status = [[
usage: fleet status [options]

Shows how campaigns and workers are. Rates are of the last ten seconds. A worker is dead if it
showed no sign of life for its --lease-time, and forgotten a day later, when the next one comes. It
is slow if its last one is over 4 s old, or if it sends less than a quarter of the probes that it
may: of its --max-rate and its campaign's --rate, or without both of the median of the workers for
the same campaign, if they are three or more. The latter is not judged at the end of a campaign and
while results wait for a drain, when workers rest.

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

HELP.forget = [[
usage: fleet forget [options] NAME

Removes a campaign that is done or cancelled from Redis. Its name is free again.

  --redis URL             where the Redis is
  --discard               also if results wait for a drain; they are lost
  -h, --help              print this text
]]

local M = {}

--- What the commands that change a campaign make of it, and what they are for.
M.CHANGES = {
  pause = { "paused", "Lets workers finish what they have, and rest." },
  resume = { "running", "Lets workers go on." },
  cancel = { "cancelled", "Ends a campaign: what is not traced is forgotten." },
}

-- Returns the formats of a drain, in lines.
local function formats()
  local text, width = "", 0
  for i, word in ipairs(report.words("trace", true)) do
    if i > 1 then text, width = text .. ", ", width + 2 end
    if width + #word > 66 then text, width = text .. "\n" .. (" "):rep(26), 0 end
    text, width = text .. word, width + #word
  end
  return (text:gsub(" +\n", "\n"))
end

--- Returns the help text of a command; "fleet": of all. Nil: there is no such command.
---@param command? string
---@return string?
function M.of(command)
  local change = M.CHANGES[command]
  if change then return HELP.set:format(command, change[2]) end
  local text = command and command ~= "set" and HELP[command] or nil
  return text and (text:gsub("  {targets}", target_options.HELP):gsub("{formats}", formats))
end

return M
