-- SPDX-License-Identifier: MIT
--
-- The files of an output: one, or with `rotate` one after the other. Each begins with the head and
-- ends with the tail of its format.
--
-- Once save() or restore() was called, a new file begins only at save(): see
-- mtr.report.output.parts. After an error the file is closed, and every later call fails with the
-- same message.

local output_file = require "mtr.report.output.file"
local parts = require "mtr.report.output.parts"

local M = {}

---@class mtr.OutputSeries
---@field path string "-": standard output
---@field name string in messages
---@field file? mtr.OutputFile nil while it is not open
---@field parts? mtr.OutputParts
---@field broken? string[] message and name of the first error
---@field empty? boolean the file was empty when it was opened
---@field bare? number bytes of the file when it has no record
---@field saving? boolean states are saved
local Series = {}
Series.__index = Series

--- Makes an output that is not open yet; returns nil and a message if `rotate` is wrong.
---@param path string
---@param opts { overwrite?: boolean, rotate?: table, binary?: boolean }
---@return mtr.OutputSeries?
---@return string? message
function M.new(path, opts)
  local made, bug
  if opts.rotate ~= nil then
    made, bug = parts.new(path, opts.rotate)
    if not made then return nil, bug end
  end
  return setmetatable({
    path = path, name = path == "-" and "standard output" or path,
    overwrite = opts.overwrite, binary = opts.binary,
    parts = path ~= "-" and made or nil,
  }, Series)
end

-- Closes the file after an error; returns the error.
local function broke(self, message, name)
  self.broken = { message, name }
  if self.file then self.file:close() end
  self.file = nil
  return nil, message, name
end

-- Opens the file that is written to now, and begins it if it is empty.
local function start(self, overwrite, saved)
  local message, name
  self.file, message, name = output_file.open(self.parts and self.parts.path or self.path,
    { overwrite = overwrite, binary = self.binary, length = saved and saved.length,
      sum = saved and saved.sum })
  if not self.file then return nil, message, name end
  self.empty, self.bare = self.file.length == 0, 0
  if not self.head or not self.empty then return true end
  local ok
  ok, message, name = self.file:put(self.head, #self.head, { #self.head })
  self.bare = self.file.length
  return ok, message, name
end

-- Returns true if the file should end before `more` bytes are written to it. One without a record
-- is never full.
local function full(self, more)
  local length = self.file.length
  return self.parts and length > self.bare and self.parts:full(length, more)
end

-- Ends the file.
local function stop(self)
  local file, tail = self.file, self.tail
  local ok, message, name = true, nil, nil
  if tail then ok, message, name = file:put(tail, #tail, { #tail }) end
  if ok and (self.parts or self.saving) then ok, message, name = file:sync() end
  if not ok then return broke(self, message, name) end
  self.file = nil
  return file:close()
end

-- Ends this file and begins the next one.
local function turn(self)
  local ok, message, name = stop(self)
  if ok then
    self.parts:turn()
    ok, message, name = start(self, false)
  end
  if ok then return true end
  return broke(self, message, name)
end

--- Opens the output.
---@param head? string
---@param tail? string
---@return true?
---@return string? message, string? name
function Series:open(head, tail)
  self.head, self.tail = head, tail
  local saved = self.saved or {}
  if self.parts then self.parts:open(saved) end
  local ok, message, name = start(self, self.overwrite and not self.saved, saved)
  if ok and self.parts and self.saved then ok, message, name = self.parts:remove_next() end
  if ok then return true end
  return broke(self, message, name)
end

--- Writes whole records.
---@param bytes string|ffi.cdata*
---@param size integer
---@param ends? integer[] where each record ends; default: at each newline
---@return true?
---@return string? message, string? name
function Series:put(bytes, size, ends)
  if self.broken then return nil, self.broken[1], self.broken[2] end
  local ok, message, name = true, nil, nil
  if not self.saving and full(self, size) then
    ok, message, name = turn(self)
  end
  if ok then ok, message, name = self.file:put(bytes, size, ends) end
  if ok then return true end
  return broke(self, message, name)
end

--- Says how far the output is whole.
---@return { length?: number, sum?: number, part?: integer, next?: integer }? data for restore()
---@return string|integer? message or: the descriptor that must be on disk before the data is true
---@return string? name
function Series:save()
  if self.broken then return nil, self.broken[1], self.broken[2] end
  self.saving = true
  if not self.file.regular then return {} end
  if full(self, 0) then
    local ok, message, name = turn(self)
    if not ok then return nil, message, name end
  end
  local sum, message, name = self.file:sum()
  if sum == nil then return broke(self, message, name) end
  local data = self.parts and self.parts:save() or {}
  data.length, data.sum = self.file.length, sum or nil
  return data, self.file.fd
end

--- Sets the output to what save() returned; open() then cuts it back to that.
---@param data table
function Series:restore(data) self.saved, self.saving = data, true end

--- Writes the tail and closes the file.
---@return true?
---@return string? message, string? name
function Series:close()
  if not self.file then return true end
  return stop(self)
end

return M
