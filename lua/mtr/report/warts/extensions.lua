-- SPDX-License-Identifier: MIT
--
-- ICMP extension objects (RFC 4884) as warts has them. They differ from those on the wire in the
-- length of each object, which does not count the four bytes of the object's header.

local lib = require "mtr.lib"
local ext = require "mtr.record.ext"
local address = require "mtr.report.warts.address"

local char = string.char
local M = {}

local ROLES = { incoming = 0, ["sub-ip"] = 1, outgoing = 2, ["next-hop"] = 3 }

local function u16(n) return char(math.floor(n / 256) % 256, n % 256) end

local function u32(n) return u16(math.floor(n / 65536)) .. u16(n % 65536) end

-- RFC 4950 section 2.1
local function labels(stack)
  local out = {}
  for i, l in ipairs(stack) do
    out[i] = u32(l.label * 4096 + l.tc * 512 + l.s * 256 + l.ttl)
  end
  return table.concat(out)
end

-- RFC 5837 section 4. Returns the C-Type too.
local function interface(object)
  local out, kind = "", ROLES[object.role] * 64
  if object.ifindex then out, kind = u32(object.ifindex), kind + 8 end
  local at = address.of(object.addr)
  if at then
    out, kind = out .. u16(at:byte()) .. "\0\0" .. at:sub(2), kind + 4
  end
  if object.name then
    local size = math.ceil((#object.name + 1) / 4) * 4
    out, kind = out .. char(size) .. object.name .. ("\0"):rep(size - 1 - #object.name), kind + 2
  end
  if object.mtu then out, kind = out .. u32(object.mtu), kind + 1 end
  return out, kind
end

local function unhex(text)
  return (text:gsub("%x%x", function(digits) return char(tonumber(digits, 16)) end))
end

--- Returns extension objects as bytes; nil if there are none.
---@param list? mtr.Extension[]
---@return string?
function M.bytes(list)
  local out = {}
  for i, object in ipairs(list or {}) do
    local data, kind = object.mpls and labels(object.mpls) or unhex(object.hex or ""), object.type
    if object.interface then data, kind = interface(object.interface) end
    out[i] = u16(#data) .. char(object.class, kind) .. data
  end
  return out[1] and table.concat(out) or nil
end

--- Returns the extension objects in some bytes; nil if there are none.
---@param bytes? string
---@return mtr.Extension[]?
---@return true? malformed the lengths do not add up
function M.list(bytes)
  if not bytes then return nil end
  local wire, at = {}, 1
  while at + 3 <= #bytes do
    local high, low = bytes:byte(at, at + 1)
    local size = high * 256 + low
    if at + 3 + size > #bytes then break end
    wire[#wire + 1] = u16(size + 4) .. bytes:sub(at + 2, at + 3 + size)
    at = at + 4 + size
  end
  local whole = table.concat(wire)
  local b = lib.new("uint8_t[?]", #whole + 1)
  lib.copy(b, whole, #whole)
  local list, malformed = ext.read(b, #whole)
  return list, (malformed or at <= #bytes) or nil
end

return M
