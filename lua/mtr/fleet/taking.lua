-- SPDX-License-Identifier: MIT
--
-- How a worker takes leases: new ones, else those of workers that are dead; and each in a task.

local each = require "mtr.base.each"
local err = require "mtr.base.err"
local words = require "mtr.record.words"
local scheduler = require "mtr.wait.scheduler"
local chosen = require "mtr.fleet.chosen"
local keys = require "mtr.fleet.keys"
local leases = require "mtr.fleet.lease"
local pacing = require "mtr.fleet.pacing"
local scripts = require "mtr.fleet.scripts"
local troubles = require "mtr.fleet.trouble"

local M = {}

--- Accepts a set of protocols.
---@type mtr.Kind
function M.protocols(value)
  local wanted = "must be a table with any of icmp, udp and tcp = true"
  if type(value) ~= "table" then return nil, wanted end
  for protocol in each(value) do
    if words.protocol[protocol] == nil then return nil, wanted end
  end
  return value
end

-- May the worker trace for this campaign now?
local function willing(self, campaign)
  local state = campaign.facts.state
  if state ~= "running" or campaign.full then return false end
  if not campaign.takes_part then
    self:notify(campaign.name, ("campaign %s is traced from %s, and not from %s"):format(
      campaign.name, err.plain(table.concat(campaign.points, ", ")), self.point))
    return false
  end
  if self.trouble:passed_over(campaign.name) then return false end
  local protocol = campaign.trace.protocol or "icmp"
  if self.protocols and not self.protocols[protocol] then
    self:notify(campaign.name, ("campaign %s wants %s probes, which this worker does not send")
      :format(campaign.name, err.plain(tostring(protocol))))
    return false
  end
  return true
end

-- Finds out why Redis says that a campaign has no group for this vantage point. If the campaign was
-- cancelled, its leases end, and there are none to take.
local function without_group(self, campaign, message, name)
  local there, problem, code = campaign:refresh(self.link, self.point)
  if there == nil then return nil, problem, code end
  if there and campaign.facts.state ~= "cancelled" then return nil, message, name end
  if not there then self.trouble:gone(campaign) end
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
    for lease in each(self.leases_here) do ours = ours or lease.id == entry[1] end
    if not ours then list[#list + 1] = entry end
  end
  if list[1] then
    self.taken_over = (self.taken_over or 0) + #list
    self.say(("takes over %d leases of a worker that is gone"):format(#list))
  end
  return list
end

-- Traces a lease. Returns an error that it raises as a message: some options are found to be wrong
-- only when a trace starts.
local function trace(self, lease)
  local ok, whole, message, name = pcall(lease.trace, lease, self)
  if ok then return whole, message, name end
  if err.is_interrupt(whole) then error(whole, 0) end
  return nil, "EINVAL: " .. err.plain((tostring(whole):gsub("^%S+:%d+: ", ""))), "EINVAL"
end

-- Traces a lease and hands it in. Returns nil and a message if that is not possible; the fourth
-- value is true if the fault is the campaign's.
local function trace_and_hand_in(self, lease)
  local whole, message, name = trace(self, lease)
  if whole == nil then return nil, message, name, troubles.of_trace(name) end
  if not whole then return end
  lease.handing = true
  local ok
  ok, message, name = lease:finish(self)
  if message then return nil, message, name, troubles.of_keys(name) end
  if ok then
    self.done_leases = self.done_leases + 1
    self.done_targets = self.done_targets + #lease.targets
    self.trouble:over(lease.campaign.name)
  end
  lease.handed = ok ~= nil
end

-- Gives a lease back that could not be traced or handed in.
local function give_back(self, lease)
  local campaign = lease.campaign
  self.leases_here[lease] = nil
  self.link:post(scripts.command(scripts.give_back, { keys.leases(campaign.name) },
    { campaign.group, self.name, lease.id }))
end

-- Does all of the work on a lease.
local function work(self, lease)
  local _, message, name, its = trace_and_hand_in(self, lease)
  if its then
    self.trouble:failed(lease.campaign.name, message)
    give_back(self, lease)
  elseif message then
    self:fail(name == "ECANCELED" and message
      or ("campaign %s: %s"):format(lease.campaign.name, message), name)
  end
  if lease.handed or lease.lost then self.leases_here[lease] = nil end
  lease:release()
  self.count = self.count - 1
  if self.room then scheduler.finish(self.room) end
end

-- Acknowledges an entry that is not a lease: no worker can trace it.
local function drop(self, campaign, entry, bug, empty)
  local name = campaign.name
  self:notify(name, ("campaign %s: %s; it is acknowledged and counted"):format(name, bug))
  local ok, message, code
  if empty then
    ok, message, code = empty:finish(self)
    empty:release()
  else
    ok, message, code = self.link:call(scripts.command(scripts.skip, { keys.leases(name),
      keys.left(name), keys.meta(name) }, { campaign.group, self.name, entry[1], campaign.seats }))
  end
  if ok == nil and message then return message, code end
end

-- Starts the leases of some entries. Returns what is wrong with the campaign; nil: nothing.
local function start(self, campaign, entries)
  local message, name
  for _, entry in ipairs(entries) do
    local lease, bug, empty = leases.read(campaign, entry)
    if not lease then
      message, name = drop(self, campaign, entry, bug, empty)
    elseif campaign.share == "n" and not chosen.is(self.point, campaign.points, campaign.n,
      campaign.seed, lease.number) then
      self.link:call(scripts.command(scripts.skip, { keys.leases(campaign.name),
        keys.left(campaign.name) }, { campaign.group, self.name, lease.id, campaign.seats }))
    else
      self.leases_here[lease], self.count = true, self.count + 1
      self.working = campaign.name
      self:begin(work, lease)
    end
  end
  return message, name
end

-- Takes leases of a campaign, as many as there is room for; returns how many.
local function take(self, campaign)
  local most, name = pacing.room(self, campaign), campaign.name
  if self.trouble:has(name) then most = math.min(most, 1 - self:leases_of(name)) end
  if most < 1 then return 0 end
  local entries, message, code = ask(self, campaign, most)
  if entries then message, code = start(self, campaign, entries) end
  if message and troubles.of_keys(code) then
    self.trouble:failed(name, message)
  elseif message then
    self:fail(message, code)
  end
  return entries and #entries or 0
end

--- Takes as many leases as there is room for; returns how many it took.
---@async
---@param self mtr.FleetWorker
---@return integer
function M.run(self)
  local taken = 0
  for _, campaign in ipairs(self.list or {}) do
    if willing(self, campaign) then taken = taken + take(self, campaign) end
    if self.failure then break end
  end
  return taken
end

return M
