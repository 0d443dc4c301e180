-- SPDX-License-Identifier: MIT
--
-- A campaign of the fleet as a worker or a drain sees it: its facts, read from Redis now and then.

local each = require "mtr.base.each"
local err = require "mtr.base.err"
local lib = require "mtr.lib"
local units = require "mtr.base.units"
local json_read = require "mtr.record.json_read"
local options = require "mtr.trace.options"
local request = require "mtr.trace.request"
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

-- What is wrong with the facts of a campaign of this name for all who look at it; nil: nothing.
local function wrong(name, facts)
  local version = tonumber(facts.version)
  if not version then return keys.meta(name) .. ": this is not a campaign of a fleet" end
  if version > keys.VERSION then
    return ("campaign %s has version %g; this mtrlua knows version %d: update it"):format(name,
      version, keys.VERSION)
  end
  if not keys.SHARES[facts.share] then
    return ("%s: the field share is %s"):format(keys.meta(name), err.show(facts.share))
  end
  if type(json_read.decode(facts.trace or "")) ~= "table" then
    return keys.meta(name) .. ": the field trace is no JSON object"
  end
end

--- Returns what is wrong with the options of the traces of a campaign; nil: nothing.
---@param trace table
---@return string? message
function M.wrong_options(trace)
  local kept, bug = request.fill(options.trace, trace, lib.new "struct mtr_trace")
  return not kept and bug or nil
end

-- What is wrong with the facts for a worker.
local function wrong_for_worker(self, facts)
  if not units.rate(facts.rate or 0) then
    return ("%s: the field rate is %s"):format(keys.meta(self.name), err.show(facts.rate))
  end
  if self.facts and self.facts.trace == facts.trace then return nil end
  local bug = M.wrong_options(json_read.decode(facts.trace))
  return bug and ("%s: the field trace: %s"):format(keys.meta(self.name), err.plain(bug))
end

--- Reads a campaign; false: there is none of this name. EBADMSG: it is there, but cannot be used.
---@async
---@param link mtr.RedisLink
---@param name string
---@param point? string the vantage point of a worker that looks
---@return mtr.FleetCampaign|false|nil
---@return string? message, string? name
function M.read(link, name, point)
  local self = setmetatable({ name = name }, Campaign)
  local there, message, code = self:refresh(link, point)
  if there then return self end
  return there, message, code
end

-- Takes facts that are right.
local function take(self, facts, point)
  self.facts, self.share, self.points = facts, facts.share, words(facts.points)
  self.n, self.seed = tonumber(facts.n) or 1, tonumber(facts.seed) or 0
  self.seats = self.share == "split" and 1 or #self.points
  self.most_bytes = tonumber(facts.most_bytes) or 0
  self.trace = json_read.decode(facts.trace)
  self.group = point and keys.group(self.share, point)
  self.takes_part = self.share == "split"
  for _, one in ipairs(self.points) do
    if one == point then self.takes_part = true end
  end
end

--- Reads the facts again. False: the campaign is gone. If they cannot be used any more, the former
--- ones stay.
---@async
---@param link mtr.RedisLink
---@param point? string
---@return boolean?
---@return string? message, string? name
function Campaign:refresh(link, point)
  local list, message, code = link:call { "HGETALL", keys.meta(self.name) }
  if not list then return nil, message, code end
  if not list[1] then return false end
  local facts = table_of(list)
  local bug = wrong(self.name, facts) or point and wrong_for_worker(self, facts)
  if bug then return err.named("EBADMSG", bug) end
  take(self, facts, point)
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
