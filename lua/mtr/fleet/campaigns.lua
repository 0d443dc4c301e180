-- SPDX-License-Identifier: MIT
--
-- The campaigns of a worker: which there are, which of them it can work for, and whether anything
-- is left to do.

local each = require "mtr.base.each"
local book = require "mtr.fleet.book"
local keys = require "mtr.fleet.keys"
local pacing = require "mtr.fleet.pacing"
local troubles = require "mtr.fleet.trouble"

local M = {}

-- Forgets a campaign that is gone.
local function forget(self, name)
  if self.campaigns[name] then self.trouble:gone(self.campaigns[name]) end
  self.campaigns[name] = nil
  pacing.forget(self, name)
  self.trouble:forget(name)
end

-- Reads a campaign, which may be known. Returns it; nil: there is none, or it cannot be worked for.
local function read(self, name, known)
  local there, message, code
  if known then there, message, code = known:refresh(self.link, self.point) end
  if not there and not message then
    known, message, code = book.read(self.link, name, self.point)
  end
  if message then
    if not troubles.of_keys(code) then return self:fail(message, code) end
    return self.trouble:wrong(name, message)
  end
  self.trouble:right(name)
  if known then
    self.campaigns[name] = known
    pacing.follow(self, known)
    return known
  end
  forget(self, name)
  if self.campaign then self:notify(name, ("there is no campaign %s yet"):format(name)) end
end

-- Forgets the campaigns that are not in a list any more.
local function forget_others(self, names)
  local there = {}
  for _, name in ipairs(names) do there[name] = true end
  for _, known in ipairs { self.campaigns, self.trouble.by } do
    for name in each(known) do
      if not there[name] then forget(self, name) end
    end
  end
end

--- Looks which campaigns there are, and how they are.
---@async
---@param self mtr.FleetWorker
function M.look(self)
  local names = { self.campaign }
  if not self.campaign then
    local message, name
    names, message, name = self.link:call { "SMEMBERS", keys.CAMPAIGNS }
    if not names then return self:fail(message, name) end
    table.sort(names)
  end
  local list = {}
  for _, one in ipairs(names) do
    list[#list + 1] = read(self, one, self.campaigns[one])
    if self.failure then return end
  end
  forget_others(self, names)
  for _, known in ipairs(list) do
    if known.facts.state == "cancelled" then self:drop(known) end
  end
  self.list = list
end

-- Returns whether nothing is left of this campaign for this worker's vantage point. A campaign that
-- the worker passes over has nothing left for it.
local function nothing_left(self, campaign)
  if campaign.facts.state == "cancelled" or not campaign.takes_part then return true end
  if self.trouble:has(campaign.name) then return true end
  if campaign.share == "split" then return campaign:finished() end
  if campaign.facts.complete ~= "1" then return false end
  local pending, message, name = self.link:call { "XPENDING", keys.leases(campaign.name),
    campaign.group }
  if type(pending) == "table" then return pending[1] == 0 end
  if not troubles.of_keys(name) then return false end
  self.trouble:failed(campaign.name, message)
  return true
end

--- May a worker with the option `once` end? Redis has just said that there is no lease to take.
--- It fails if it has passed campaigns over.
---@async
---@param self mtr.FleetWorker
---@return boolean
function M.all_done(self)
  if not self.once or self.count > 0 then return false end
  M.look(self)
  local wrong = self.trouble:messages()
  if self.ended or not self.list or not (self.list[1] or wrong) then return false end
  for _, campaign in ipairs(self.list) do
    if not nothing_left(self, campaign) then return false end
  end
  wrong = self.trouble:messages()
  if wrong then
    local names = {}
    for name in each(wrong) do names[#names + 1] = name end
    table.sort(names)
    self:fail("EBADMSG: not all is done; passed over: " .. table.concat(names, ", "), "EBADMSG")
  end
  return true
end

return M
