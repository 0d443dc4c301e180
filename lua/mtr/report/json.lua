-- SPDX-License-Identifier: MIT
--
-- The reporter that writes all results as one JSON document: an array. It is valid also after ^C,
-- without results, and after a campaign was resumed.
--
-- A finished array cannot be appended to, and parts of one are no documents. So a file that has
-- something already is refused, unless it is overwritten or resumed, and so is the option `rotate`.
-- For both there is mtr.report.jsonl. A process that was killed leaves an array without an end;
-- when its campaign is resumed the array is continued. If it was killed before its first result,
-- the file has only the beginning, and any run continues it.

---@class mtr.Reports
---@field json fun(out?: mtr.ReportOut, opts?: mtr.SinkOptions): mtr.Reporter one JSON document

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local gzip = require "mtr.report.output.gzip"
local Sink = require "mtr.report.sink"

---@class mtr.JsonReporter: mtr.Reporter
---@field some? boolean the array has an element
local Json = {}

local HEAD = "["

-- Returns true if a file has only the beginning of an array.
local function begun(path)
  local file = io.open(path, "rb")
  local text = file and file:read(64) or ""
  if file then file:close() end
  if not path:find "%.gz$" then return text:find "^%[\n?$" ~= nil end
  return text == lib.string(gzip.new():pack(HEAD, #HEAD))
end

--- Opens the file and begins the array.
function Json:start()
  local sink = self.sink
  local ok, message, name = sink:open(HEAD)
  if not ok or sink:fresh() or self.resumed or begun(sink.path) then return ok, message, name end
  sink:close()
  return err.named("EEXIST", sink.path .. ": the file has something already, and a JSON document "
    .. "cannot be appended to; overwrite it, or write jsonl")
end

--- Writes one result.
---@param result mtr.BorrowedResult
function Json:trace(result)
  local text = (self.some and ",\n" or "\n") .. result:json()
  self.some = true
  return self.sink:write(text)
end

--- Ends the array and closes the file.
function Json:finish()
  return self.sink:end_with(self.sink:write "\n]\n")
end

--- Says how far the array is whole.
function Json:save()
  local data, fd, name = self.sink:save()
  if not data then return nil, fd, name end
  data.some = self.some
  return data, fd
end

--- Goes on behind what save() has said.
---@param data table
function Json:restore(data)
  self.resumed, self.some = true, data.some
  return self.sink:restore(data)
end

local M = Sink.reporter("json", Json)
local new = M.new

--- Makes a reporter.
---@param out? mtr.ReportOut
---@param opts? mtr.SinkOptions
---@return mtr.JsonReporter
function M.new(out, opts)
  if opts and opts.rotate ~= nil then
    error("report.json: a JSON document cannot be rotated; write jsonl", 2)
  end
  return new(out, opts)
end

return M
