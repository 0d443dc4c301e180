-- SPDX-License-Identifier: MIT
--
-- Addresses: 16 bytes in network order (IPv4 in the first four) to text and back, and the class of
-- special ones.
--
-- Text is remembered, because hops of many traces are the same routers: after its first time an
-- address costs a table lookup. IPv6 text is RFC 5952's. The classes annotate what a router said of
-- itself, an address is recorded verbatim whatever its class.

local lib = require "mtr.lib"
local prefix = require "mtr.prefix"

local C = lib.C
local M = {}

local LIMIT = 65536  -- addresses remembered; past that the memory starts anew

local text4, text6, classes, known = {}, {}, {}, 0

local function remember(key, text)
  if known >= LIMIT then text4, text6, classes, known = {}, {}, {}, 0 end
  local cache = type(key) == "number" and text4 or text6
  cache[key], known = text, known + 1
  return text
end

-- RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups (the first of
-- equals) as "::", and an IPv4-mapped address in dotted form.
local function format6(b)
  local groups, run, at, length = {}, 0, nil, 1
  for i = 0, 7 do
    groups[i] = b[2 * i] * 256 + b[2 * i + 1]
    run = groups[i] == 0 and run + 1 or 0
    if run > length then at, length = i - run + 1, run end
  end
  if at == 0 and length == 5 and groups[5] == 0xffff then
    return ("::ffff:%d.%d.%d.%d"):format(b[12], b[13], b[14], b[15])
  end
  local out, i = {}, 0
  while i < 8 do
    if i == at then
      out[#out + 1] = i == 0 and "::" or ":"
      i = i + length
    else
      out[#out + 1] = ("%x%s"):format(groups[i], i < 7 and ":" or "")
      i = i + 1
    end
  end
  return table.concat(out)
end

--- The text of an address that will not come again: not remembered.
---@param b ffi.cdata* 16 bytes
---@param family integer 4 or 6
---@return string
function M.format(b, family)
  if family == 6 then return format6(b) end
  return ("%d.%d.%d.%d"):format(b[0], b[1], b[2], b[3])
end

--- The text of an address, or nil of none.
---@param b ffi.cdata* 16 bytes
---@param family integer 4 or 6; anything else is no address
---@return string?
function M.text(b, family)
  if family == 4 then
    local key = ((b[0] * 256 + b[1]) * 256 + b[2]) * 256 + b[3]
    return text4[key] or remember(key, M.format(b, 4))
  elseif family == 6 then
    -- ffi.string for each event: interning 16 bytes is the cheapest key a table can take.
    local key = lib.string(b, 16)
    return text6[key] or remember(key, format6(b))
  end
  return nil
end

local scratch = lib.new "uint8_t[16]"
local zone = lib.new "uint32_t[1]"

--- Parses a literal address, perhaps with a zone.
---@param text string
---@param bytes? ffi.cdata* 16 bytes to fill
---@return integer family 4, 6, or a negative errno: -EINVAL no literal, -ENODEV no such zone
---@return integer zone interface index, 0 without
function M.parse(text, bytes)
  zone[0] = 0
  return C.mtr_address(text, bytes or scratch, zone), zone[0]
end

--- The family of a literal address: 4, 6, or nil if it is none.
---@param text string
---@return integer?
function M.family(text)
  local family = M.parse(text, scratch)
  return family > 0 and family or nil
end

--- Reads a literal address, blanks around it allowed: its text and family, or nil and why not.
---@param value any
---@return string? text
---@return integer|string family or message
---@return string? name
function M.parse_ip(value)
  local text = tostring(value):match "^%s*(.-)%s*$"
  local family = M.parse(text, scratch)
  if family > 0 then
    local rest = text:match "%%.*" or ""
    return M.text(scratch, family) .. rest, family
  end
  return nil, ("EINVAL: %q is not an IPv4 or IPv6 address"):format(text), "EINVAL"
end

-- IANA's special-purpose registries (RFC 6890 and its updates), and RFC 4291 for the types.
local SPECIAL = {
  ["0.0.0.0/8"] = "this-network", ["10.0.0.0/8"] = "private", ["100.64.0.0/10"] = "shared",
  ["127.0.0.0/8"] = "loopback", ["169.254.0.0/16"] = "link-local", ["172.16.0.0/12"] = "private",
  ["192.0.0.0/24"] = "protocol", ["192.0.2.0/24"] = "documentation",
  ["192.168.0.0/16"] = "private", ["198.18.0.0/15"] = "benchmarking",
  ["198.51.100.0/24"] = "documentation", ["203.0.113.0/24"] = "documentation",
  ["224.0.0.0/4"] = "multicast", ["240.0.0.0/4"] = "reserved", ["255.255.255.255"] = "broadcast",
  ["::"] = "unspecified", ["::1"] = "loopback", ["::ffff:0:0/96"] = "mapped",
  ["64:ff9b::/96"] = "nat64", ["64:ff9b:1::/48"] = "nat64", ["100::/64"] = "discard",
  ["2001:2::/48"] = "benchmarking", ["2001:db8::/32"] = "documentation",
  ["3fff::/20"] = "documentation", ["fc00::/7"] = "private", ["fe80::/10"] = "link-local",
  ["ff00::/8"] = "multicast",
}

local special

local function classify(text)
  if not special then
    special = prefix.set()
    for network, class in pairs(SPECIAL) do assert(special:add(network, class)) end
  end
  local family = M.parse(text, scratch)
  return family > 0 and special:find(scratch, family) or false
end

--- The class of a special address: "private", "shared", "loopback", "link-local", "documentation",
--- "multicast"...; nil for an ordinary one and for what is no address.
---@param text string
---@return string?
function M.class(text)
  local class = classes[text]
  if class == nil then
    class = classify(text)
    classes[text] = class
  end
  return class or nil
end

return M
