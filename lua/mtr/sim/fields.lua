-- SPDX-License-Identifier: MIT
--
-- Reads the parts of a network's description: named values by their declaration, addresses and
-- networks, bytes in hex.

local lib = require "mtr.lib"
local each = require "mtr.base.each"
local err = require "mtr.base.err"
local prefix = require "mtr.base.prefix"
local fault = require "mtr.sim.fault"

local M = {}

local function sorted(given)
  local names = {}
  for name in each(given) do names[#names + 1] = name end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  return names
end

--- Checks the named values of a table. Each goes into the field of `struct` that its declaration
--- names, into its `flags`, or into the table that is returned. Ignores the list part.
---@param path (string|integer)[]
---@param declaration table
---@param given any
---@param struct? ffi.cdata*
---@return table
function M.fields(path, declaration, given, struct)
  if type(given) ~= "table" then
    fault.raise(path, ("must be a table, got %s"):format(err.show(given)))
  end
  local rest = {}
  for _, name in ipairs(sorted(given)) do
    local option = declaration.by_name[name]
    local here = fault.path(path, name)
    if not option and type(name) ~= "number" then
      local near = type(name) == "string" and err.nearest(name, declaration.names)
      fault.raise(here, "unknown key" .. (near and ("; did you mean %q?"):format(near) or ""))
    elseif option then
      local value, wanted, hint = option.kind(given[name])
      if wanted then
        fault.raise(here, ("%s, got %s%s"):format(wanted, err.show(given[name]), hint or ""))
      end
      if option.field and struct ~= nil then
        struct[option.field] = value
      elseif option.flag and struct ~= nil then
        if value == option.when then struct.flags = struct.flags + option.flag end
      else
        rest[name] = value
      end
    end
  end
  return rest
end

--- Reads a network, "192.0.2.0/24", or a single address.
---@param text any
---@return { family: integer, bits: integer, bytes: ffi.cdata* }?
function M.network(text)
  if type(text) ~= "string" then return nil end
  local bytes = lib.new "uint8_t[16]"
  local family, bits, zone = prefix.parse(text, bytes)
  if not family or zone > 0 then return nil end
  return { family = family, bits = bits, bytes = bytes, whole = bits == prefix.FULL[family] }
end

M.ANY4, M.ANY6 = M.network "0.0.0.0/0", M.network "::/0"

--- Reads an address.
---@param path (string|integer)[]
---@param text any
function M.address(path, text)
  local network = M.network(text)
  if network and network.whole then return network end
  fault.raise(path, ("must be an address, got %s"):format(err.show(text)))
end

--- Writes a network into the fields of a struct.
function M.put_network(struct, network)
  struct.family, struct.bits = network.family, network.bits
  lib.copy(struct.addr, network.bytes, 16)
end

--- Reads bytes in hex digits, with or without blanks: a multiple of `unit` bytes, at most `most`.
---@param path (string|integer)[]
---@param text any
---@param unit integer
---@param most integer
---@return string
function M.hex(path, text, unit, most)
  local digits = type(text) == "string" and text:gsub("%s", "")
  if not digits or digits:find "%X" or #digits % (2 * unit) ~= 0 or #digits > 2 * most then
    fault.raise(path, ("must be hex digits, a multiple of %d bytes, at most %d, got %s"):format(
      unit, most, err.show(text)))
  end
  return (digits:gsub("%x%x", function(d) return string.char(tonumber(d, 16)) end))
end

return M
