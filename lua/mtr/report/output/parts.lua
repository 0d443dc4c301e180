-- SPDX-License-Identifier: MIT
--
-- The numbered files of an output that rotates: out.jsonl.gz becomes out.0001.jsonl.gz,
-- out.0002.jsonl.gz, and so on. A new run goes on with the last file that is there.
--
-- Checkpoints contain the number of the file in use and that of the next one, which does not exist
-- yet. If it exists when a run is resumed, it is of the killed process, from after the checkpoint:
-- its targets are traced again, so it is removed. For this, a process that saves checkpoints must
-- not begin more than one file between two of them.

local err = require "mtr.base.err"
local units = require "mtr.base.units"
local output_file = require "mtr.report.output.file"

local M = {}

---@class mtr.OutputParts
---@field path string the file that is written to now
---@field number integer
---@field next integer
---@field now fun(): number seconds, of any clock
local Parts = {}
Parts.__index = Parts

local WRONG = "rotate must be { size = bytes, every = a duration from 1s on }, or one of the two"

--- Makes the files of an output; returns nil and a message if the limits are wrong.
---@param path string
---@param limits { size?: integer, every?: number|string }
---@return mtr.OutputParts?
---@return string? message
function M.new(path, limits)
  if type(limits) ~= "table" then return nil, WRONG end
  local size, every = limits.size, limits.every
  local ms = every and units.duration(every)
  if not (size or every) or every and not (ms and ms >= 1000) then return nil, WRONG end
  if size and not (type(size) == "number" and size >= 1) then return nil, WRONG end
  local packed = path:match "%.gz$" or ""
  local bare = path:sub(1, #path - #packed)
  local stem, extension = bare:match "^(.*[^/])(%.[^./]+)$"
  return setmetatable({
    stem = stem or bare, extension = (extension or "") .. packed, size = size,
    seconds = ms and ms / 1000, now = os.time,
  }, Parts)
end

local function path_of(self, number)
  return ("%s.%04d%s"):format(self.stem, number, self.extension)
end

local function exists(self, number)
  local file = io.open(path_of(self, number), "rb")
  if file then file:close() end
  return file ~= nil
end

local function missing(self, number)
  while exists(self, number) do number = number + 1 end
  return number
end

local function use(self, number)
  self.number, self.path, self.since = number, path_of(self, number), self.now()
end

--- Chooses the file to begin with.
---@param saved { part?: integer, next?: integer } of save()
function Parts:open(saved)
  use(self, saved.part or math.max(missing(self, 1) - 1, 1))
  self.next = saved.next or missing(self, self.number + 1)
end

--- Removes the next file, if there is one. Call it when a run is resumed. A file that another
--- process writes to by now stays: that is an error.
---@return true?
---@return string? message, string? name
function Parts:remove_next()
  if not exists(self, self.next) then return true end
  local path = path_of(self, self.next)
  local file, message, name = output_file.open(path, { binary = true })
  if name == "EAGAIN" then return nil, message, name end
  local ok, _, code = os.remove(path)
  if file then file:close() end
  if ok then return true end
  return err.env(code, "removing " .. path .. ", whose targets are traced again")
end

--- Returns true if the file in use should end before `more` bytes are written to it.
---@param length number
---@param more integer
---@return boolean
function Parts:full(length, more)
  if self.size and (length >= self.size or length + more > self.size) then return true end
  return self.seconds ~= nil and self.now() - self.since >= self.seconds
end

--- Goes on to the next file.
function Parts:turn()
  use(self, self.next)
  self.next = missing(self, self.number + 1)
end

--- Returns the numbers for a checkpoint.
---@return { part: integer, next: integer }
function Parts:save() return { part = self.number, next = self.next } end

return M
