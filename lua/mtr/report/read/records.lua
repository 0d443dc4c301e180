-- SPDX-License-Identifier: MIT
--
-- Reads the records of a warts file, one by one, as tables of mtr.report.warts.read. There is no
-- way to find the next record behind bytes that are wrong, so reading ends there.

local err = require "mtr.base.err"
local input = require "mtr.report.read.input"
local read = require "mtr.report.warts.read"

local M = {}

local HEADER, MAGIC, MOST = 8, "\18\5", 64 * 2 ^ 20

---@class mtr.WartsRecords
---@field input mtr.Input
---@field globals table<integer, string> addresses of deprecated records
local Records = {}
Records.__index = Records

--- Reads the records of an input.
---@param bytes mtr.Input
---@return mtr.WartsRecords
function M.new(bytes) return setmetatable({ input = bytes, globals = {} }, Records) end

local function fault(self, at, text)
  local _, message, name = self.input:problem()
  if message then return nil, message, name end
  return err.named("EBADMSG", ("%s: at byte %.0f: %s"):format(self.input.name, at, text))
end

--- Reads the next record.
---@return table? record nil at the end, or with a message
---@return string? message, string? name
function Records:next()
  local at = self.input.at
  local head = self.input:read(HEADER)
  if head == "" then return self.input:problem() end
  if head:sub(1, 2) ~= MAGIC:sub(1, #head) then
    return fault(self, at, "this is no warts record")
  end
  if #head < HEADER then return fault(self, at, "the file is cut off within a record") end
  local _, _, kind, minor, a, b, c, d = head:byte(1, HEADER)
  local number, size = kind * 256 + minor, ((a * 256 + b) * 256 + c) * 256 + d
  if size == 0 or number == 0 or size > MOST then
    return fault(self, at, ("a record of type %d has %.0f bytes"):format(number, size))
  end
  local bytes = self.input:read(size)
  if #bytes < size then return fault(self, at, "the file is cut off within a record") end
  local record, text, offset = read.record(number, bytes, self.globals)
  if not record then return fault(self, at + HEADER + offset, text) end
  return record
end

--- Returns the highest numbers of lists and cycles in a file.
---@param path string
---@return { list: integer, cycle: integer }?
---@return string? message, string? name
function M.last(path)
  local bytes, message, name = input.open(path)
  if not bytes then return nil, message, name end
  local records, last = M.new(bytes), { list = 0, cycle = 0 }
  while true do
    local record
    record, message, name = records:next()
    if not record then break end
    if record.record == "list" then last.list = math.max(last.list, record.id) end
    if record.record:find "^cycle_[sd]" then last.cycle = math.max(last.cycle, record.id) end
  end
  bytes:close()
  if message then return nil, message, name end
  return last
end

return M
