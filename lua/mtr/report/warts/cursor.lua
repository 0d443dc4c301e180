-- SPDX-License-Identifier: MIT
--
-- Reads the values of one warts record from its bytes, and never beyond them. A value that is cut
-- off or impossible raises a table { at =, text = } through error(); mtr.report.warts.read catches
-- it. `at` is an offset within the record.
--
-- A cursor keeps the dictionary of the record: an address is written once in full, and later as its
-- number, counted from 0.

local unpack = require "mtr.compat".unpack
local M = {}

---@class mtr.WartsCursor
---@field bytes string the record, without its header
---@field at integer offset of the next byte, from 0
---@field last integer the end of what may be read
---@field addresses string[] those defined so far; addresses[1] has the number 0
---@field named integer names of interfaces so far
---@field globals table<integer, string> the addresses of deprecated records of the file
local Cursor = {}
Cursor.__index = Cursor

--- Makes a cursor at the first byte.
---@param bytes string
---@param globals table<integer, string>
---@return mtr.WartsCursor
function M.new(bytes, globals)
  return setmetatable({
    bytes = bytes, at = 0, last = #bytes, addresses = {}, named = 0, globals = globals,
  }, Cursor)
end

--- Ends the reading of the record.
---@param text string
function Cursor:fail(text) error({ at = self.at, text = text }, 0) end

--- Takes some bytes.
---@param n integer
---@return string
function Cursor:take(n)
  local from = self.at
  if n > self.last - from then self:fail "a value goes beyond the end of its record" end
  self.at = from + n
  return self.bytes:sub(from + 1, from + n)
end

function Cursor:u8() return (self:take(1):byte()) end

function Cursor:u16()
  local a, b = self:take(2):byte(1, 2)
  return a * 256 + b
end

function Cursor:u32()
  local a, b, c, d = self:take(4):byte(1, 4)
  return ((a * 256 + b) * 256 + c) * 256 + d
end

function Cursor:time()
  local seconds, us = self:u32(), self:u32()
  if us >= 1e6 then self:fail "a time has more than a million microseconds" end
  return seconds * 1e6 + us
end

function Cursor:string()
  local stop = self.bytes:find("\0", self.at + 1, true)
  if not stop or stop > self.last then self:fail "a text has no end" end
  local text = self:take(stop - 1 - self.at)
  self.at = stop
  return text
end

local SIZES = { [4] = 1, [16] = 2, [6] = 3, [8] = 4 }

-- Reads the type and the bytes of an address of which the length was read.
local function definition(self, size)
  local kind = self:take(1)
  if SIZES[size] ~= kind:byte() then self:fail "an address has a wrong length or type" end
  return kind .. self:take(size)
end

function Cursor:address()
  local size = self:u8()
  if size == 0 then
    return self.addresses[self:u32() + 1] or self:fail "an address is used before it is defined"
  end
  local address = definition(self, size)
  self.addresses[#self.addresses + 1] = address
  return address
end

function Cursor:static() return (definition(self, self:u8())) end

function Cursor:gid()
  return self.globals[self:u32()] or self:fail "an address is used before it is defined"
end

function Cursor:codes() return { self:u8(), self:u8() } end

function Cursor:ext() return (self:take(self:u16())) end

function Cursor:data(values) return (self:take(values.data_length or 0)) end

function Cursor:addresses_of(n)
  local list = {}
  for i = 1, n do list[i] = self:address() end
  return list
end

function Cursor:stamps()
  local n, m, times = self:u8(), self:u8(), {}
  for i = 1, n do times[i] = self:u32() end
  return { times = times, addresses = self:addresses_of(m) }
end

function Cursor:three() return { self:u32(), self:u32(), self:u32() } end

-- The name of an interface follows its number the first time, and always after number 0.
function Cursor:interface()
  local id = self:u8()
  if id ~= 0 and id <= self.named then return { id = id } end
  if id ~= 0 then self.named = id end
  return { id = id, name = self:string() }
end

-- Reads one value.
local function value(self, kind, values)
  if kind == "addresses" then return (self:addresses_of(self:u8())) end
  return (self[kind](self, values))
end

-- Returns the numbers of the parameters that the flag bytes set.
local function flags(self)
  local set, first = {}, 1
  repeat
    local byte = self:u8()
    for bit = 0, 6 do
      if math.floor(byte / 2 ^ bit) % 2 == 1 then set[#set + 1] = first + bit end
    end
    first = first + 7
  until byte < 128
  return set
end

--- Reads a block of parameters. Those that the schema does not know are kept as they are, in
--- `unknown`: their numbers and their bytes.
---@param schema table[] of mtr.report.warts.schema
---@return table<string, any> by name
function Cursor:block(schema)
  local set, values = flags(self), {}
  if #set == 0 then return values end
  local size, before = self:u16(), self.last
  if size > before - self.at then self:fail "a block goes beyond the end of its record" end
  self.last = self.at + size
  for i, number in ipairs(set) do
    local parameter = schema[number]
    if not parameter then
      values.unknown = { numbers = { unpack(set, i) }, bytes = self:take(self.last - self.at) }
      break
    end
    values[parameter.name] = value(self, parameter.kind, values)
  end
  if self.at < self.last then values.behind = self:take(self.last - self.at) end
  self.last = before
  return values
end

return M
