-- SPDX-License-Identifier: MIT
--
-- Origins from Team Cymru's DNS zones: a TXT record for an address says which AS announces its
-- prefix, another one how that AS is named.
--
--     7.2.0.192.origin.asn.cymru.com   "64500 64501 | 192.0.2.0/24 | DE | ripencc | 2011-08-11"
--     AS64500.asn.cymru.com            "64500 | DE | ripencc | 2011-08-11 | EXAMPLE-AS, DE"
--
-- Nothing in these texts is believed: numbers must be numbers, and the prefix one that contains the
-- address.

local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local prefix = require "mtr.base.prefix"
local dns = require "mtr.wait.dns"
local clean = require "mtr.names.clean"

local M = {}

--- The domain under which the zones origin, origin6 and those of the ASes are.
M.ZONE = "asn.cymru.com"

local bytes, network = lib.new "uint8_t[16]", lib.new "uint8_t[16]"

--- Returns the name whose TXT records say what announces an address.
---@param address string
---@param zone? string default M.ZONE
---@return string
function M.question(address, zone)
  zone = zone or M.ZONE
  local family = addr.parse(address, bytes)
  local parts = {}
  if family == 4 then
    for i = 3, 0, -1 do parts[#parts + 1] = tostring(bytes[i]) end
    return table.concat(parts, ".") .. ".origin." .. zone
  end
  for i = 15, 0, -1 do
    local text = ("%02x"):format(bytes[i])
    parts[#parts + 1] = text:sub(2, 2) .. "." .. text:sub(1, 1)
  end
  return table.concat(parts, ".") .. ".origin6." .. zone
end

-- Returns the fields of a text.
local function fields(text)
  local list = {}
  for field in (text .. "|"):gmatch "([^|]*)|" do list[#list + 1] = field:match "^%s*(.-)%s*$" end
  return list
end

local function as_number(text)
  local number = text:find "^%d+$" and #text <= 10 and tonumber(text)
  return number and number > 0 and number <= 0xffffffff and number or nil
end

-- Returns true if an address is in a prefix, and the length of the prefix.
local function contains(text, address)
  local family, length = prefix.parse(text, network)
  if not family or addr.parse(address, bytes) ~= family then return false end
  prefix.clear(network, length)
  prefix.clear(bytes, length)
  return lib.string(network, 16) == lib.string(bytes, 16), length
end

local function country(text) return text and text:find "^%u%u$" and text or nil end

--- Reads the texts about an address: of several the one with the longest prefix counts.
---@param texts string[]
---@param address string
---@return mtr.Origin?
function M.read(texts, address)
  local best, longest
  for _, text in ipairs(texts) do
    local f = fields(text)
    local inside, length = false, nil
    if f[2] then inside, length = contains(f[2], address) end
    local all = {}
    for word in f[1]:gmatch "%S+" do all[#all + 1] = as_number(word) end
    if inside and all[1] and (not best or length > longest) then
      best, longest = { asn = all[1], prefix = f[2], country = country(f[3]) }, length
      if all[2] then best.asns = all end
    end
  end
  return best
end

--- Reads the texts about an AS; returns its name, and its country.
---@param texts string[]
---@param asn integer
---@return string? name
function M.read_name(texts, asn)
  for _, text in ipairs(texts) do
    local f = fields(text)
    if as_number(f[1]) == asn and f[5] then
      local name = f[5]:gsub(",%s*%u%u$", "")
      return name ~= "" and clean.clean(name) or nil
    end
  end
end

--- Makes the function that asks for an origin.
---@param zone? string
---@return fun(address: string, done: function)
function M.source(ask, cache, zone)
  local function name_of(origin, ttl, done, background)
    local asn = origin.asn
    local known = cache:get(asn)
    local function finish(found, seconds)
      origin.name = found.name
      return done(origin, nil, nil, math.min(ttl, seconds))
    end
    if known then return finish(known, math.huge) end
    ask.ask("as " .. asn, function(engine, over)
      return dns.text(engine, ("AS%d.%s"):format(asn, zone or M.ZONE), over)
    end, function(texts, _, errname, seconds)
      local found = { name = texts and M.read_name(texts, asn) or nil }
      if errname ~= "ECANCELED" then cache:put(asn, found, math.max(seconds or 0, 30)) end
      finish(found, found.name and math.huge or 30)
    end, background)
  end
  return function(address, done, background)
    ask.ask("origin " .. address, function(engine, over)
      return dns.text(engine, M.question(address, zone), over)
    end, function(texts, message, errname, ttl)
      local origin = texts and M.read(texts, address)
      if origin then return name_of(origin, ttl, done, background) end
      if texts then
        message, errname = "EBADMSG: " .. address .. ": the answer is no origin", "EBADMSG"
      end
      done(nil, message, errname, ttl)
    end, background)
  end
end

return M
