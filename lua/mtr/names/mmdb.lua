-- SPDX-License-Identifier: MIT
--
-- Origins from a local database in MaxMind's format: GeoLite2 ASN, IPinfo and others, which have
-- different names for the same fields.

local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local err = require "mtr.base.err"
local prefix = require "mtr.base.prefix"
local clean = require "mtr.names.clean"

local C = lib.C
local M = {}

local KEPT = 3600                      -- seconds that an answer is kept; the file is not read again
local ROOM = 256

-- Where databases have their fields; the first that is there counts.
local ASN = { "autonomous_system_number", "asn" }
local NAME = { "autonomous_system_organization", "as_name", "name" }
local COUNTRY = { "country.iso_code", "country_code", "country" }

local bytes = lib.new "uint8_t[16]"
local out, length = lib.new("char[?]", ROOM), lib.new "uint32_t[1]"

local function first_of(db, family, paths)
  for _, path in ipairs(paths) do
    local n = C.mtr_mmdb_find(db, bytes, family, path, out, ROOM, length)
    if n < 0 then return nil, n end
    if n > 0 then return lib.string(out, n) end
  end
end

local function opened(path)
  local db = lib.new "struct mtr_mmdb *[1]"
  local code = C.mtr_mmdb_open(path, db)
  local what, name = "the database " .. path, err.name(code)
  if name == "ELIBACC" then
    return err.named("ELIBACC", what .. " needs libmaxminddb (Debian's package libmaxminddb0)")
  elseif name == "EBADMSG" then
    return err.named("EBADMSG", what .. " is damaged, or not in MaxMind's format")
  elseif code < 0 then
    return err.env(code, what)
  end
  return lib.gc(db[0], C.mtr_mmdb_close)
end

local function network(family)
  local text = lib.new "uint8_t[16]"
  lib.copy(text, bytes, 16)
  prefix.clear(text, length[0])
  return addr.format(text, family) .. "/" .. length[0]
end

--- Makes the function that finds origins in a database.
---@param path string
---@return (fun(address: string, done: function))?
---@return string? message, string? name
function M.source(path)
  local db, message, name = opened(path)
  if not db then return nil, message, name end
  return function(address, done)
    local family = addr.parse(address, bytes)
    local as, code = first_of(db, family, ASN)
    local asn = as and tonumber(as:match "^[Aa]?[Ss]?(%d+)$")
    if code then
      return done(nil, ("EBADMSG: the database %s is damaged"):format(path), "EBADMSG", KEPT)
    elseif not asn then
      return done(nil, ("ENOENT: %s does not have %s"):format(path, address), "ENOENT", KEPT)
    end
    local found, country = first_of(db, family, NAME), first_of(db, family, COUNTRY)
    done({ asn = asn, prefix = network(family), name = found and clean.clean(found),
      country = country and country:match "^%u%u$" }, nil, nil, KEPT)
  end
end

return M
