#!/usr/bin/env mtrlua
-- SPDX-License-Identifier: MIT
--
-- scamper: speaks scamper's control protocol and takes its command line, over this engine.
--
-- It is mtr.attach with options of a command line. The file SCAMPER.md beside this one says which
-- parts of scamper there are.

local mtr = require "mtr"

local cli = mtr.cli("scamper", [[
usage: scamper [options] [TARGET...]

Stands in for scamper. With -U or -P it serves programs that drive scamper, such as sc_attach;
otherwise it runs commands and writes what they have found.

serving:
  -U PATH                 listen on a unix socket
  -P PORT                 listen on TCP: PORT or ADDRESS:PORT, on the loopback only; every user of
                          this host can connect there
  --mode MODE             permission bits of the unix socket (600)
  --max-clients N         clients at once (64)
  --exclude FILE          prefixes that are never probed
commands:
  -c COMMAND              the command for each address: trace, tracelb or ping, with options (trace)
  -i                      TARGET is an address
  -I                      TARGET is a whole command
  -f FILE                 addresses, one in each line; -: standard input
  -O WORD...              json or warts: the format of the output; cmdfile: the lines of -f are
                          whole commands
  -o FILE                 write there; -: standard output (-)
  -l NAME                 name of the list (default)
  -L N                    number of the list (0)
  -C N                    number of the cycle (1)
both:
  -p N                    probes per second (that of mtrlua --rate)
  -w N                    commands under way at once (1000)
  -M NAME                 name of this vantage point
  -h, --help              print this text

options of trace: -d -f -g -l -m -M -N -O ptr -p -P -q -Q -s -S -t -T -U -w -W
options of tracelb: -c -d -f -g -O ptr -P -q -Q -t -U -w -W
options of ping: -c -d -F -i -m -o -P -s -S -U -W -z

examples:
  mtrlua scamper -U /run/scamper.sock -p 1000
  sc_attach -U /run/scamper.sock -c 'trace -P icmp-paris' -i addresses.txt -o out.warts
  mtrlua scamper -O json -I "tracelb -P icmp-echo -q 3 192.0.2.1"
  mtrlua scamper -O warts -o out.warts -c ping -i 192.0.2.1 192.0.2.2

Exit status: 1 the socket cannot be made, no probes can be sent or the output cannot be written,
2 wrong usage or a wrong command, 130 or 143 ended by a signal.
]], { ["-i"] = { "addresses", true }, ["-I"] = { "commands", true } })

local args = cli:parse(arg)
local targets = args.target or {}

local function say(message) io.stderr:write("scamper: ", message, "\n") end

if args.p then
  cli:call(mtr.configure, { rate = cli:number("p", 1, 1e9, 1000) })
end
if args.exclude then cli:call(mtr.configure, { exclude = args.exclude }) end
local window = cli:number("w", 1, 100000, 1000)

-- Serves until it is ended.
local function serve()
  if targets[1] or args.f or args.c or #args.O > 0 or args.o or args.addresses or args.commands then
    cli:usage "-U and -P serve; they do not go with commands"
  end
  local server, problem = cli:call(mtr.attach.serve, { socket = args.U, port = args.P,
    mode = args.mode, max_clients = args.max_clients, window = window, monitor = args.M,
    log = say })
  if not server then
    say(problem)
    return 1
  end
  say("listening at " .. table.concat(server:places(), " and "))
  server:wait()
  return nil
end

-- Returns the format of the output, and whether the lines of a file are whole commands.
local function words_of_output()
  local format, whole
  for _, word in ipairs(args.O) do
    if word == "json" or word == "warts" then format = word
    elseif word == "cmdfile" then whole = true
    else cli:usage(("-O must be json, warts or cmdfile, got '%s'"):format(word)) end
  end
  return format or cli:usage "give a format: -O json or -O warts", whole
end

-- Returns a function that returns the next command.
local function commands(whole)
  local command = args.c or "trace"
  if args.f and (args.addresses or args.commands or targets[1]) or args.addresses and args.commands
    or targets[1] and not (args.addresses or args.commands) or not (args.f or targets[1]) then
    cli:usage "give -i ADDRESS..., -I COMMAND... or -f FILE"
  end
  local at = 0
  if not args.f then
    return function()
      at = at + 1
      local target = targets[at]
      return target and (args.commands and target or command .. " " .. target)
    end
  end
  local file, problem = io.stdin, nil
  if args.f ~= "-" then file, problem = io.open(args.f) end
  if not file then
    say(problem)
    os.exit(1)
  end
  return function()
    while true do
      local line = file:read "*l"
      if not line then return nil end
      if line:find "%S" and not line:find "^%s*#" then
        return whole and line or command .. " " .. line:match "%S+"
      end
    end
  end
end

-- Returns a function that writes text whole, and one that ends the output.
local function output()
  local path = args.o or "-"
  if path == "-" then
    return function(text) return cli:write(text) end, function() return true end
  end
  local file, problem = io.open(path, "wb")
  if not file then
    say(problem)
    os.exit(1)
  end
  file:setvbuf "no"
  return function(text) return file:write(text) end, function() return file:close() end
end

-- Runs commands.
local function run()
  local format, whole = words_of_output()
  local next_command = commands(whole)
  local put, close = output()
  local refused, problem = mtr.attach.run { commands = next_command, format = format, put = put,
    window = window, list = args.l, list_id = args.L and cli:number("L", 0, 4294967295, 0),
    cycle = args.C and cli:number("C", 0, 4294967295, 1), monitor = args.M,
    refused = function(command, why) say(("%s: %s"):format(mtr.names.clean(command), why)) end }
  local ok, failure = close()
  if not refused or not ok then
    say(problem or failure)
    return 1
  end
  return refused > 0 and 2 or nil
end

if args.U or args.P then return serve() end
return run()
