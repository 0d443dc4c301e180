-- SPDX-License-Identifier: MIT
--
-- The reporter that gathers the results of a lease in memory until they are handed in as a whole:
-- as packed records (see mtr_pack in core/mtr.h), or as lines of JSON. A result that has more than
-- a record can say is a line among the records.

local lib = require "mtr.lib"
local err = require "mtr.base.err"

local M = {}

local EMSGSIZE, EOPNOTSUPP = err.code.EMSGSIZE, err.code.EOPNOTSUPP
local PACKING = lib.sizeof "struct mtr_packing"
local FIRST = 65536                    -- bytes of memory at the beginning
local MOST = 16 * 2 ^ 20               -- bytes of one part; parts end with whole results
-- Results of one part: as many as lines of some 16 MiB are. A drain reads eight parts, and has its
-- lock for 15 s without a sign, so it must not need long for one.
local RESULTS = 5000

-- Memory of leases that were handed in, for the next ones.
local free = {}

---@class mtr.FleetGather: mtr.Reporter
---@field count integer results in it
---@field filled integer those of them in the memory that is being filled
---@field parts mtr.RespBytes[] memory that is full of whole results
---@field buffer ffi.cdata* the memory that is being filled
---@field room integer
---@field used ffi.cdata* uint32_t[1]
---@field before ffi.cdata*|false struct mtr_packing; false: lines of JSON only
local Gather = {}
Gather.__index = Gather

-- Begins with another memory.
local function begin(self)
  local spare = table.remove(free) or { bytes = lib.new("char[?]", FIRST), room = FIRST }
  self.buffer, self.room = spare.bytes, spare.room
  self.used[0], self.filled = 0, 0
  if self.before then lib.fill(self.before, PACKING) end
end

--- Makes one without results.
---@param packed boolean
---@return mtr.FleetGather
function M.new(packed)
  local self = setmetatable({ count = 0, parts = {}, used = lib.new "uint32_t[1]",
    before = packed and lib.new "struct mtr_packing" }, Gather)
  begin(self)
  return self
end

-- Sets the memory aside.
local function empty(self)
  self.parts[#self.parts + 1] = { bytes = self.buffer, size = self.used[0], room = self.room }
end

-- Makes room for `size` more bytes, or for more than there was.
local function grow(self, size)
  if self.room >= MOST and self.used[0] > 0 then
    empty(self)
    begin(self)
  end
  if self.used[0] + size <= self.room and size > 0 then return end
  repeat self.room = self.room * 2 until self.used[0] + size <= self.room
  local bytes = lib.new("char[?]", self.room)
  lib.copy(bytes, self.buffer, self.used[0])
  self.buffer = bytes
end

-- Writes a result into the memory, if the library can. Returns as Borrowed:line() does.
local function write(self, result)
  local before = self.before
  if before and result.pack then
    local code = result:pack(before, self.buffer, self.room, self.used)
    if code ~= -EOPNOTSUPP then return code end
  end
  return result.line and result:line(self.buffer, self.room, self.used)
end

--- Adds a result.
---@param result mtr.BorrowedResult|mtr.Result
function Gather:trace(result)
  if self.filled == RESULTS then
    empty(self)
    begin(self)
  end
  local code = write(self, result)
  while code == -EMSGSIZE do
    grow(self, 0)
    code = write(self, result)
  end
  if code and code ~= 0 then return err.env(code, "gathering a result") end
  if not code then
    local line = result:json() .. "\n"
    if self.used[0] + #line > self.room then grow(self, #line) end
    lib.copy(self.buffer + self.used[0], line, #line)
    self.used[0] = self.used[0] + #line
  end
  self.count, self.filled = self.count + 1, self.filled + 1
  return true
end

--- Returns all results as parts of whole results, at least one. Nothing can be added any more.
---@return mtr.RespBytes[]
function Gather:take()
  if self.buffer then empty(self) end
  self.buffer = nil
  return self.parts
end

--- Gives its memory to the next.
function Gather:release()
  for _, part in ipairs(self:take()) do
    if part.room <= MOST then free[#free + 1] = part end
  end
  self.parts = {}
end

return M
