-- SPDX-License-Identifier: MIT
--
-- How a worker takes leases: new ones, else those of workers that are dead; and each in a task.

local each = require "mtr.base.each"
local err = require "mtr.base.err"
local units = require "mtr.base.units"
local scheduler = require "mtr.wait.scheduler"
local chosen = require "mtr.fleet.chosen"
local keys = require "mtr.fleet.keys"
local leases = require "mtr.fleet.lease"
local scripts = require "mtr.fleet.scripts"

local M = {}

-- The rate that the worker may have for a campaign.
local function set_rate(self, campaign)
  local wanted, own = units.rate(campaign.facts.rate or 0) or 0, self.max
  local rate = wanted == 0 and own or own == 0 and wanted or math.min(wanted, own)
  if rate ~= self.rate then
    self.rate = rate
    self.engine:set_rate(rate == 0 and "max" or rate)
  end
end

-- May the worker trace for this campaign now?
local function willing(self, campaign)
  local state = campaign.facts.state
  if state ~= "running" or campaign.full or not campaign.takes_part then return false end
  local protocol = campaign.trace.protocol or "icmp"
  if self.protocols and not self.protocols[protocol] then
    self:tell(campaign.name, ("campaign %s wants %s probes, which this worker does not send")
      :format(campaign.name, err.plain(tostring(protocol))))
    return false
  end
  return true
end

-- Looks why a campaign has no group of this vantage point, as Redis says. If it was cancelled, its
-- leases end, and there are none to take.
local function without_group(self, campaign, message, name)
  local there, problem, code = campaign:refresh(self.link, self.point)
  if there == nil then return nil, problem, code end
  if there and campaign.facts.state ~= "cancelled" then
    return nil, ("campaign %s: %s"):format(campaign.name, message), name
  end
  campaign.facts.state = "cancelled"
  self:drop(campaign)
  return {}
end

-- Asks for at most `n` leases: new ones, else those of dead workers. Returns their entries.
local function ask(self, campaign, n)
  local key = keys.leases(campaign.name)
  local answer, message, name = self.link:call { "XREADGROUP", "GROUP", campaign.group, self.name,
    "COUNT", n, "STREAMS", key, ">" }
  if name == "NOGROUP" then return without_group(self, campaign, message, name) end
  if answer == nil then return nil, message, name end
  if answer then return answer[1][2] end
  answer, message, name = self.link:call { "XAUTOCLAIM", key, campaign.group, self.name,
    self.lease_time, "0", "COUNT", n }
  if name == "NOGROUP" then return without_group(self, campaign, message, name) end
  if answer == nil then return nil, message, name end
  local list = {}
  for _, entry in ipairs(answer[2]) do
    local ours = not entry[2]          -- its target was deleted
    for lease in each(self.held) do ours = ours or lease.id == entry[1] end
    if not ours then list[#list + 1] = entry end
  end
  if list[1] then
    self.taken_over = (self.taken_over or 0) + #list
    self.say(("takes over %d leases of a worker that is gone"):format(#list))
  end
  return list
end

-- Traces a lease. What raises, such as options that only a start shows to be wrong, is a message.
local function trace(self, lease)
  local ok, whole, message, name = pcall(lease.trace, lease, self)
  if ok then return whole, message, name end
  if err.is_interrupt(whole) then error(whole, 0) end
  return nil, "EINVAL: " .. err.plain((tostring(whole):gsub("^%S+:%d+: ", ""))), "EINVAL"
end

-- Traces a lease and hands it in.
local function work(self, lease)
  local campaign = lease.campaign
  local whole, message, name = trace(self, lease)
  if whole == nil then
    self:fail(("campaign %s: %s"):format(campaign.name, message), name)
  elseif whole then
    lease.handing = true
    local ok
    ok, message, name = lease:finish(self)
    if ok then
      self.done_leases = self.done_leases + 1
      self.done_targets = self.done_targets + #lease.targets
    elseif message then
      self:fail(message, name)
    end
    lease.handed = ok ~= nil
  end
  if lease.handed or lease.lost then self.held[lease] = nil end
  lease:release()
  self.count = self.count - 1
  if self.room then scheduler.finish(self.room) end
end

-- Starts the leases of some entries.
local function start(self, campaign, entries)
  for _, entry in ipairs(entries) do
    local lease, bug = leases.read(campaign, entry)
    if not lease then
      self:fail("EPROTO: " .. bug, "EPROTO")
    elseif campaign.share == "n" and not chosen.is(self.point, campaign.points, campaign.n,
      campaign.seed, lease.number) then
      self.link:call(scripts.command(scripts.skip, { keys.leases(campaign.name),
        keys.left(campaign.name) }, { campaign.group, self.name, lease.id, campaign.seats }))
    else
      self.held[lease], self.count = true, self.count + 1
      self.working = campaign.name
      scheduler.go(work, self, lease)
    end
  end
end

--- Takes as many leases as there is room for; returns how many it took.
---@async
---@param self mtr.FleetWorker
---@return integer
function M.run(self)
  local taken = 0
  for _, campaign in ipairs(self.list or {}) do
    if willing(self, campaign) then
      set_rate(self, campaign)
      local size = tonumber(campaign.facts.lease) or 200
      local most = math.max(2, math.floor(self.window / size))
      if self.count < most then
        local entries, message, name = ask(self, campaign, most - self.count)
        if not entries then self:fail(message, name) return taken end
        start(self, campaign, entries)
        taken = taken + #entries
      end
      if self.count >= most then break end
    end
  end
  return taken
end

return M
