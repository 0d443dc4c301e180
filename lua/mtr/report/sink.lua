-- SPDX-License-Identifier: MIT
--
-- Where a reporter writes: a file, standard output, or a function that takes the text; and the
-- frame of a reporter that makes a piece of text of each result.
--
-- Each piece goes out at once. When the disk is full, the part of the last line that it took is
-- made blank, so that what is there reads as whole lines, and the error names the file. A pipe
-- gives nothing back. A function returns nil, a message and a name if it has failed.

local lib = require "mtr.lib"
local err = require "mtr.base.err"

local C = lib.C
local M = {}

---@alias mtr.ReportOut string|fun(text: string): any, string?, string?

---@class mtr.Sink
---@field path? string "-": standard output
---@field out? fun(text: string): any, string?, string?
---@field file? file* once it is open
---@field name? string what messages call it
---@field owned? boolean the file is ours to close
local Sink = {}
Sink.__index = Sink

--- A sink that is not open yet.
---@param reporter string the name of the reporter
---@param out? mtr.ReportOut a path, the file is written anew; "-", the default: standard output
---@return mtr.Sink
function M.new(reporter, out)
  if type(out) == "function" then return setmetatable({ out = out }, Sink) end
  if out ~= nil and type(out) ~= "string" then
    error(("report.%s: the path must be a string, got %s"):format(reporter, err.show(out)), 3)
  end
  return setmetatable({ path = out or "-" }, Sink)
end

--- Opens it.
---@return true?
---@return string? message, string? name
function Sink:open()
  if self.out then return true end
  if self.path == "-" then
    self.file, self.name = io.stdout, "standard output"
    return true
  end
  local file, _, code = io.open(self.path, "w")
  if not file then return err.env(code, self.path) end
  file:setvbuf "no"
  self.file, self.name, self.owned = file, self.path, true
  return true
end

--- The three values of a write that has failed.
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

--- A text of one line that a terminal shows as it is: control characters become "?".
---@param text string
---@return string
function M.plain(text) return (text:gsub("%c", "?")) end

--- A module for a reporter: new(out, opts) makes one, which writes what methods.text(self, result)
--- returns for each result. `opts` stands in the reporter as self.opts.
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
