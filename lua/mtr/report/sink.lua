-- SPDX-License-Identifier: MIT
--
-- The output of a reporter: a file, standard output, or a function that takes the text. Also makes
-- reporters that write one piece of text for each result.
--
-- Each piece is written at once. If the disk becomes full, the part of the last line that was
-- written is overwritten with blanks, so that the file has only whole lines; the error names the
-- file. Output on a pipe cannot be overwritten. A function that fails returns nil, a message and a
-- name.

local lib = require "mtr.lib"
local err = require "mtr.base.err"

local C = lib.C
local M = {}

---@alias mtr.ReportOut string|fun(text: string): any, string?, string?

---@class mtr.Sink
---@field path? string "-": standard output
---@field out? fun(text: string): any, string?, string?
---@field file? file* the open file
---@field name? string the name in messages
---@field owned? boolean this object must close the file
local Sink = {}
Sink.__index = Sink

--- Makes a sink that is not open yet.
---@param reporter string the name of the reporter
---@param out? mtr.ReportOut a path, the file is overwritten; "-", the default: standard output
---@return mtr.Sink
function M.new(reporter, out)
  if type(out) == "function" then return setmetatable({ out = out }, Sink) end
  if out ~= nil and type(out) ~= "string" then
    error(("report.%s: the path must be a string, got %s"):format(reporter, err.show(out)), 3)
  end
  return setmetatable({ path = out or "-" }, Sink)
end

--- Opens the sink.
---@return true?
---@return string? message, string? name
function Sink:open()
  if self.out then return true end
  if self.path == "-" then
    self.file, self.name = io.stdout, "standard output"
    return true
  end
  local file, _, code = io.open(self.path, "w")
  if not file then return err.file(code, self.path) end
  file:setvbuf "no"
  self.file, self.name, self.owned = file, self.path, true
  return true
end

--- Returns the three values of a write that has failed.
---@param code integer negative errno
---@return nil, string message, string name
function Sink:failed(code) return err.env(code, "writing " .. self.name) end

--- Writes whole lines.
---@param bytes string|ffi.cdata*
---@param size integer
---@return true?
---@return string? message, string? name
function Sink:put(bytes, size)
  local code = C.mtr_write_lines(self.file, bytes, size)
  if code < 0 then return self:failed(code) end
  return true
end

--- Writes a text of whole lines.
---@param text string
---@return any ok, string? message, string? name
function Sink:write(text)
  if self.out then return self.out(text) end
  return self:put(text, #text)
end

--- Closes the file.
---@return true?
---@return string? message, string? name
function Sink:close()
  if self.owned and not self.file:close() then
    return err.named("EIO", "closing " .. self.name)
  end
  return true
end

M.plain = err.plain

--- Makes the module of a reporter: its new(out, opts) makes a reporter, which writes the text that
--- methods.text(self, result) returns for each result. self.opts is `opts`.
---@param name string
---@param methods table
---@return { new: fun(out?: mtr.ReportOut, opts?: table): mtr.Reporter }
function M.reporter(name, methods)
  methods.__index = methods
  function methods:start() return self.sink:open() end
  function methods:trace(result) return self.sink:write(self:text(result)) end
  function methods:finish() return self.sink:close() end
  return {
    new = function(out, opts)
      return setmetatable({ sink = M.new(name, out), opts = opts or {} }, methods)
    end,
  }
end

return M
