-- SPDX-License-Identifier: MIT
--
-- The rates of routers that limit their answers, shared by all workers of a campaign. The rate of a
-- router is the sum of its answers to all workers, and each worker takes its part of it. Reports go
-- through a stream in Redis about once a second. A worker that cannot reach Redis goes on with the
-- rates that it knows.

local router_rates = require "mtr.strategy.builtin.parts.router_rates"
local exchange = require "mtr.fleet.exchange"
local keys = require "mtr.fleet.keys"

local M = {}

local KEPT = 1000                      -- entries of the stream, about
local LONGEST = 3600000                -- ms that a report can cover

---@class mtr.FleetRates
---@field table mtr.RouterRates
---@field others mtr.FleetExchange
---@field worker string
local Rates = {}
Rates.__index = Rates

-- Takes the lines of a report.
local function learn(self, text, worker, ms)
  for at, answered, missed in text:gmatch "(%S+) (%d+) (%d+)" do
    self.table:learn(worker, at, tonumber(answered), tonumber(missed), ms)
  end
end

--- Makes the table of a worker.
---@param link mtr.RedisLink
---@param campaign string
---@param worker string
---@param now fun(): number ms
---@return mtr.FleetRates
function M.new(link, campaign, worker, now)
  local self = setmetatable({ table = router_rates.new(now), worker = worker }, Rates)
  self.others = exchange.new {
    link = link, key = keys.rates(campaign), kept = KEPT, worker = worker, field = "rates",
    take = function(text, who, fields)
      local ms = tonumber(fields.ms)
      if ms and ms >= 1 and ms <= LONGEST then learn(self, text, who, ms) end
    end,
  }
  function self.table.due() self:exchange() end
  return self
end

--- Sends the report of this worker, and asks for those of others; does not wait.
function Rates:exchange()
  local lines, ms = self.table:report()
  if lines and lines[1] then
    learn(self, table.concat(lines, "\n"), self.worker, ms)
    self.others:send(lines, "ms", ("%.0f"):format(ms))
  end
  self.others:hear()
end

return M
