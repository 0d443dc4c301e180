-- SPDX-License-Identifier: MIT
--
-- Names and origins of the routers in the results of a campaign: the option enrich.
--
--     enrich = { dns = true, asn = "cymru" }
--
-- A router is looked up once, when the first result with it comes. That result waits until its
-- names are known, but not for long; if too many wait, the rest goes on without names. All later
-- results get them from a table of the library (mtr_label), which costs nearly nothing.
-- Probes never wait. The targets themselves are not looked up: there may be millions.

local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local check = require "mtr.base.check"
local json = require "mtr.record.json"
local names = require "mtr.names"
local view = require "mtr.names.view"

local C = lib.C
local M = {}

local NOTHING = {}
local AT_ONCE, DELAYED = 64, 1000      -- new routers of one result; results that wait

---@class mtr.Enrich
---@field view mtr.View
local Enrich = {}
Enrich.__index = Enrich

local declaration = check.declare("campaign: enrich", {
  { name = "dns", kind = check.type "boolean", default = false, doc = "names of routers" },
  { name = "asn", kind = check.any, default = false, doc = "true, or as mtr.names' option origin" },
  { name = "privacy", kind = check.integer(0, 255), default = 0, doc = "hides the first hops" },
})

--- Makes one of the option.
---@param opts { dns?: boolean, asn?: boolean|string, privacy?: integer }
---@return mtr.Enrich?
---@return string? message what is wrong
function M.new(opts)
  local out = {}
  local bug = check.each(declaration, opts, function(option, value) out[option.name] = value end)
  if bug then return nil, (bug:gsub("^campaign: ", "")) end
  if type(out.asn) == "string" then
    local ok, message = names.use_origin(out.asn)
    if not ok then return nil, "enrich: asn: " .. message end
  end
  local made = view.new { names = out.dns, origin = out.asn and true or false,
    privacy = out.privacy }
  if not made then return nil end
  return setmetatable({
    view = made, bytes = lib.new("uint8_t[?]", AT_ONCE * 16),
    families = lib.new("uint8_t[?]", AT_ONCE),
  }, Enrich)
end

local SHAPE = json.shape { "name", "origin", "asn", "asns", "prefix", "country", "label" }

-- Gives the library what is known of a router.
local function label(engine, bytes, family, item)
  if engine.closed then return end
  local text = json.encode({ name = item.name, origin = item.origin }, SHAPE)
  text = text ~= "[]" and "," .. text:sub(2, -2) or ""
  if #text > C.MTR_LABEL then text = "" end
  C.mtr_label(engine.c, bytes, family, text, #text)
end

-- Lets a result wait until names are known. If there is a state, or very many wait, it goes on at
-- once.
local function delay(c, result, list)
  local shown = c.enrich.view
  if c.checkpoint or c.waits >= DELAYED then return c:give(shown:result(result)) end
  c.waits = c.waits + 1
  shown:await(list, function()
    c.waits = c.waits - 1
    c:give(shown:result(result))
    c:after()
  end)
end

-- Lets the new routers of a borrowed result be looked up; returns their addresses.
local function look_up(c, result)
  local self, engine = c.enrich, result.engine
  local shown = self.view
  local n = C.mtr_unlabelled(engine.c, result.handle, self.bytes, self.families, AT_ONCE)
  if n <= 0 then return NOTHING end
  local list = {}
  for i = 0, n - 1 do
    local bytes, family = lib.new "uint8_t[16]", self.families[i]
    lib.copy(bytes, self.bytes + 16 * i, 16)
    local text = addr.format(bytes, family)
    list[#list + 1] = text
    local item, left = {}, 2
    local function one()
      left = left - 1
      if left == 0 then label(engine, bytes, family, item) end
    end
    local function name(found) item.name = found one() end
    local function origin(found) item.origin = found one() end
    if shown.names then names.find(text, "name", name, true) else one() end
    if shown.origin then names.find(text, "origin", origin, true) else one() end
  end
  return list
end

--- Hands out a result: now, or when the names in it are known.
---@param c mtr.Campaign
---@param result mtr.BorrowedResult|mtr.Result
function M.hand_out(c, result)
  local self = c.enrich
  if not self then return c:give(result) end
  if rawget(result, "_mark") == nil then       -- of a single trace: it has all its hops
    return delay(c, result, self.view:addresses(result))
  end
  result._view = self.view
  local list = look_up(c, result)
  if list[1] or self.view.privacy > 0 then return delay(c, result:copy(), list) end
  c:give(result)
end

return M
