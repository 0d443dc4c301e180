-- SPDX-License-Identifier: MIT
--
-- What a worker knows of the campaigns: which there are, how they are, and whether anything is left
-- of them for its vantage point. A campaign may be cancelled at any time between two looks.

local book = require "mtr.fleet.book"
local keys = require "mtr.fleet.keys"

local M = {}

--- Looks which campaigns there are, and how they are.
---@async
---@param self mtr.FleetWorker
function M.look(self)
  local names, message, name = { self.campaign }
  if not self.campaign then
    names, message, name = self.link:call { "SMEMBERS", keys.CAMPAIGNS }
    if not names then return self:fail(message, name) end
    table.sort(names)
  end
  local list = {}
  for _, one in ipairs(names) do
    local known = self.campaigns[one]
    local there = known and known:refresh(self.link, self.point)
    if not there then
      known, message, name = book.read(self.link, one, self.point)
      if known == nil then return self:fail(message, name) end
      if known == false and self.campaign then
        self:tell(one, ("there is no campaign %s yet"):format(one))
      end
    end
    self.campaigns[one], list[#list + 1] = known or nil, known or nil
  end
  for _, known in ipairs(list) do
    if known.facts.state == "cancelled" then self:drop(known) end
  end
  self.list = list
end

-- Is nothing left of this campaign for this worker's vantage point?
local function nothing_left(self, campaign)
  if campaign.facts.state == "cancelled" or not campaign.takes_part then return true end
  if campaign.share == "split" then return campaign:finished() end
  if campaign.facts.complete ~= "1" then return false end
  local pending = self.link:call { "XPENDING", keys.leases(campaign.name), campaign.group }
  return type(pending) == "table" and pending[1] == 0
end

--- May a worker with the option `once` end? It has just been told that there is no lease to take.
---@async
---@param self mtr.FleetWorker
---@return boolean
function M.all_done(self)
  if not self.once or self.count > 0 then return false end
  M.look(self)
  if self.ended or not self.list[1] then return false end
  for _, campaign in ipairs(self.list) do
    if not nothing_left(self, campaign) then return false end
  end
  return true
end

return M
