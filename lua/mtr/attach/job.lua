-- SPDX-License-Identifier: MIT
--
-- Runs a command of mtr.attach.command over an engine, and makes the record of warts of its result.

local strategy = require "mtr.strategy"
local address = require "mtr.report.warts.address"
local of_ping = require "mtr.report.warts.ping"
local of_trace = require "mtr.report.warts.trace"
local of_tracelb = require "mtr.report.warts.tracelb"
local words = require "mtr.record.words"

local M = {}

local STOP_ERROR, STOP_HALTED, METHOD_ACK = 6, 3, 1

-- The record of a trace that could not be made. Readers need both addresses.
local function failed(command, ids)
  local six, o = command.dst:find(":", 1, true), command.options
  local record = of_trace.record({ start = os.time(), protocol = o.protocol,
    multipath = o.multipath, tcp_flags = o.tcp_flags, attempts = o.attempts, size = o.size,
    first_ttl = 1, timeout = o.timeout, src = six and "::" or "0.0.0.0", dst = command.dst,
    hop_count = 0, probe_count = 0, stop_reason = "error", hops = {} }, ids)
  record.stop_reason = STOP_ERROR
  return record
end

-- Runs a trace, or finds all paths.
local function trace(engine, command, ids, done)
  local o, all = command.options, command.kind == "tracelb"
  if all then o.strategy = strategy.mda { confidence = command.confidence or 95 } end
  return engine:trace(command.dst, o, function(_, result)
    if not result then return done(failed(command, ids)) end
    local record = (all and rawget(result, "mda") and of_tracelb or of_trace).record(result, ids)
    record.user, record.wait = command.user, command.wait
    if record.record == "trace" then record.hop_limit = command.limit or 0
    else record.most_probes = o.max_probes end
    done(record)
  end)
end

-- The strategy of a ping: one TTL, one probe in each interval, until enough are answered.
local function steady(p, t)
  local o, command = p.command.options, p.command
  p.start, p.src, p.sport, p.port = t.start, t.src, t.sport, t.dport
  for seq = 1, command.count do
    if seq > 1 then t:sleep(command.wait) end
    if p.answers >= (command.replies or math.huge) then return "completed" end
    local probe = { ttl = o.max_ttl, size = o.size }
    p.probes[seq], p.probes[seq - 256] = probe, nil
    p.sent = seq
    t:send(probe)
    while t:wait(0) do end  -- luacheck: ignore 542
  end
end

local function on_reply(p, reply)
  for seq, probe in pairs(p.probes) do
    if probe.id == reply.id then
      if reply.final then p.answers = p.answers + 1 end
      p.lines[#p.lines + 1] = { type = "ping", seq = seq, addr = reply.addr, rtt = reply.rtt,
        ttl = reply.reply_ttl, size = reply.reply_size, at = reply.at, reply = reply:copy(),
        error = not reply.final and (words.mark(reply) or "time exceeded") or nil }
      return
    end
  end
end

local function ping(engine, command, ids, done)
  local o = command.options
  local p = { command = command, probes = {}, lines = {}, answers = 0, sent = 0 }
  local opts = { window = 255, max_probes = "max", await_answer = true,
    strategy = function(t) return steady(p, t) end,
    on_reply = function(_, reply) on_reply(p, reply) end }
  for name, value in pairs(o) do if name ~= "size" then opts[name] = value end end
  return engine:trace(command.dst, opts, function(_, result)
    local six, lines = command.dst:find(":", 1, true), p.lines
    lines.start = { start = p.start or os.time(), src = p.src or six and "::" or "0.0.0.0",
      dst = command.dst, sport = p.sport, port = p.port, protocol = o.protocol, ttl = o.max_ttl,
      tos = o.tos, size = o.size or six and 60 or 40, count = command.count,
      interval = command.wait, timeout = o.timeout }
    lines[#lines + 1] = { type = "ping_summary", sent = p.sent }
    local record = of_ping.record(lines, ids)
    record.user = command.user > 0 and command.user or nil
    if o.tcp_flags == "ack" then record.method = METHOD_ACK end
    if result and result.stop_reason == "halted" then record.stop_reason = STOP_HALTED
    elseif result then record.stop_reason = 1 end
    record.dst = record.dst or address.of(command.dst)
    done(record)
  end)
end

--- Starts a command. done(record) is called once, later.
---@param engine mtr.Engine
---@param command mtr.AttachCommand
---@param ids { list: integer, cycle: integer }
---@param done fun(record: table)
---@return mtr.Trace? has stop()
---@return string? problem the command cannot be started
function M.start(engine, command, ids, done)
  local ok, started, message = pcall(command.kind == "ping" and ping or trace, engine, command, ids,
    done)
  if ok and started then return started end
  local text = tostring(ok and message or started):gsub("^%S-:%d+: ", "")
  return nil, (text:match "^[^\n]*")
end

return M
