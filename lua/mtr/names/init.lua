-- SPDX-License-Identifier: MIT
--
-- Names and origins of addresses, and addresses of names: looked up in the background, hundreds at
-- a time, never waited for by a probe.
--
--     print(mtr.names.reverse "192.0.2.7")                -- waits in a task
--     mtr.names.origin("192.0.2.7", function(err, origin) ... end)
--     local name, origin = mtr.names.peek "192.0.2.7"     -- what is known by now; never waits
--
-- Answers are kept as long as the name servers say; also the answer that there is no name.
-- Addresses for special use, such as private ones, have a label instead of an origin. Name servers
-- are not asked about addresses that they cannot know.

local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local err = require "mtr.base.err"
local dns = require "mtr.wait.dns"
local resolve = require "mtr.wait.resolve"
local ask = require "mtr.names.ask"
local cache = require "mtr.names.cache"
local call = require "mtr.names.call"
local clean = require "mtr.names.clean"
local hosts = require "mtr.names.hosts"
local options = require "mtr.names.options"

local M = {}

---@class mtr.Origin what announces an address
---@field asn? integer
---@field asns? integer[] if several announce it
---@field prefix? string
---@field name? string of the AS
---@field country? string two letters
---@field ixp? string the exchange point that it belongs to
---@field label? string see mtr.names.label

-- Entries of the caches; and for how many seconds it is believed that there is nothing, if a server
-- does not say, and that servers fail.
local MOST, NONE, FAILED = 65536, 300, 30

local names, origins, ases = cache.new(MOST), cache.new(MOST), cache.new(8192)
local settings

-- Special addresses of which no name server knows a name.
local NAMELESS = { documentation = true, benchmarking = true, multicast = true, reserved = true,
  broadcast = true, unspecified = true, ["this-network"] = true, discard = true }

local bytes = lib.new "uint8_t[16]"

M.clean = clean.clean

--- Returns what an address is for, if it is a special one: "private", "shared", "documentation",
--- "link-local", "loopback" and others; nil: a public one.
---@param address string
---@return string?
function M.label(address) return addr.class(addr.parse_ip(address) or "") end

local function current()
  if not settings then
    local message
    settings, message = options.take({}, ases)
    if not settings then error(message, 0) end
  end
  return settings
end

--- Chooses servers and sources; what is not given gets its default. Forgets what was found.
---@param opts mtr.NamesOptions
---@return true?
---@return string? message, string? name
function M.configure(opts)
  local taken, message, name = options.take(opts, ases)
  if name == err.BUG then error(message, 2) end
  if not taken then return nil, message, name end
  settings = taken
  names:clear()
  origins:clear()
  ases:clear()
  return true
end

--- Chooses the source of origins, as the option origin of configure(), and leaves the rest.
---@param word string
---@return true?
---@return string? message
function M.use_origin(word)
  local source, message = options.source(word, ases)
  if not source then return nil, message end
  current().source = source
  origins:clear()
  return true
end

-- Returns the text of an address as all parts write it, without a zone. Raises a caller's bug.
local function checked(who, address)
  local family = type(address) == "string" and addr.parse(address, bytes) or 0
  if family <= 0 then
    error(("%s: must be an address, got %s"):format(who, err.show(address)), 3)
  end
  return addr.format(bytes, family), family
end

-- For how many seconds an outcome is believed.
local function seconds(name, ttl)
  if ttl and ttl > 0 then return ttl end
  return name == "ENOENT" and NONE or name == nil and 1 or FAILED
end

-- Of several names the first in the order of the alphabet counts, so that it is always the same.
local function first_of(list)
  table.sort(list)
  return list[1] ~= "" and clean.clean(list[1]) or nil
end

local function find_name(address, family, done, background)
  local known = names:get(address)
  if known then return done(known.name, known.message, known.errname) end
  local function found(name, message, errname, ttl)
    if errname ~= "ECANCELED" and errname ~= "EDQUOT" then
      names:put(address, { name = name, message = message, errname = errname },
        seconds(errname, ttl))
    end
    done(name, message, errname)
  end
  local host = hosts.name(address)
  if host then return found(clean.clean(host), nil, nil, 10) end
  if not current().reverse or NAMELESS[M.label(address)] then
    return done(err.named("ENOENT", address .. ": there is no name"))
  end
  local key = lib.string(bytes, 16)
  ask.ask("reverse " .. address, function(engine, over)
    local copy = lib.new "uint8_t[16]"
    lib.copy(copy, key, 16)
    return dns.reverse(engine, copy, family, address, over)
  end, function(list, message, errname, ttl)
    local name = list and first_of(list)
    if list and not name then
      message, errname = ("ENOENT: %s: there is no name"):format(address), "ENOENT"
    end
    found(name, message, errname, ttl)
  end, background)
