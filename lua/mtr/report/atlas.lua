-- SPDX-License-Identifier: MIT
--
-- The reporter that writes the JSON of RIPE Atlas, a line for each result: "traceroute" for traces,
-- "ping" for the results of scripts/ping.lua, in the form of its firmware 5080.
--
--     mtr.report.atlas("out.json", { prb_id = 6001, msm_id = 1234, from = "192.0.2.1" })
--
-- What the platform adds has no meaning for a trace of mtrlua; readers want it, so these stand for
-- it unless `opts` say otherwise: prb_id 0 and msm_id 0 (no probe, no measurement), msm_name
-- "Traceroute" or "Ping", lts -1 (nothing is known of the last time the clock was set), from the
-- source address of the packets (the platform gives the address that it sees the probe at).

---@class mtr.Reports
---@field atlas fun(out?: mtr.ReportOut, opts?: mtr.AtlasOptions): mtr.Reporter RIPE Atlas' JSON

local json = require "mtr.record.json"
local Sink = require "mtr.report.sink"
local ping_collector = require "mtr.report.ping_collector"
local ping = require "mtr.report.atlas.ping"
local trace = require "mtr.report.atlas.trace"

local FIRMWARE, UNKNOWN_SYNC = 5080, -1

local SHAPE = json.shape({
  "fw", "lts", "endtime", "dst_name", "dst_addr", "src_addr", "proto", "af", "error", "late",
  "from", "x", "hop", "ttl", "size", "tos", "rtt", "paris_id", "result",
  "sent", "rcvd", "dup", "min", "max", "avg", "step",
  "msm_id", "prb_id", "timestamp", "msm_name", "type", "group_id",
  "ittl", "itos", "err", "mtu", "flags", "hdropts", "icmpext", "version", "rfc4884", "obj", "class",
  "mpls", "label", "exp", "s",
}, { rtt = "%.3f", min = "%.3f", max = "%.3f", avg = "%.3f" })

---@class mtr.AtlasOptions: mtr.SinkOptions
---@field prb_id? integer
---@field msm_id? integer
---@field msm_name? string
---@field group_id? integer
---@field from? string

---@class mtr.AtlasReporter: mtr.Reporter
---@field sink mtr.Sink
---@field opts mtr.AtlasOptions
---@field pings? mtr.Pings
local Atlas = {}

local function line(self, members)
  local o = self.opts
  members.fw, members.lts = FIRMWARE, UNKNOWN_SYNC
  members.prb_id, members.msm_id, members.group_id = o.prb_id or 0, o.msm_id or 0, o.group_id
  members.msm_name = o.msm_name or (members.type == "ping" and "Ping" or "Traceroute")
  members.from = o.from or members.src_addr or ""
  return json.encode(members, SHAPE) .. "\n"
end

--- Writes one result; a ping when it has ended.
---@param result mtr.BorrowedResult
function Atlas:trace(result)
  if not result.type:find "^ping" then
    return self.sink:write(line(self, trace.members(result.copy and result:copy() or result)))
  end
  self.pings = self.pings or ping_collector.new()
  local all = self.pings:add(result)
  return not all or self.sink:write(line(self, ping.members(all)))
end

return Sink.reporter("atlas", Atlas, { buffered = true })
