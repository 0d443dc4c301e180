-- SPDX-License-Identifier: MIT
--
-- The options of mtr.names.configure, and the source of origins that they choose.

local addr = require "mtr.base.addr"
local check = require "mtr.base.check"
local err = require "mtr.base.err"
local dns = require "mtr.wait.dns"
local ask = require "mtr.names.ask"
local cymru = require "mtr.names.cymru"

local M = {}

---@class mtr.NamesOptions
---@field servers? string[] addresses of name servers, with or without ports; default: the system's
---@field timeout? number|string how long a lookup waits; default "3s"; for addresses of a target as
--- the system says
---@field attempts? integer how often each server is asked in that time; default 2
---@field budget? integer questions in one run; default 100000
---@field reverse? boolean ask for the names of addresses; default true
---@field origin? string|false "cymru", the default; "mmdb:FILE", "pfx2as:FILE"; false: no origins
---@field cymru_zone? string default "asn.cymru.com"
---@field ixp? string a file of prefixes of exchange points

-- Returns true if a text is an address, with or without a port; one of IPv6 with a port is in
-- brackets.
local function is_server(text)
  if type(text) ~= "string" or text:find "%%" then return false end
  if addr.family(text) then return true end
  local host, port = text:match "^%[(.+)%]:(%d+)$"
  if not host then host, port = text:match "^([%d.]+):(%d+)$" end
  host = host or text:match "^%[(.+)%]$"
  port = tonumber(port or 53)
  return host ~= nil and addr.family(host) ~= nil and port >= 1 and port <= 65535
end

local function servers(value)
  if type(value) == "string" then value = { value } end
  if type(value) ~= "table" then return nil, "must be a list of addresses" end
  for _, server in ipairs(value) do
    if server ~= "none" and not is_server(server) then
      return nil, "must be a list of addresses such as 192.0.2.53:5353"
    end
  end
  return table.concat(value, ",")
end

local function origin(value)
  if value == false then return value end
  if type(value) == "string" then
    if value == "cymru" or value:find "^mmdb:." or value:find "^pfx2as:." then return value end
  end
  return nil, 'must be "cymru", "mmdb:FILE", "pfx2as:FILE" or false'
end

local function zone(value)
  if type(value) == "string" and value:find "^[%w-][%w.-]*$" and #value < 160 then return value end
  return nil, "must be a domain such as asn.cymru.com"
end

M.declaration = check.declare("names.configure", {
  { name = "servers", kind = servers, otherwise = "the system's", doc = "name servers to ask" },
  { name = "timeout", kind = check.duration(1, 3600000), default = "3s", unit = "ms",
    doc = "how long a lookup waits" },
  { name = "attempts", kind = check.integer(1, 10), default = 2,
    doc = "how often a server is asked in that time" },
  { name = "budget", kind = check.integer(0, 1e9), default = 100000,
    doc = "how many questions are asked in one run" },
  { name = "reverse", kind = check.type "boolean", default = true,
    doc = "asks for the names of addresses" },
  { name = "origin", kind = origin, default = "cymru", doc = "where origins come from" },
  { name = "cymru_zone", kind = zone, default = cymru.ZONE, doc = "domain of the origin zones" },
  { name = "ixp", kind = check.type "string", otherwise = "none",
    doc = "a file of prefixes of exchange points" },
})

---@class mtr.NamesSettings
---@field reverse boolean
---@field ixp? mtr.PrefixSet
---@field source? fun(address: string, done: function, background?: boolean) of origins

local zone_used

--- Returns the function that finds origins; nil: there is none, or it cannot be had.
---@param choice string|false
---@param cache mtr.NamesCache
---@return function?
---@return string? message, string? name
function M.source(choice, cache)
  if choice and not origin(choice) then return nil, select(2, origin(choice)), err.BUG end
  local word, file = (choice or ""):match "^(%w+):?(.*)$"
  if word == "cymru" then return cymru.source(ask, cache, zone_used) end
  if not word then return nil end
  return require("mtr.names." .. word).source(file)
end

--- Reads options.
---@param opts? mtr.NamesOptions
---@param cache mtr.NamesCache of the names of ASes
---@return mtr.NamesSettings?
---@return string? message, string? name err.BUG: a caller's bug
function M.take(opts, cache)
  local out = { reverse = true, origin = "cymru" }
  local bug = check.each(M.declaration, opts, function(option, value) out[option.name] = value end)
  if bug then return nil, bug, err.BUG end
  local settings = { reverse = out.reverse }
  local message, name
  if out.ixp then
    settings.ixp, message, name = require "mtr.names.ixp".load(out.ixp)
    if not settings.ixp then return nil, message, name end
  end
  zone_used = out.cymru_zone
  settings.source, message, name = M.source(out.origin, cache)
  if message then return nil, message, name end
  dns.set { servers = out.servers or os.getenv "MTR_NAME_SERVERS", timeout = out.timeout,
    attempts = out.attempts }
  ask.reset()
  ask.budget = out.budget or 100000
  return settings
end

return M
