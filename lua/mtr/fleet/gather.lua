-- SPDX-License-Identifier: MIT
--
-- The reporter that gathers the results of a lease in memory, as lines of JSON, until they are
-- handed in as a whole.

local lib = require "mtr.lib"
local err = require "mtr.base.err"

local M = {}

local EMSGSIZE = err.code.EMSGSIZE
local FIRST = 65536                    -- bytes of memory at the beginning
local MOST = 16 * 2 ^ 20               -- bytes of one part; parts end with whole lines

---@class mtr.FleetGather: mtr.Reporter
---@field count integer results in it
---@field parts string[] lines that were taken out of the memory, because it was full
local Gather = {}
Gather.__index = Gather

---@return mtr.FleetGather
function M.new()
  return setmetatable({
    count = 0, parts = {}, room = FIRST, used = lib.new "uint32_t[1]",
    buffer = lib.new("char[?]", FIRST),
  }, Gather)
end

-- Takes the lines out of the memory.
local function empty(self)
  if self.used[0] == 0 then return end
  self.parts[#self.parts + 1] = lib.string(self.buffer, self.used[0])
  self.used[0] = 0
end

-- Makes room for `size` more bytes, or for more than there was.
local function grow(self, size)
  if self.room >= MOST then empty(self) end
  if self.used[0] + size <= self.room and size > 0 then return end
  repeat self.room = self.room * 2 until self.used[0] + size <= self.room
  local bytes = lib.new("char[?]", self.room)
  lib.copy(bytes, self.buffer, self.used[0])
  self.buffer = bytes
end

--- Adds a result.
---@param result mtr.BorrowedResult|mtr.Result
function Gather:trace(result)
  local code = result.line and result:line(self.buffer, self.room, self.used)
  while code == -EMSGSIZE do
    grow(self, 0)
    code = result:line(self.buffer, self.room, self.used)
  end
  if code and code ~= 0 then return err.env(code, "gathering a result") end
  if not code then
    local line = result:json() .. "\n"
    if self.used[0] + #line > self.room then grow(self, #line) end
    lib.copy(self.buffer + self.used[0], line, #line)
    self.used[0] = self.used[0] + #line
  end
  self.count = self.count + 1
  return true
end

--- Returns all results as texts of whole lines, at least one.
---@return string[]
function Gather:take()
  empty(self)
  local parts = self.parts[1] and self.parts or { "" }
  self.parts = {}
  return parts
end

return M
