#!/usr/bin/env mtrlua
-- SPDX-License-Identifier: MIT
--
-- mtr-packet: serves the protocol of mtr-packet 0.96, on standard input and output, for mtr(8) and
-- other programs that use it:
--
--     MTR_PACKET=scripts/mtr-packet.lua mtr -n -r -c 5 example.org
--
-- It gives the same answers as mtr-packet, word for word, but not its bugs and limits. Half a
-- million probes may be under way, 30,000 of them from one local-port. An answer is never matched
-- with a probe of another protocol or process. Data from an open UDP port is a reply. `size` is
-- that of the whole packet, also for IPv4. A NUL byte makes only its line invalid. It sleeps while
-- it waits for the last probes. TCP probes are single SYN packets: they are not sent again, and
-- wait-tcp-respone-timeout never comes. ICMP and UDP probes to one destination follow one path; but
-- ICMP probes with a bit-pattern, as mtr(8) sends them, differ in their checksum, by which some
-- routers choose the path. The longest time-out is an hour. To set a mark needs a privilege that
-- mtrlua gives up before a script runs; the mark is that of --mark.

local mtr = require "mtr"
local mtrp = mtr.mtrp

if arg[1] then                         -- without arguments it does not need lua-argparse
  mtr.cli("mtr-packet", [[
usage: mtr-packet [options]

Serves the protocol of mtr-packet 0.96: reads commands from standard input, one in each line, and
writes answers to standard output. mtr(8) starts it with MTR_PACKET=mtr-packet.

  -h, --help              print this text

examples:
  echo '1 send-probe ip-4 127.0.0.1' | mtrlua mtr-packet

Exit status: 0 done, 1 no probes can be sent, 2 wrong usage.
]]):parse(arg)
end

local FLOWS = 64                       -- source ports that TCP probes take turns with
local COMMANDS, TARGETS = 8192, 4096   -- most commands and targets in the caches
local BACKLOG = 262144                 -- bytes of unread answers from which on no commands are read

mtr.configure { transport = "raw", rate = "max", max_probes = 524288, late_window = "1s" }
local engine, problem = mtr.default()
if not engine then
  io.stderr:write("mtr-packet: ", problem, "\n")
  return 1
end

local input
local output = mtr.stream(1, {
  on_drain = function() input:resume() end,
  on_error = function() os.exit(1) end,
})

-- Targets: everything about a probe except its TTL, each with a prober
-- ------------------------------

local function retire(target)
  if target.prober then target.prober:finish() end
  target.prober = nil
end

-- Without local-ip mtr-packet searches for a source address; if it finds none, it answers
-- invalid-argument.
local NO_SOURCE = { ENETUNREACH = true, EADDRNOTAVAIL = true, EACCES = true }

-- Answers that a probe could not be sent. Perhaps an interface is gone, so the prober is closed and
-- the next probe opens a new one.
local function fail(target, token, name)
  if name ~= "EAGAIN" then retire(target) end
  if not target.opts.source and NO_SOURCE[name] then name = "EINVAL" end
  output:write(token .. mtrp.failure(name))
end

local function on_reply(prober, reply, token)
  if token == nil or reply.ignored then return end
  output:write(mtrp.reply(token, prober.data.family, reply))
end

local function on_timeout(prober, probe, token)
  if probe.error then return fail(prober.data, token, probe.error) end
  output:write(token .. mtrp.NO_REPLY)
end

local targets, targets_count = {}, 0

local LOOPBACK = { ["ip-4"] = "127.0.0.1", ["ip-6"] = "::1" }

-- Returns the address that is probed: as with mtr-packet, that of this host for 0.0.0.0 and "::".
local function address_of(command)
  return command.dst:find "[1-9a-fA-F]" and command.dst or LOOPBACK["ip-" .. command.family]
end

local function target_of(command)
  local target, opts = targets[command.key], command.opts
  if target then return target end
  if targets_count == TARGETS then
    for _, old in pairs(targets) do retire(old) end
    targets, targets_count = {}, 0
  end
  target = { dst = address_of(command), family = command.family, opts = opts }
  opts.data, opts.on_reply, opts.on_timeout = target, on_reply, on_timeout
  targets[command.key], targets_count = target, targets_count + 1
  return target
end

-- Commands ---------------------------------------------------------------------------------------

local flow = 0

local function send(command, token)
  local target = target_of(command)
  if not target.prober then
    local prober, _, name = mtr.prober(target.dst, target.opts)
    if not prober then return fail(target, token, name) end
    target.prober = prober
  end
  if not command.ttl then return output:write(token .. mtrp.failure "EINVAL") end
  -- TCP probes take turns with source ports, because connections between the same ports disturb
  -- each other.
  if target.opts.protocol == "tcp" then flow = (flow + 1) % FLOWS else flow = 0 end
  local id, _, name = target.prober:send(command.ttl, token, flow)
  if not id then fail(target, token, name) end
end

local function run(command, token)
  if command.dst then return send(command, token) end
  if command.feature then
    local prober, _, name = mtr.prober(LOOPBACK[command.feature])
    command.answer = mtrp.support(name == "EAFNOSUPPORT" and "no" or "ok")
    command.feature = nil
    if prober then prober:close() end
  end
  output:write(token .. command.answer)
end

-- Parsed commands by their text without the token, because clients send the same commands again.
local commands, commands_count = {}, 0

local function remember(rest, command)
  if commands_count == COMMANDS then commands, commands_count = {}, 0 end
  commands[rest], commands_count = command, commands_count + 1
end

local function take(line)
  if not line then return output:write(mtrp.OVERFLOW) end
  local plain, rest = mtrp.token(line)
  local command, token = plain and commands[rest], plain
  if not command then
    token, command = mtrp.parse(line)
    if not command then return output:write(mtrp.UNREADABLE) end
    if plain and #rest < 512 then remember(rest, command) end
  end
  run(command, token)
end

local unfinished = ""
input = mtr.stream(0, {
  on_data = function(self, data)
    unfinished = mtrp.lines(unfinished .. data, take)
    if output.queued > BACKLOG then self:pause() end
  end,
})
engine:run()
