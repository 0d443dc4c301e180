-- SPDX-License-Identifier: MIT
--
-- How fast a worker traces. The engine's rate is the owner's, for all campaigns together. Each
-- campaign with a rate has a lane of the engine (mtr_lane), in which all its traces are: so it
-- keeps to its own rate and does not delay other campaigns. A campaign without a rate needs no
-- lane.
--
-- The rate also says how many leases a worker takes: not more than it traces in some seconds, so
-- that the others are left to other workers.

local lib = require "mtr.lib"
local each = require "mtr.base.each"
local err = require "mtr.base.err"
local units = require "mtr.base.units"
local keys = require "mtr.fleet.keys"
local scripts = require "mtr.fleet.scripts"

local C = lib.C
local M = {}

local AHEAD, PROBES = 10, 15           -- s of work; probes of a target, about
local UNLIMITED = 1e9                  -- the highest rate of a lane, and of an engine

--- Returns a rate as a number; 0: no limit.
---@param rate? number|string
---@return number
function M.limit(rate)
  local number = units.rate(rate or 0) or 0
  return number < UNLIMITED and number or 0
end

-- Returns the rate of a campaign; 0: no limit.
local function wanted(campaign) return M.limit(campaign.facts.rate) end

--- Sets the owner's rate.
---@param self mtr.FleetWorker
function M.begin(self)
  self.lanes = {}
  self.engine:set_rate(self.max == 0 and "max" or self.max)
end

--- Returns the lane for a new lease of a campaign; nil without an error: it needs none.
---@param self mtr.FleetWorker
---@param campaign mtr.FleetCampaign
---@return integer?
---@return string? message, string? name
function M.lane(self, campaign)
  local rate, known = wanted(campaign), self.lanes[campaign.name]
  if rate == 0 then return nil end
  if not known then
    if not self.engine.c then return err.named("ESHUTDOWN", "the engine is closed") end
    local number = C.mtr_lane(self.engine.c, rate)
    if number < 0 then return err.env(number, "a lane for its rate") end
    known = { number = number, rate = rate }
    self.lanes[campaign.name] = known
  end
  return known.number
end

-- Gives leases back that are under way without a lane: their traces would go on without a limit.
local function give_back(self, campaign)
  local args = { campaign.group, self.name }
  for lease in each(self.leases_here) do
    if lease.campaign.name == campaign.name and not (lease.lane or lease.handing or lease.lost) then
      lease:stop()
      args[#args + 1] = lease.id
    end
  end
  if args[3] then
    self.link:post(scripts.command(scripts.give_back, { keys.leases(campaign.name) }, args))
  end
end

--- Notes the rate of a campaign, which somebody may have changed.
---@param self mtr.FleetWorker
---@param campaign mtr.FleetCampaign
function M.follow(self, campaign)
  local rate, known = wanted(campaign), self.lanes[campaign.name]
  if rate > 0 then give_back(self, campaign) end
  if rate == 0 then rate = UNLIMITED end
  if known and known.rate ~= rate and self.engine.c then
    C.mtr_lane_rate(self.engine.c, known.number, rate)
    known.rate = rate
  end
end

--- Forgets a campaign that is gone.
---@param self mtr.FleetWorker
---@param name string
function M.forget(self, name)
  local known = self.lanes[name]
  self.lanes[name] = nil
  if known and self.engine.c then C.mtr_lane_close(self.engine.c, known.number) end
end

--- Forgets all campaigns.
---@param self mtr.FleetWorker
function M.finish(self)
  local names = {}
  for name in each(self.lanes) do names[#names + 1] = name end
  for _, name in ipairs(names) do M.forget(self, name) end
end

--- Returns how many more leases of a campaign the worker may take: as many as its window has room
--- for, in which the campaigns that go as fast as they can come together; and no more than its rate
--- needs.
---@param self mtr.FleetWorker
---@param campaign mtr.FleetCampaign
---@return integer
function M.room(self, campaign)
  local size = math.max(1, tonumber(campaign.facts.lease) or 200)
  local rate, own = wanted(campaign), self.max
  local limited = rate > 0
  if rate == 0 or own > 0 and own < rate then rate = own end
  local count, left = 0, 0
  for lease in each(self.leases_here) do
    local same = lease.campaign.name == campaign.name
    if same then left = left + #lease.targets - lease:count() end
    if same or not limited and wanted(lease.campaign) == 0 then count = count + 1 end
  end
  local most = math.max(2, math.floor(self.window / size)) - count
  if rate == 0 then return most end
  return math.min(most, math.ceil((rate * AHEAD / PROBES - left) / size))
end

return M