end

--- Finds the name of an address: in the hosts file, or by a PTR record.
---@async without on_done
---@param address string
---@param on_done? fun(err: string?, name: string?)
---@return string? name safe to print
---@return string? message, string? name ENOENT: it has none; EAGAIN: no server answers
function M.reverse(address, on_done)
  local text, family = checked("names.reverse", address)
  return call.call("names.reverse", on_done, function(done) find_name(text, family, done) end)
end

local function find_origin(address, done, background)
  local label = M.label(address)
  if label then return done { label = label } end
  local known = origins:get(address)
  if known then return done(known.origin, known.message, known.errname) end
  local chosen = current()
  local ixp = chosen.ixp and chosen.ixp:lookup(address)
  local function found(origin, message, errname, ttl)
    if ixp then
      origin = origin or {}
      origin.ixp, message, errname = ixp, nil, nil
    end
    if errname ~= "ECANCELED" and errname ~= "EDQUOT" then
      origins:put(address, { origin = origin, message = message, errname = errname },
        seconds(errname, ttl))
    end
    done(origin, message, errname)
  end
  if not chosen.source then
    return found(nil, "ENOENT: there is no source of origins", "ENOENT")
  end
  chosen.source(address, found, background)
end

--- Finds which AS announces an address.
---@async without on_done
---@param address string
---@param on_done? fun(err: string?, origin: mtr.Origin?)
---@return mtr.Origin?
---@return string? message, string? name ENOENT: nobody does; EAGAIN: no server answers
function M.origin(address, on_done)
  local text = checked("names.origin", address)
  return call.call("names.origin", on_done, function(done) find_origin(text, done) end)
end

--- Finds one thing about an address; calls done(value) once, maybe at once. For views.
---@param address string
---@param what "name"|"origin"
---@param done fun(value: any)
---@param background? boolean a program may end before the answer has come
function M.find(address, what, done, background)
  local family = addr.parse(address, bytes)
  if family <= 0 then return done(nil) end
  local text = addr.format(bytes, family)
  if what == "origin" then return find_origin(text, done, background) end
  find_name(text, family, done, background)
end

--- Returns what is known of an address by now, and lets the rest be looked up; never waits.
---@param address string
---@param what? "name"|"origin" default: both
---@return string? name
---@return mtr.Origin? origin
function M.peek(address, what)
  local name, origin
  if what ~= "origin" then M.find(address, "name", function(found) name = found end, true) end
  if what ~= "name" then M.find(address, "origin", function(found) origin = found end, true) end
  return name, origin
end

local function texts(list)
  local out = {}
  for i, address in ipairs(list) do
    out[i] = address.zone > 0 and address.text .. "%" .. address.zone or address.text
  end
  return out
end

--- Finds the addresses of a name, as a trace to that name would.
---@async without on_done
---@param name string
---@param family? 4|6
---@param on_done? fun(err: string?, addresses: string[]?)
---@return string[]? addresses link-local ones with their zone
---@return string? message, string? name
function M.lookup(name, family, on_done)
  if type(family) == "function" then family, on_done = nil, family end
  if type(name) ~= "string" or name == "" then
    error(("names.lookup: must be a name, got %s"):format(err.show(name)), 2)
  elseif family ~= nil and family ~= 4 and family ~= 6 then
    error(("names.lookup: family must be 4 or 6, got %s"):format(err.show(family)), 2)
  end
  local broken = addr.parse(name, bytes) <= 0 and addr.broken(name)
  return call.call("names.lookup", on_done, function(done)
    if broken then return done(err.named("EINVAL", broken)) end
    local lookup, engine, message, errname = nil, ask.engine()
    if engine then
      lookup, message, errname = resolve.start(engine, name, family or 0, function(list, why, code)
        done(list and texts(list), why, code)
      end)
    end
    if not lookup then done(nil, message, errname) end
  end)
end

return M
