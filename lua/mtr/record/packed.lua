-- SPDX-License-Identifier: MIT
--
-- Reads packed records: results in a tenth of the bytes of their JSON, as workers of a fleet hand
-- them in. See mtr_unpack in core/mtr.h, and lua/mtr/fleet/README.md for the bytes.

local lib = require "mtr.lib"
local err = require "mtr.base.err"

local C = lib.C
local M = {}

--- The first byte of a record. No line of JSON begins with it.
M.TAG = 1

-- Bytes: tag and length; memory for a line; the longest line, as long as a result that comes as a
-- line can be (see mtr.fleet.resp_guard). A hostile record of 2 MiB could be a line of 500 MiB.
local HEAD, FIRST, LONGEST = 5, 16384, 2 ^ 28

---@class mtr.PackedReader
---@field c ffi.cdata*
---@field room integer
---@field line ffi.cdata* memory for a line
local Reader = {}
Reader.__index = Reader

local at = lib.new "uint32_t[1]"

--- Makes a reader.
---@return mtr.PackedReader
function M.reader()
  local c = lib.gc(C.mtr_unpacker(), C.mtr_unpacker_free)
  assert(c ~= nil, "no memory")
  return setmetatable({ c = c, room = FIRST, line = lib.new("char[?]", FIRST) }, Reader)
end

--- Begins with a run of records.
function Reader:begin() C.mtr_unpack_begin(self.c) end

--- Reads a record. No later one of the run can be read after one that is damaged.
---@param bytes string
---@param from integer where it begins, from 1
---@return string? line as JSON with a newline; it may contain anything if the maker is hostile
---@return integer|string behind the byte after the record, or a message
---@return string? name
function Reader:read(bytes, from)
  at[0] = from - 1
  local code = C.mtr_unpack(self.c, bytes, #bytes, at)
  if code < 0 then return err.env(code, "a packed record") end
  local size = C.mtr_unpack_json(self.c, self.line, self.room - 1)
  if size > LONGEST or size < 0 then
    return err.named("EMSGSIZE", ("a packed record is longer than %d MiB as a line"):format(
      LONGEST / 2 ^ 20))
  end
  if size >= self.room then
    self.room = 2 * size
    self.line = lib.new("char[?]", self.room)
    size = C.mtr_unpack_json(self.c, self.line, self.room - 1)
  end
  self.line[size] = 10
  return lib.string(self.line, size + 1), at[0] + 1
end

--- Writes the record that was read last as a warts record into memory: see mtr.report.warts.
---@param list integer number of the list in its file; 0: none
---@param cycle integer likewise
---@param out ffi.cdata*
---@param size integer
---@return integer length or a negative errno, -EMSGSIZE: no room, or too many replies
function Reader:warts(list, cycle, out, size)
  return C.mtr_unpack_warts(self.c, list, cycle, out, size)
end

--- Counts the results from a place on, records and lines, as long as the lengths of records are
--- right; at least one.
---@param bytes string
---@param from integer
---@return integer
function M.count(bytes, from)
  local n = 0
  while from <= #bytes do
    if bytes:byte(from) ~= M.TAG then
      from = (bytes:find("\n", from, true) or #bytes) + 1
    elseif from + HEAD - 1 <= #bytes then
      local a, b, c, d = bytes:byte(from + 1, from + 4)
      from = from + HEAD + a + 256 * (b + 256 * (c + 256 * d))
    else
      break
    end
    n = n + 1
  end
  return math.max(n, 1)
end

return M
