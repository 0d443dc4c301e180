-- SPDX-License-Identifier: MIT
--
-- A campaign of the fleet as a worker or a drain sees it: its facts, read from Redis now and then.

local each = require "mtr.base.each"
local err = require "mtr.base.err"
local json_read = require "mtr.record.json_read"
local keys = require "mtr.fleet.keys"

local M = {}

---@class mtr.FleetCampaign
---@field name string
---@field facts table<string, string> the hash in Redis
---@field share "split"|"all"|"n"
---@field points string[] vantage points that take part; none if split
---@field seats integer vantage points that are to be done with each lease
---@field most_bytes integer results that wait for a drain
---@field group string of this vantage point
---@field full? boolean too many results wait
---@field trace table options of each trace
local Campaign = {}
Campaign.__index = Campaign

-- Returns a hash of Redis as a table.
local function table_of(list)
  local facts = {}
  for i = 1, #list, 2 do facts[list[i]] = list[i + 1] end
  return facts
end

local function words(text)
  local list = {}
  for word in (text or ""):gmatch "[^,]+" do list[#list + 1] = word end
  return list
end

--- Reads a campaign; false: there is none of this name.
---@async
---@param link mtr.RedisLink
---@param name string
---@param point? string the vantage point that looks
---@return mtr.FleetCampaign|false|nil
---@return string? message, string? name
function M.read(link, name, point)
  local list, message, code = link:call { "HGETALL", keys.meta(name) }
  if not list then return nil, message, code end
  if not list[1] then return false end
  local facts = table_of(list)
  local version = tonumber(facts.version)
  if not version then
    return err.named("EPROTO", keys.meta(name) .. ": this is not a campaign of a fleet")
  end
  if version > keys.VERSION then
    return err.named("EPROTO", ("campaign %s has version %d; this mtrlua knows version %d: update "
      .. "it"):format(name, version, keys.VERSION))
  end
  local self = setmetatable({ name = name }, Campaign)
  local bug = self:take(facts, point)
  if bug then return err.named("EPROTO", keys.meta(name) .. ": " .. bug) end
  return self
end

--- Takes the facts.
---@return string? message what is wrong with them
function Campaign:take(facts, point)
  self.facts, self.share, self.points = facts, facts.share, words(facts.points)
  self.n, self.seed = tonumber(facts.n) or 1, tonumber(facts.seed) or 0
  self.seats = self.share == "split" and 1 or #self.points
  self.most_bytes = tonumber(facts.most_bytes) or 0
  self.trace = json_read.decode(facts.trace or "")
  if type(self.trace) ~= "table" then return "the field trace is no JSON object" end
  if not keys.SHARES[self.share] then
    return ("the field share is %s"):format(err.show(self.share))
  end
  self.group = point and keys.group(self.share, point)
  self.takes_part = self.share == "split"
  for _, one in ipairs(self.points) do
    if one == point then self.takes_part = true end
  end
end

--- Reads the facts again. False: the campaign is gone.
---@async
---@param link mtr.RedisLink
---@param point? string
---@return boolean?
---@return string? message, string? name
function Campaign:refresh(link, point)
  local list, message, code = link:call { "HGETALL", keys.meta(self.name) }
  if not list then return nil, message, code end
  if not list[1] then return false end
  self:take(table_of(list), point)
  return true
end

--- How many leases have to be handed in until the campaign is done, of those that there are.
---@return integer
function Campaign:wanted()
  local leases = tonumber(self.facts.leases) or 0
  if self.share == "n" then return leases * math.min(self.n, #self.points) end
  return leases * self.seats
end

--- Are all results handed in, and no more targets to come?
---@return boolean
function Campaign:finished()
  return self.facts.complete == "1" and (tonumber(self.facts.done) or 0) >= self:wanted()
end

--- Returns the options of the traces of a worker.
---@param worker mtr.FleetWorker
---@return mtr.TraceOptions
function Campaign:options(worker)
  local opts = {}
  for name, value in each(self.trace) do opts[name] = value end
  if self.facts.shared == "1" then opts.strategy = worker:shared(self) end
  return opts
end

return M
