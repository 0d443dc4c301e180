-- SPDX-License-Identifier: MIT
--
-- The reporter that writes the JSON of scamper, a line for each result, as sc_warts2json of
-- scamper 20211212 prints what mtr.report.warts writes: the records of that reporter are made and
-- then written as text. Results of traces become "trace" lines, those of the strategy mda "tracelb"
-- lines, and the results of scripts/ping.lua "ping" lines; a line begins the cycle and one ends it.
--
--     mtr.report.scamper("out.json", { list = "survey", cycle = 7, host = "ams" })
--     mtr.report.scamper("uuid.jsonl", { mlab = { uuid = "host_1700000000_42" } })
--
-- With `mlab` the file is one of M-Lab's: a line about the measurement in front, and exactly one
-- result. What mtr.report.warts leaves out of its records is missing here too. If files rotate,
-- each begins the cycle, and the last one ends it.

---@class mtr.Reports
---@field scamper fun(out?: mtr.ReportOut, opts?: mtr.ScamperOptions): mtr.Reporter scamper's JSON

local err = require "mtr.base.err"
local json = require "mtr.record.json"
local Sink = require "mtr.report.sink"
local ping_collector = require "mtr.report.ping_collector"
local options = require "mtr.report.warts.options"
local warts_ping = require "mtr.report.warts.ping"
local warts_trace = require "mtr.report.warts.trace"
local warts_tracelb = require "mtr.report.warts.tracelb"
local ping = require "mtr.report.scamper.ping"
local trace = require "mtr.report.scamper.trace"
local tracelb = require "mtr.report.scamper.tracelb"
local values = require "mtr.report.scamper.values"

---@class mtr.ScamperOptions: mtr.SinkOptions
---@field list? string name of the list; default "default"
---@field cycle? integer number that a person gave to the cycle; default 1
---@field host? string name of this host
---@field clock? fun(): number unix seconds, for start and stop of the cycle; default os.time
---@field mlab? { uuid: string, version?: string, cached?: boolean, cached_uuid?: string }

---@class mtr.ScamperReporter: mtr.Reporter
---@field sink mtr.Sink
---@field opts mtr.ScamperOptions
---@field pings mtr.Pings
local Scamper = {}

local NONE = { list = 0, cycle = 0 }

local function cycle(self, what)
  return values.cycle(self.opts, what, math.floor((self.opts.clock or os.time)())) .. "\n"
end

-- The line in front of a file of M-Lab.
local function metadata(m)
  return ('{"UUID":%s,"TracerouteCallerVersion":%s,"CachedResult":%s,"CachedUUID":%s}\n'):format(
    json.encode(m.uuid), json.encode(m.version or "mtrlua"), tostring(m.cached == true),
    json.encode(m.cached_uuid or ""))
end

--- Opens the file and begins the cycle.
function Scamper:start(meta)
  local mlab, resumed = self.opts.mlab, self.resumed
  options.take(self.opts, meta or {})
  self.pings, self.written = ping_collector.new(), 0
  local head = (mlab and metadata(mlab) or "") .. cycle(self, "start")
  local ok, message, name = self.sink:open(head)
  if not ok or self.sink:fresh() or resumed then return ok, message, name end
  return self.sink:write(head)
end

-- Returns the line of a ping when its last result has come.
local function pinged(self, result)
  local list = self.pings:add(result)
  return list and ping.line(rawget(list.start, "_warts") or warts_ping.record(list, NONE))
end

local function line_of(self, result)
  if result.type:find "^ping" then return pinged(self, result) end
  local kept = result.copy and result:copy() or result
  local record, paths = rawget(kept, "_warts"), rawget(kept, "mda")
  record = record or (paths and warts_tracelb or warts_trace).record(kept, NONE)
  return (record.record == "tracelb" and tracelb or trace).line(record)
end

--- Writes one result.
---@param result mtr.BorrowedResult
function Scamper:trace(result)
  local line = line_of(self, result)
  if not line then return true end
  self.written = self.written + 1
  if self.opts.mlab and self.written > 1 then
    return err.named("EINVAL", "a file of M-Lab has one result, and this is the second")
  end
  return self.sink:write(line .. "\n")
end

function Scamper:restore(data)
  self.resumed = true
  self.sink:restore(data)
end

--- Ends the cycle and closes the file.
function Scamper:finish()
  return self.sink:end_with(self.sink:write(cycle(self, "stop")))
end

local M = Sink.reporter("scamper", Scamper, { buffered = true })
local make = M.new

--- Makes a reporter.
---@param out? mtr.ReportOut
---@param opts? mtr.ScamperOptions
---@return mtr.ScamperReporter
function M.new(out, opts)
  local bug = opts and options.wrong(opts)
  if not bug and opts and opts.mlab and type(opts.mlab.uuid) ~= "string" then
    bug = "mlab.uuid must be a string, got " .. err.show(opts.mlab.uuid)
  end
  if bug then error("report.scamper: " .. bug, 2) end
  return make(out, opts)
end

return M
