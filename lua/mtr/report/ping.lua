-- SPDX-License-Identifier: MIT
--
-- The reporter that writes pings like ping(8): a line for the start, for each answer, for each
-- probe without an answer, and the summary. Its results are plain tables with a `type`:
--
--     { type = "ping_start", target =, dst =, ttl =, size = }
--     { type = "ping", target =, dst =, seq =, addr =, name =, origin =, rtt =, ttl =, size =,
--       dup =, late =, error = }                           -- without addr: nothing came back
--     { type = "ping_summary", target =, dst =, sent =, received =, unanswered = (percent),
--       errors =, failed =, in_flight =,                   -- these three if there are any
--       min =, avg =, max =, mdev =, jitter = }            -- the last five with answers only
--
-- `opts` are { data = bytes in each packet, protocol = }; a start may have them itself.

---@class mtr.Reports
---@field ping fun(out?: mtr.ReportOut, opts: table): mtr.Reporter results of scripts/ping.lua

local view = require "mtr.names.view"
local Sink = require "mtr.report.sink"

local Ping = {}
local M = Sink.reporter("ping", Ping)

--- The members of these results, in the order in which they are written as JSON.
M.fields = { "type", "target", "dst", "seq", "addr", "name", "origin", "rtt", "ttl", "size", "dup",
  "late", "error", "sent", "received", "unanswered", "errors", "failed", "in_flight", "min", "avg",
  "max", "mdev", "jitter" }

local SAY = {}

function SAY.ping_start(r, opts)
  local data, protocol = r.data or opts.data, r.protocol or opts.protocol
  if not data or not protocol then
    return ("PING %s (%s) %d bytes\n"):format(Sink.plain(r.target), r.dst, r.size)
  end
  return ("PING %s (%s) %d(%d) bytes of %s data\n"):format(Sink.plain(r.target), r.dst, data,
    r.size, protocol)
end

function SAY.ping(r)
  if not r.addr then return ("%s: seq=%s %s\n"):format(r.dst, r.seq or "?",
    Sink.plain(r.error or "no answer")) end
  return ("%d bytes from %s: seq=%s ttl=%s time=%.3f ms%s%s\n"):format(r.size or 0, view.text(r),
    r.seq or "?", r.ttl or "?", r.rtt, r.error and " " .. Sink.plain(r.error) or "",
    r.dup and " (DUP!)" or r.late and " (late)" or "")
end

function SAY.ping_summary(r)
  local text = ("\n--- %s ping statistics ---\n%d sent, %d received, %.4g%% unanswered%s%s%s\n")
    :format(Sink.plain(r.target), r.sent, r.received, r.unanswered,
      r.errors and (r.errors == 1 and ", 1 error" or (", %d errors"):format(r.errors)) or "",
      r.failed and (", %d failed"):format(r.failed) or "",
      r.in_flight and (", %d in flight"):format(r.in_flight) or "")
  if not r.min then return text end
  return text .. ("rtt min/avg/max/mdev %.3f/%.3f/%.3f/%.3f ms, jitter %.3f ms\n"):format(
    r.min, r.avg, r.max, r.mdev, r.jitter)
end

--- Returns the text of a result.
---@param result table
---@return string
function Ping:text(result) return SAY[result.type](result, self.opts) end

return M
