-- SPDX-License-Identifier: MIT
--
-- The reporter that writes results as CSV (RFC 4180): a header, then a row for each reply, and for
-- each hop without replies; with the option `rows` = "hops" a row for each hop, with its first
-- answer. A trace without hops has one row, so every target is there.
--
--     mtr.report.csv("out.csv", { fields = { "dst", "ttl", "addr", "rtt" } })
--
-- Lines end in CR LF, as the RFC says. What is not known is empty, and a flag that is true is 1.
-- rtt, at and duration are ms, start is unix seconds; target is as it was given, with ? for bytes
-- that cannot be printed. unanswered and failed count the probes of a hop without a reply. mpls has
-- the labels of a reply, label:tc:s:ttl, with "/" between them. name and asn are there if they were
-- looked up.
--
-- Results of a campaign are written by the library, without Lua strings (core/api/csv.c).

---@class mtr.Reports
---@field csv fun(out?: mtr.ReportOut, opts?: mtr.CsvOptions): mtr.Reporter a row for each reply

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local ext = require "mtr.record.ext"
local Sink = require "mtr.report.sink"

local C = lib.C

-- The columns that can be chosen: those of the trace, of the hop and the probe, of the reply.
local TRACE = { "target", "dst", "src", "transport", "protocol", "multipath", "sport", "dport",
  "icmp_sum", "flow_label", "size", "start", "duration", "stop_reason", "stop_data", "error",
  "first_ttl", "hop_count", "probe_count" }
local HOP = { "ttl", "flow", "unanswered", "failed" }
local REPLY = { "addr", "name", "asn", "rtt", "attempt", "at", "reply_protocol", "icmp_type",
  "icmp_code", "tcp_flags", "reply_ttl", "reply_size", "ip_id", "reply_tos", "quoted_ttl",
  "quoted_tos", "quoted_size", "mtu", "mss", "dup", "late", "nat", "final", "unreach", "other_addr",
  "tstamp", "mpls" }

local DEFAULT = { "start", "src", "target", "dst", "protocol", "stop_reason", "ttl", "addr", "rtt",
  "attempt", "icmp_type", "icmp_code", "reply_ttl", "mpls" }

local FORMAT = { rtt = "%.3f", at = "%.3f", duration = "%.3f", start = "%.6f" }

-- Where a column of a reply has another name or place in mtr.Reply.
local OTHER = {}
function OTHER.name(reply) return rawget(reply, "name") end
function OTHER.asn(reply)
  local origin = rawget(reply, "origin")
  return origin and origin.asn
end
function OTHER.reply_protocol(reply) return reply.protocol end
function OTHER.reply_tos(reply) return reply.tos end
function OTHER.quoted_ttl(reply) return reply.quoted and reply.quoted.ttl end
function OTHER.quoted_tos(reply) return reply.quoted and reply.quoted.tos end
function OTHER.quoted_size(reply) return reply.quoted and reply.quoted.size end
function OTHER.nat(reply) return reply.quoted and reply.quoted.nat end
function OTHER.mpls(reply) return table.concat(ext.mpls(reply.ext, "%d:%d:%d:%d"), "/") end

