-- SPDX-License-Identifier: MIT
--
-- The output of a reporter: a file, standard output, or a function that takes the text. Also makes
-- reporters that write one text for each result.
--
-- A reporter writes whole records: open() first, then write() for each record, close() at the end.
-- A file is appended to, unless the option `overwrite` is given, and locked (mtr.report.output.file
-- says how its records stay whole). The name of a file that is compressed ends in .gz.
--
-- Records are written at once, or collected in memory of 256 KiB if the sink is buffered; then
-- update(), which a campaign calls each second, writes them. A sink that is binary or compressed is
-- always buffered. save() says how long the output is; restore() before open() cuts it back to
-- that, and what a killed process wrote later is gone. Only files can be cut back. A function that
-- fails returns nil, a message and a name.

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local series = require "mtr.report.output.series"

local EMSGSIZE = err.code.EMSGSIZE
local M = {}

--- Bytes of memory for records of a buffered sink.
M.SIZE = 262144

---@alias mtr.ReportOut string|fun(text: string): any, string?, string?

---@class mtr.SinkOptions options of every reporter that writes files
---@field overwrite? boolean empty the file first; default: append to it
---@field rotate? { size?: integer, every?: number|string } begins a new file after this many bytes,
---or this time: out.jsonl becomes out.0001.jsonl, out.0002.jsonl ...

---@class mtr.SinkKind what the format of a reporter is like
---@field binary? boolean not lines of text: it is not written to a terminal
---@field buffered? boolean collect records in memory

---@class mtr.Sink
---@field path? string "-": standard output
---@field out? fun(text: string): any, string?, string?
---@field file? mtr.OutputSeries nil if `out` is a function
---@field buffer? ffi.cdata* collected records: the first used[0] bytes
---@field used ffi.cdata* uint32_t[1]
---@field room integer bytes of the buffer
local Sink = {}
Sink.__index = Sink

--- Makes a sink that is not open yet.
---@param reporter string the name of the reporter
---@param out? mtr.ReportOut a path; "-", the default: standard output
---@param opts? mtr.SinkOptions
---@param kind? mtr.SinkKind
---@return mtr.Sink
function M.new(reporter, out, opts, kind)
  opts, kind = opts or {}, kind or {}
  local self = setmetatable({ used = lib.new "uint32_t[1]" }, Sink)
  if type(out) == "function" then
    self.out = out
    return self
  end
  if out ~= nil and type(out) ~= "string" then
    error(("report.%s: the path must be a string, got %s"):format(reporter, err.show(out)), 3)
  end
  self.path = out or "-"
  local bug
  self.file, bug = series.new(self.path, {
    overwrite = opts.overwrite, rotate = opts.rotate, binary = kind.binary,
  })
  if not self.file then error(("report.%s: %s"):format(reporter, bug), 3) end
  if kind.buffered or kind.binary or self.path:find "%.gz$" then
    local parts = self.file.parts
    self.room = math.min(M.SIZE, math.max(parts and parts.size or M.SIZE, 4096))
    self.buffer = lib.new("char[?]", self.room)
    self.ends = kind.binary and {} or nil
  end
  return self
end

-- Gives a function a text, if there is one.
local function say(self, text)
  if text then return self.out(text) end
  return true
end

--- Opens the sink.
---@param head? string the beginning of each file, written if the file is empty
---@param tail? string the end of each file
---@return true?
---@return string? message, string? name
function Sink:open(head, tail)
  if self.file then return self.file:open(head, tail) end
  self.tail = tail
  return say(self, head)
end

--- Changes the head of the files that will begin, and the tail of this file and later ones.
---@param head? string nil: it stays
---@param tail? string nil: it stays
function Sink:frame(head, tail)
  local to = self.file or self
  to.head, to.tail = head or to.head, tail or to.tail
end

--- Returns true if its files rotate.
---@return boolean
function Sink:rotates() return self.file ~= nil and self.file.parts ~= nil end

--- Returns true if the file was empty when it was opened: it has nothing but the head and what was
--- written since. Functions and pipes count as empty.
---@return boolean
function Sink:fresh() return not self.file or self.file.empty ~= false end

