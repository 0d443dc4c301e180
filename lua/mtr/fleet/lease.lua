-- SPDX-License-Identifier: MIT
--
-- One lease at a worker: some targets of a campaign of the fleet, traced by a mtr.campaign of their
-- own, and handed in together.

local Campaign = require "mtr.campaign"
local err = require "mtr.base.err"
local Gather = require "mtr.fleet.gather"
local keys = require "mtr.fleet.keys"
local pacing = require "mtr.fleet.pacing"
local scripts = require "mtr.fleet.scripts"

local FULL_WAIT = 200                  -- ms between looks, when too many results wait
local LARGEST = 256 * 2 ^ 20           -- bytes of results; Redis takes a command of 1 GiB
local COMPLAINTS = 20                  -- messages of targets that cannot be traced, for a lease

local M = {}

---@class mtr.FleetLease
---@field campaign mtr.FleetCampaign
---@field id string of the entry in the stream
---@field number integer
---@field targets string[]
---@field lane? integer of the engine
---@field lost? boolean somebody has taken it over, or the campaign was cancelled
---@field run? mtr.Campaign
---@field failed integer targets that could not be traced
local Lease = {}
Lease.__index = Lease

local function make(campaign, id, number, targets)
  return setmetatable({ campaign = campaign, id = id, number = number, targets = targets,
    failed = 0, complaints = "" }, Lease)
end

--- Reads an entry of the stream of leases; nil and a message if it is not a lease. If only its
--- targets are missing, the third value is a lease to hand in, so that the campaign can end.
---@param campaign mtr.FleetCampaign
---@param entry [string, string[]]
---@return mtr.FleetLease?
---@return string? message
---@return mtr.FleetLease? empty
function M.read(campaign, entry)
  local id, list, fields = entry[1], entry[2], {}
  for i = 1, #(list or {}), 2 do fields[list[i]] = list[i + 1] end
  local number, targets = tonumber(fields.lease), {}
  for target in (fields.targets or ""):gmatch "[^\n]+" do targets[#targets + 1] = target end
  if number and targets[1] then return make(campaign, id, number, targets) end
  local message = ("%s: the entry %s is no lease of this version"):format(
    keys.leases(campaign.name), err.plain(tostring(id)))
  if not number or number < 1 or number % 1 ~= 0 or number > 2 ^ 53 then return nil, message end
  local empty = make(campaign, id, number, targets)
  empty:give_up(tonumber(fields.count) or 0, message)
  return nil, message, empty
end

--- Drops its results: so many targets count as failed.
---@param failed integer
---@param message string
function Lease:give_up(failed, message)
  if self.gather then self.gather:release() end
  self.gather, self.failed = Gather.new(false), math.max(0, math.floor(failed))
  self.complaints = ("lease %.0f: %s"):format(self.number, message)
end

--- Returns how many of its targets are done, also those that could not be traced.
---@return integer
function Lease:count() return (self.gather and self.gather.count or 0) + self.failed end

--- Traces its targets. Returns nil and a message if that is not possible at all.
---@async
---@param worker mtr.FleetWorker
---@return boolean? whole all of them were traced
---@return string? message, string? name
function Lease:trace(worker)
  local c, complaints = self.campaign, {}
  local message, name
  self.lane, message, name = pacing.lane(worker, c)
  if message then return nil, message, name end
  self.gather, self.failed = Gather.new(c.facts.results == "packed"), 0
  local fine, made = pcall(Campaign.new, {
    engine = worker.engine, targets = self.targets, trace = c:options(worker),
    window = #self.targets,
    reporters = { self.gather }, list = c.facts.list, cycle = c.facts.cycle,
    campaign = c.name, monitor = worker.point,
    on_error = function(why, target)
      self.failed = self.failed + 1
      if #complaints < COMPLAINTS then
        complaints[#complaints + 1] = err.plain(target .. ": " .. why)
      end
    end,
  })
  if not fine then return err.named("EINVAL", tostring(made):gsub("^.-: ", "", 1)) end
  self.run, made.lane = made, self.lane
  local summary
  summary, message, name = made:run()
  self.complaints = table.concat(complaints, "\n")
  if not summary then return nil, message, name end
  return not (summary.halted or self.lost)
end

--- Stops it: its results are not wanted any more.
function Lease:stop()
  self.lost = true
  if self.run then self.run:stop() end
end

-- Results that are too large cannot be handed in, however often their targets are traced.
local function check_size(self, worker)
  local size = 0
  for _, part in ipairs(self.gather:take()) do size = size + part.size end
  if size <= LARGEST then return end
  local message = ("its results have %.0f MiB; at most %.0f can be handed in: submit with a "
    .. "smaller --lease"):format(size / 2 ^ 20, LARGEST / 2 ^ 20)
  self:give_up(#self.targets, message)
  worker:notify(self.campaign.name, ("campaign %s: lease %.0f: %s"):format(self.campaign.name,
    self.number, message))
end

--- Hands the results in, as soon as there is room for them. If they are too large for that, all its
--- targets count as failed. False: the lease was taken over. Nil without a message: interrupted
--- before there was room.
---@async
---@param worker mtr.FleetWorker
---@return boolean?
---@return string? message, string? name
function Lease:finish(worker)
  local c = self.campaign
  check_size(self, worker)
  local args = { c.group, worker.name, self.id, c.most_bytes, c.seats, self.number, worker.point,
    self.gather.count, self.failed, self.complaints }
  -- Redis gets the parts from their memory, so that must stay until it has answered.
  for _, part in ipairs(self.gather:take()) do args[#args + 1] = part end
  local words = scripts.command(scripts.finish,
    { keys.meta(c.name), keys.leases(c.name), keys.results(c.name), keys.left(c.name) }, args)
  while true do
    local answer, message, name = worker.link:call(words)
    if not answer then return nil, message, name end
    c.full = answer == -1
    if answer >= 0 then return answer == 1 end
    repeat
      if not worker.ticker:wait(FULL_WAIT) then return nil end
      if self.lost then return false end
      answer, message, name = worker.link:call { "HGET", keys.meta(c.name), "bytes" }
      if answer == nil then return nil, message, name end
    until (tonumber(answer) or 0) < c.most_bytes
  end
end

--- Frees the memory of its results; the campaign counts its targets.
function Lease:release()
  self.campaign.traced, self.failed = (self.campaign.traced or 0) + self:count(), 0
  if self.gather then self.gather:release() end
  self.gather = nil
end

return M
