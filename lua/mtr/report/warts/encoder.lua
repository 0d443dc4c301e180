-- SPDX-License-Identifier: MIT
--
-- Writes the values of one warts record: the opposite of mtr.report.warts.cursor. An address that
-- the record has already is written as its number. A value that the format cannot say raises: what
-- makes the tables must not let that happen.

local unpack = require "mtr.compat".unpack
local char = string.char

local M = {}

---@class mtr.WartsEncoder
---@field out string[] pieces of the record
---@field numbers table<string, integer> the number of each address
---@field known integer how many numbers are taken
local Encoder = {}
Encoder.__index = Encoder

--- Makes an encoder of an empty record.
---@return mtr.WartsEncoder
function M.new() return setmetatable({ out = {}, numbers = {}, known = 0 }, Encoder) end

--- Appends bytes.
---@param bytes string
function Encoder:put(bytes) self.out[#self.out + 1] = bytes end

function Encoder:u8(n) self:put(char(n)) end

function Encoder:u16(n) self:put(char(math.floor(n / 256), n % 256)) end

local function u32(n)
  return char(math.floor(n / 2 ^ 24), math.floor(n / 65536) % 256, math.floor(n / 256) % 256,
    n % 256)
end

function Encoder:u32(n) self:put(u32(n)) end

function Encoder:time(us) self:put(u32(math.floor(us / 1e6)) .. u32(us % 1e6)) end

function Encoder:string(text) self:put(text .. "\0") end

function Encoder:static(address) self:put(char(#address - 1) .. address) end

function Encoder:address(address)
  local number = self.numbers[address]
  if number then return self:put("\0" .. u32(number)) end
  self.numbers[address], self.known = self.known, self.known + 1
  self:static(address)
end

function Encoder:codes(codes) self:put(char(codes[1], codes[2])) end

function Encoder:ext(bytes)
  self:u16(#bytes)
  self:put(bytes)
end

function Encoder:data(bytes) self:put(bytes) end

function Encoder:addresses(list)
  self:u8(#list)
  for _, address in ipairs(list) do self:address(address) end
end

function Encoder:stamps(stamps)
  self:put(char(#stamps.times, #stamps.addresses))
  for _, time in ipairs(stamps.times) do self:u32(time) end
  for _, address in ipairs(stamps.addresses) do self:address(address) end
end

function Encoder:three(times) for i = 1, 3 do self:u32(times[i]) end end

function Encoder:interface(interface)
  self:u8(interface.id)
  if interface.name then self:string(interface.name) end
end

-- Returns the flag bytes that set the numbers of a list, which ascends.
local function flags(numbers)
  local bytes, last = {}, math.ceil((numbers[#numbers] or 1) / 7)
  for i = 1, last do bytes[i] = i < last and 128 or 0 end
  for _, number in ipairs(numbers) do
    local i = math.ceil(number / 7)
    bytes[i] = bytes[i] + 2 ^ ((number - 1) % 7)
  end
  return char(unpack(bytes))
end

--- Writes a block of parameters.
---@param schema table[] of mtr.report.warts.schema
---@param values table<string, any> by name, as Cursor:block returns them
function Encoder:block(schema, values)
  local before, numbers = self.out, {}
  self.out = {}
  for number, parameter in ipairs(schema) do
    local value = values[parameter.name]
    if value ~= nil and parameter.kind ~= "gid" then
      numbers[#numbers + 1] = number
      self[parameter.kind](self, value)
    end
  end
  for _, number in ipairs(values.unknown and values.unknown.numbers or {}) do
    numbers[#numbers + 1] = number
  end
  if values.unknown then self:put(values.unknown.bytes) end
  if values.behind then self:put(values.behind) end
  local bytes = table.concat(self.out)
  self.out = before
  self:put(flags(numbers))
  if #numbers == 0 then return end
  assert(#bytes <= 65535, "warts: a block is too long")
  self:u16(#bytes)
  self:put(bytes)
end

--- Returns the record with its header.
---@param number integer the type of the record
---@return string
function Encoder:record(number)
  local bytes = table.concat(self.out)
  return "\18\5" .. char(0, number) .. u32(#bytes) .. bytes
end

return M
