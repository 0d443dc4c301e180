-- SPDX-License-Identifier: MIT
--
-- Runs a command ping of mtr.attach.command over an engine, and makes its record of warts: one
-- probe in each interval, until enough were sent or answered.

local address = require "mtr.report.warts.address"
local warts_ping = require "mtr.report.warts.ping"
local words = require "mtr.record.words"
local each = require "mtr.base.each"

local M = {}

-- KEPT: probes whose answers are still taken. MOST: replies that a record can have.
local KEPT, MOST = 256, 65535
local COMPLETED, ERROR, HALTED = 1, 2, 3
local FLOWS = 512

-- The strategy.
local function steady(p, t)
  local command, taken = p.command, 0
  p.start, p.src, p.sport, p.port = t.start, t.src, t.sport, t.dport
  for seq = 1, command.count do
    if seq > 1 then t:sleep(command.wait) end
    while taken < p.ended do taken = taken + (t:wait() and 1 or 0) end
    if p.answers >= (command.replies or math.huge) then return "completed" end
    local probe = { ttl = command.options.max_ttl, size = command.options.size,
      flow = command.flows and (seq - 1) % FLOWS or nil }
    p.probes[seq], p.probes[seq - KEPT] = probe, nil
    p.sent = seq
    t:send(probe)
  end
end

local function on_reply(p, reply)
  if not (reply.dup or reply.late or reply.ignored) then p.ended = p.ended + 1 end
  for seq, probe in pairs(p.probes) do
    if probe.id == reply.id and #p.lines < MOST then
      if reply.final and not probe.answered then
        p.answers, probe.answered = p.answers + 1, true
      end
      p.lines[#p.lines + 1] = { type = "ping", seq = seq, addr = reply.addr, rtt = reply.rtt,
        ttl = reply.reply_ttl, size = reply.reply_size, at = reply.at, reply = reply:copy(),
        error = not reply.final and (words.mark(reply) or "time exceeded") or nil }
      return
    end
  end
end

-- The record of a ping that has ended; without a result it could not be made.
local function record_of(p, ids, result)
  local command, o, lines = p.command, p.command.options, p.lines
  local six = command.dst:find(":", 1, true)
  lines.start = { start = p.start or os.time(), src = p.src or six and "::" or "0.0.0.0",
    dst = command.dst, sport = p.sport, port = p.port, protocol = o.protocol, ttl = o.max_ttl,
    tos = o.tos, size = o.size or six and 60 or 40, count = command.count,
    interval = command.wait, timeout = o.timeout }
  lines[#lines + 1] = { type = "ping_summary", sent = p.sent }
  local record = warts_ping.record(lines, ids)
  record.user = command.user > 0 and command.user or nil
  record.reply_count = command.replies
  record.method = command.method or record.method
  record.stop_reason = not result and ERROR or result.stop_reason == "halted" and HALTED
    or COMPLETED
  record.dst = record.dst or address.of(command.dst)
  return record
end

--- Starts a ping. done(record) is called once, later.
---@param engine mtr.Engine
---@param command mtr.AttachCommand
---@param ids { list: integer, cycle: integer }
---@param done fun(record: table)
---@return mtr.Trace?
function M.start(engine, command, ids, done)
  local p = { command = command, probes = {}, lines = {}, answers = 0, sent = 0, ended = 0 }
  local opts = { window = 255, max_probes = "max", await_answer = true,
    strategy = function(t) return steady(p, t) end,
    on_reply = function(_, reply) on_reply(p, reply) end,
    on_timeout = function() p.ended = p.ended + 1 end }
  for name, value in each(command.options) do if name ~= "size" then opts[name] = value end end
  return engine:trace(command.dst, opts, function(_, result) done(record_of(p, ids, result)) end)
end

return M
