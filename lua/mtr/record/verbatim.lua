-- SPDX-License-Identifier: MIT
--
-- Tells whether a result that was read from a line of JSON would be written as just that line.
-- Results that are only passed on need not be encoded again then.

local each = require "mtr.base.each"
local lib = require "mtr.lib"
local Result = require "mtr.record.result"

local C = lib.C
local M = {}

local SIZE = C.MTR_JSON_KEY

-- Writes the names of members and their decimals into memory: see mtr_json_verbatim in core/mtr.h.
local function keys_of(shape)
  local count = 0
  for _, rank in each(shape.rank) do count = math.max(count, rank) end
  local keys = lib.new("char[?]", count * SIZE)
  for name, rank in each(shape.rank) do
    local at = keys + (rank - 1) * SIZE
    assert(#name < SIZE - 1, name)
    lib.copy(at, name, #name)
    at[SIZE - 1] = tonumber((shape.formats[name] or ""):match "^%%%.(%d)f$") or 0
  end
  return keys, count
end

local keys, count = keys_of(Result.shape)

--- Returns true if a line, which ends in a newline, is certainly as it would be written. The line
--- must be one that mtr.report.read.jsonl takes: the kinds of its members are not looked at.
---@param line string
---@return boolean
function M.is(line)
  return line:byte(#line) == 10 and C.mtr_json_verbatim(line, #line - 1, keys, count) == 1
end

return M