--- Writes the collected records. If that fails, they are dropped.
---@return true?
---@return string? message, string? name
function Sink:flush()
  local used, ends = self.used[0], self.ends
  if used == 0 then return true end
  self.used[0] = 0
  if ends then self.ends = {} end
  return self.file:put(self.buffer, used, ends)
end

Sink.update = Sink.flush

--- Ends the writing of a result into the memory of the sink. `code` is what again(reporter, result)
--- has returned for it; false or nil: it was not called. If the memory is full, it is emptied, and
--- the result is written once more. Returns false if the result has to be written as a text.
---@param code integer|false|nil
---@param again fun(reporter: table, result: table): integer|false|nil
---@param reporter table
---@param result table
---@return boolean?
---@return string? message, string? name
function Sink:settle(code, again, reporter, result)
  if code == -EMSGSIZE and self.used[0] > 0 then
    local ok, message, name = self:flush()
    if not ok then return nil, message, name end
    code = again(reporter, result)
  end
  if code and code >= 0 then return true end
  if code and code ~= -EMSGSIZE then return err.env(code, "writing " .. self.file.name) end
  return false
end

--- Writes a text of whole records.
---@param text string
---@return any ok, string? message, string? name
function Sink:write(text)
  if self.out then return self.out(text) end
  local size = #text
  if not self.buffer then return self.file:put(text, size, { size }) end
  if self.used[0] + size > self.room then
    local ok, message, name = self:flush()
    if not ok then return nil, message, name end
    if size > self.room then return self.file:put(text, size, { size }) end
  end
  lib.copy(self.buffer + self.used[0], text, size)
  self.used[0] = self.used[0] + size
  if self.ends then self.ends[#self.ends + 1] = self.used[0] end
  return true
end

--- Writes the collected records and says how far the output is whole.
---@return { length?: number, sum?: number, part?: integer, next?: integer }? data for restore()
---@return string|integer? message or: the descriptor that must be on disk before the data is true
---@return string? name
function Sink:save()
  local ok, message, name = self:flush()
  if not ok then return nil, message, name end
  if self.out then return {} end
  return self.file:save()
end

--- Sets the sink to what save() returned; open() then cuts the output back to that.
---@param data table
function Sink:restore(data)
  if self.file then self.file:restore(data) end
end

--- Writes the rest and the tail, and closes the file.
---@return true?
---@return string? message, string? name
function Sink:close()
  if self.out then return say(self, self.tail) end
  local ok, message, name = self:flush()
  local closed, problem, what = self.file:close()
  if not ok then return nil, message, name end
  return closed, problem, what
end

--- Closes the sink after a last write; returns what that returned if it has failed.
---@param ok any what the write returned, and so on
---@param message? string
---@param name? string
---@return true?
---@return string? message, string? name
function Sink:end_with(ok, message, name)
  local closed, problem, what = self:close()
  if not ok then return nil, message, name end
  return closed, problem, what
end

M.plain = err.plain

--- Makes the module of a reporter: its new(out, opts) makes a reporter, which writes the text that
--- methods.text(self, result) returns for each result. self.opts is `opts`. The methods may have
--- head(self) and tail(self), which return the text at the beginning and the end of each file.
---@param name string
---@param methods table
---@param kind? mtr.SinkKind
---@return { new: fun(out?: mtr.ReportOut, opts?: table): mtr.Reporter }
function M.reporter(name, methods, kind)
  methods.__index = methods
  local function call(self, what) return self[what] and self[what](self) end
  methods.start = methods.start or function(self)
    return self.sink:open(call(self, "head"), call(self, "tail"))
  end
  methods.trace = methods.trace
    or function(self, result) return self.sink:write(self:text(result)) end
  methods.update = methods.update or function(self) return self.sink:update() end
  methods.save = methods.save or function(self) return self.sink:save() end
  methods.restore = methods.restore or function(self, data) return self.sink:restore(data) end
  methods.finish = methods.finish or function(self) return self.sink:close() end
  return {
    new = function(out, opts)
      return setmetatable({ sink = M.new(name, out, opts, kind), opts = opts or {} }, methods)
    end,
  }
end

return M
