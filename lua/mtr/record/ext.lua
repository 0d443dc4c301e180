-- SPDX-License-Identifier: MIT
--
-- Turns ICMP extension objects (RFC 4884) into tables: MPLS label stacks (RFC 4950), interface
-- information (RFC 5837), and any other object as hex.
--
-- Reads only the bytes that it is given. An object that is cut short, or has a wrong length, ends
-- the walk; the objects before it are kept. A known object with damaged content is given as hex.
-- Names in objects come from a router and may contain any bytes.

local bit = require "mtr.compat".bit
local lib = require "mtr.lib"
local addr = require "mtr.base.addr"

local band, rshift = bit.band, bit.rshift
local M = {}

local ROLES = { [0] = "incoming", "sub-ip", "outgoing", "next-hop" }  -- RFC 5837 section 4.1

local function u16(b, i) return b[i] * 256 + b[i + 1] end
local function u32(b, i) return u16(b, i) * 65536 + u16(b, i + 2) end

local function hex(b, from, to)
  return (lib.string(b + from, to - from):gsub(".", function(c)
    return ("%02x"):format(c:byte())
  end))
end

-- RFC 4950 section 2.1: label 20 bits, traffic class 3 (RFC 5462), bottom of stack 1, TTL 8.
local function labels(b, from, to)
  if from == to or (to - from) % 4 ~= 0 then return nil end
  local stack = {}
  for i = from, to - 4, 4 do
    stack[#stack + 1] = {
      label = b[i] * 4096 + b[i + 1] * 16 + rshift(b[i + 2], 4),
      tc = band(rshift(b[i + 2], 1), 7),
      s = band(b[i + 2], 1),
      ttl = b[i + 3],
    }
  end
  return stack
end

-- RFC 5837 section 4: the C-Type says which parts follow, in this order.
local function interface(b, from, to, ctype)
  local out, i = { role = ROLES[rshift(ctype, 6)] }, from
  if band(ctype, 8) ~= 0 then
    if i + 4 > to then return nil end
    out.ifindex, i = u32(b, i), i + 4
  end
  if band(ctype, 4) ~= 0 then
    if i + 4 > to then return nil end
    local family = ({ 4, 6 })[u16(b, i)]
    local size = family == 4 and 4 or 16
    if not family or i + 4 + size > to then return nil end
    out.addr, i = addr.text(b + i + 4, family), i + 4 + size
  end
  if band(ctype, 2) ~= 0 then
    local size = i < to and b[i] or 0
    if size < 1 or size > 64 or i + size > to then return nil end
    out.name = lib.string(b + i + 1, size - 1):match "^%Z*"
    i = i + math.ceil(size / 4) * 4
  end
  if band(ctype, 1) ~= 0 then
    if i + 4 > to then return nil end
    out.mtu = u32(b, i)
  end
  return out
end

--- Returns the MPLS label stacks of a reply, each label as text.
---@param objects? mtr.Extension[]
---@param form string for string.format, of label, traffic class, bottom of stack and TTL
---@return string[]
function M.mpls(objects, form)
  local list = {}
  for _, object in ipairs(objects or {}) do
    for _, l in ipairs(object.mpls or {}) do
      list[#list + 1] = form:format(l.label, l.tc, l.s, l.ttl)
    end
  end
  return list
end

--- Reads extension objects.
---@param b ffi.cdata* bytes, indexed from 0, without the 4-byte extension header
---@param size integer
---@return mtr.Extension[]
---@return boolean malformed true if the walk ended before the last byte
function M.read(b, size)
  local objects, at = {}, 0
  while at < size do
    local length = at + 4 <= size and u16(b, at) or 0
    if length < 4 or at + length > size then return objects, true end
    local object = { class = b[at + 2], type = b[at + 3] }
    local from, to = at + 4, at + length
    if object.class == 1 and object.type == 1 then
      object.mpls = labels(b, from, to)
    elseif object.class == 2 then
      object.interface = interface(b, from, to, object.type)
    end
    if not object.mpls and not object.interface then object.hex = hex(b, from, to) end
    objects[#objects + 1] = object
    at = to
  end
  return objects, false
end

return M
