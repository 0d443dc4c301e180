-- SPDX-License-Identifier: MIT
--
-- Writes the records of one client or file as text: warts or scamper's JSON; a client gets each
-- record behind a line "DATA n", where n is its length, warts uuencoded.
--
-- A client has a list and a cycle of its own. With warts they are two records at the beginning and
-- one at the end; with JSON a line at the beginning and one at the end.

local uuencode = require "mtr.attach.uuencode"
local values = require "mtr.report.scamper.values"
local ping = require "mtr.report.scamper.ping"
local trace = require "mtr.report.scamper.trace"
local tracelb = require "mtr.report.scamper.tracelb"
local write = require "mtr.report.warts.write"
local lib = require "mtr.lib"
local each = require "mtr.base.each"

local M = {}

---@class mtr.AttachWriterOptions
---@field format "warts"|"json"
---@field framed boolean for a client
---@field list string name of the list
---@field list_id? integer number that a person gave to the list; default 0
---@field cycle? integer number that a person gave to the cycle; default 1
---@field description? string of the list
---@field monitor? string name of the vantage point
---@field host? string name of this host
---@field clock? fun(): number unix seconds; default os.time

---@class mtr.AttachWriter: mtr.AttachWriterOptions
local Writer = {}
Writer.__index = Writer

local LINES = { trace = trace.line, tracelb = tracelb.line, ping = ping.line }

--- The numbers of the list and the cycle in the records.
M.IDS = { list = 1, cycle = 1 }

local function now(self) return math.floor((self.clock or os.time)()) end

local function framed(text) return "DATA " .. #text .. "\n" .. text end

-- Returns a record as text.
local function warts(self, record)
  local bytes, message, name = write.record(record)
  if not bytes then return nil, message, name end
  return self.framed and lib.string(uuencode.framed(bytes, #bytes)) or bytes
end

local function json(self, line)
  line = line .. "\n"
  return self.framed and framed(line) or line
end

--- Returns the beginning: the list and the start of its cycle.
---@return string
function Writer:head()
  if self.format == "json" then return json(self, values.cycle(self, "start", now(self))) end
  return warts(self, { record = "list", id = M.IDS.list, person = self.list_id or 0,
    name = self.list, description = self.description, monitor = self.monitor })
    .. warts(self, { record = "cycle_start", id = M.IDS.cycle, list = M.IDS.list,
      person = self.cycle or 1, start = now(self), host = self.host })
end

--- Returns the end: the stop of the cycle.
---@return string
function Writer:tail()
  if self.format == "json" then return json(self, values.cycle(self, "stop", now(self))) end
  return (warts(self, { record = "cycle_stop", id = M.IDS.cycle, stop = now(self) }))
end

--- Returns a record as text. A value that does not fit into the format is an error.
---@param record table of mtr.report.warts
---@return string?
---@return string? message, string? name
function Writer:record(record)
  if self.format == "json" then return json(self, LINES[record.record](record)) end
  return warts(self, record)
end

--- Returns a record of warts that is in memory as text, in memory that the next call uses again.
---@param bytes ffi.cdata* uint8_t[size]
---@param size integer
---@return ffi.cdata* text
---@return integer length
function Writer:memory(bytes, size)
  if self.framed then return uuencode.framed(bytes, size) end
  return bytes, size
end

--- Makes a writer.
---@param opts mtr.AttachWriterOptions
---@return mtr.AttachWriter
function M.new(opts)
  local self = setmetatable({}, Writer)
  for name, value in each(opts) do self[name] = value end
  return self
end

return M
