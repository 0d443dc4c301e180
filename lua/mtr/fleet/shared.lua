-- SPDX-License-Identifier: MIT
--
-- What a worker shares with the others of a campaign while they trace: the stop sets of doubletree,
-- and the rates of routers that limit their answers.

local rates = require "mtr.fleet.rates"
local stops = require "mtr.fleet.stops"

local M = {}

---@class mtr.FleetShared
---@field stops mtr.FleetStops
---@field rates mtr.FleetRates
local Shared = {}
Shared.__index = Shared

--- Makes what a worker shares, and asks for what the others know already.
---@param worker mtr.FleetWorker
---@param campaign string
---@return mtr.FleetShared
function M.new(worker, campaign)
  local engine = worker.engine
  local self = setmetatable({
    stops = stops.new(worker.link, campaign, worker.name),
    rates = rates.new(worker.link, campaign, worker.name, function() return engine:now() end),
  }, Shared)
  self.stops.state.rates = self.rates.table
  self:exchange()
  return self
end

--- Returns the strategy of the traces of a campaign.
---@param trace table its options
---@return table
function Shared:strategy(trace) return self.stops:strategy(trace) end

--- Sends the others what is new here, and asks what is new there; does not wait.
function Shared:exchange()
  self.stops:exchange()
  self.rates:exchange()
end

return M