-- For each column, where its value is.
local PLACE, NAMES = {}, {}
for place, names in pairs { trace = TRACE, hop = HOP, reply = REPLY } do
  for _, name in ipairs(names) do PLACE[name], NAMES[#NAMES + 1] = place, name end
end
table.sort(NAMES)

---@class mtr.CsvOptions: mtr.SinkOptions
---@field fields? string[] columns, in order
---@field rows? "replies"|"hops"

---@class mtr.CsvReporter: mtr.Reporter
---@field sink mtr.Sink
---@field fields string[]
---@field columns? ffi.cdata* MTR_CSV_* of the fields; nil: the library cannot write them
---@field hops integer 1: a row for each hop
local Csv = {}

-- Returns a value as text of a cell.
local function cell(name, value)
  if value == nil or value == false then return "" end
  if value == true then return "1" end
  if type(value) == "number" then return (FORMAT[name] or "%.14g"):format(value) end
  value = tostring(value):gsub("[^\r\n]+", err.plain)
  return value:find '[",\r\n]' and '"' .. value:gsub('"', '""') .. '"' or value
end

local function row(self, result, hop, reply)
  local cells = {}
  for i, name in ipairs(self.fields) do
    local place, value = PLACE[name], nil
    if place == "trace" then
      value = result[name]
    elseif name == "flow" then
      value = reply and reply.flow or result.flow
    elseif place == "hop" then
      value = hop and hop[name]
    elseif reply then
      local get = OTHER[name]
      if get then value = get(reply) else value = reply[name] end
    end
    cells[i] = cell(name, value)
  end
  return table.concat(cells, ",") .. "\r\n"
end

-- Adds the rows of a hop.
local function rows_of(self, result, hop, out)
  local first = #out
  for _, reply in ipairs(hop.replies) do
    local answer = reply.addr == hop.addr and reply.rtt == hop.rtt
    if self.hops == 0 or answer and #out == first then
      out[#out + 1] = row(self, result, hop, reply)
    end
  end
  if #out == first then out[#out + 1] = row(self, result, hop) end
end

-- Returns the rows of a result that is kept.
local function rows(self, result)
  local out = {}
  for _, hop in ipairs(result.hops) do
    if not hop.skipped then rows_of(self, result, hop, out) end
  end
  if not out[1] then out[1] = row(self, result) end
  return table.concat(out)
end

--- Returns the header.
---@return string
function Csv:head() return table.concat(self.fields, ",") .. "\r\n" end

-- Lets the library write the rows of a result into the memory of the sink. Returns its code.
local function fast(self, result)
  local sink = self.sink
  return result:rows(self.columns, self.count, self.hops, sink.buffer, sink.room, sink.used)
end

-- Writes the result for which fast() has returned this code.
local function rest(self, result, code)
  local ok, message, name = self.sink:settle(code, fast, self, result)
  if ok ~= false then return ok, message, name end
  return self.sink:write(rows(self, result:copy()))
end

--- Writes one result. What is rare is in another function: see mtr.report.jsonl.
---@param result mtr.BorrowedResult
function Csv:trace(result)
  if not (self.columns and result.engine and result.rows) then
    return self.sink:write(rows(self, result))
  end
  local code = fast(self, result)
  if code == 0 then return true end
  return rest(self, result, code)
end

-- Returns the message of what is wrong with the options, or nil.
local function wrong(opts)
  local fields = opts.fields or DEFAULT
  if opts.rows ~= nil and opts.rows ~= "replies" and opts.rows ~= "hops" then
    return ('rows must be "replies" or "hops", got %s'):format(err.show(opts.rows))
  end
  if type(fields) ~= "table" or not fields[1] or #fields > C.MTR_CSV_MOST then
    return ("fields must be a list of 1..%d names, got %s"):format(C.MTR_CSV_MOST, err.show(fields))
  end
  for _, name in ipairs(fields) do
    if not PLACE[name] then
      local near = type(name) == "string" and err.nearest(name, NAMES)
      return ("unknown field %s; %s"):format(err.show(name), near
        and ("did you mean %q?"):format(near) or "known are " .. table.concat(NAMES, ", "))
    end
  end
end

-- Returns the numbers that the library has for columns; nil: it does not know one of them.
local function columns(fields)
  local numbers = lib.new("uint8_t[?]", #fields)
  for i, name in ipairs(fields) do
    if name == "name" or name == "asn" then return nil end
    numbers[i - 1] = C["MTR_CSV_" .. name:upper()]
  end
  return numbers
end

local M = Sink.reporter("csv", Csv, { buffered = true })
local new = M.new

--- All names of columns.
M.names = NAMES

--- Makes a reporter.
---@param out? mtr.ReportOut
---@param opts? mtr.CsvOptions
---@return mtr.CsvReporter
function M.new(out, opts)
  local bug = wrong(opts or {})
  if bug then error("report.csv: " .. bug, 2) end
  local self = new(out, opts)
  self.fields, self.hops = self.opts.fields or DEFAULT, self.opts.rows == "hops" and 1 or 0
  self.columns, self.count = self.sink.file and columns(self.fields), #self.fields
  return self
end

return M
