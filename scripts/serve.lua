#!/usr/bin/env mtrlua
-- SPDX-License-Identifier: MIT
--
-- serve: traces for other programs, which ask over a unix socket. The file SERVE.md beside this
-- one describes what they write and read.
--
-- It is mtr.serve with options of a command line.

local mtr = require "mtr"

local cli = mtr.cli("serve", [[
usage: serve [options]

Traces for other programs. They connect to the socket and write requests, each a line of JSON;
answers are lines of JSON too.

  --socket PATH           make the socket here; this option is needed
  --mode MODE             permission bits of the socket (600; with the next two options 666)
  --allow-uid USER...     users who may connect, beside root and the user of this program
  --allow-gid GROUP...    groups whose members may connect; names or numbers
  --exclude FILE          prefixes that are never probed
  --max-clients N         clients at once (64)
  --max-requests N        requests of one client under way (100)
  --max-window N          traces of one campaign under way (1000)
  --max-line N            bytes of a request (65536)
  --max-unread N          bytes of answers that wait for a client before it is dropped (16777216)
  --client-rate N         requests per second of one client; 0: no limit (0)
  -h, --help              print this text

The rate of all probes together is that of mtrlua: mtrlua --rate 500 serve ...

requests:
  {"id":1,"request":"trace","dst":"192.0.2.7","options":{"protocol":"udp"},"hops":true}
  {"id":2,"request":"probe","dst":"192.0.2.7","ttl":3}
  {"id":3,"request":"campaign","targets":["192.0.2.0/28"],"window":10,"time_limit":"5m"}
  {"id":4,"request":"cancel","of":3}
  {"id":5,"request":"about"}

answers, each with the id of its request; the last answer to a request has "last":true:
  {"id":1,"answer":"hop","dst":"192.0.2.7","hop":{"ttl":1,"addr":"192.0.2.1",...}}
  {"id":1,"answer":"result","last":true,"result":{"type":"trace",...}}
  {"id":2,"answer":"reply","last":true,"reply":{"ttl":3,"addr":"192.0.2.3","rtt":1.234,...}}
  {"id":3,"answer":"result","result":{"type":"trace",...}}
  {"id":3,"answer":"refused","target":"name.invalid","name":"ENOENT","error":"ENOENT: ..."}
  {"id":3,"answer":"done","last":true,"summary":{"targets":16,"traces":15,...}}
  {"id":6,"answer":"error","last":true,"field":"options.max_ttl","name":"EINVAL","error":"..."}

example:
  printf '{"id":1,"request":"trace","dst":"127.0.0.1"}\n' | nc -NU /run/mtrlua.sock

Exit status: 1 the socket cannot be made, or no probes can be sent, 2 wrong usage, 130 or 143 ended
by a signal.
]])

local args = cli:parse(arg)
if not args.socket then cli:usage "give a path with --socket" end
if args.exclude then cli:call(mtr.configure, { exclude = args.exclude }) end

-- Returns the number of a user or group, by number or name, from a database of getent(1).
local function number(option, database, text)
  if tonumber(text) then return tonumber(text) end
  local found
  if text:find "^[%w_][%w_.-]*$" then
    local pipe = io.popen(("getent %s %s"):format(database, text))
    found = pipe:read "*a":match "^[^:]*:[^:]*:(%d+)"
    pipe:close()
  end
  return tonumber(found) or cli:usage(("%s: there is no '%s'"):format(option, text))
end

-- Returns the numbers of all users or groups of an option; nil: none are given.
local function numbers(name, database)
  local list = {}
  for i, text in ipairs(args[name] or {}) do
    list[i] = number("--" .. name:gsub("_", "-"), database, text)
  end
  return list[1] and list or nil
end

local function say(message) io.stderr:write("serve: ", message, "\n") end

local server, problem = cli:call(mtr.serve, {
  socket = args.socket, mode = args.mode, allow_uid = numbers("allow_uid", "passwd"),
  allow_gid = numbers("allow_gid", "group"),
  max_clients = args.max_clients, max_requests = args.max_requests,
  max_window = args.max_window, max_line = args.max_line, max_unread = args.max_unread,
  client_rate = args.client_rate, log = say,
})
if not server then
  say(problem)
  return 1
end
say("listening at " .. args.socket)
server:wait()
