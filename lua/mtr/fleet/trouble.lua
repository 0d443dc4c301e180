-- SPDX-License-Identifier: MIT
--
-- The campaigns that a worker passes over, because something is wrong with them: its facts in
-- Redis are of another version, or its options cannot be used. The user hears of it once, and the
-- other campaigns go on.
--
-- A campaign whose facts are wrong is passed over until they are right: a worker reads them all the
-- time anyway. One whose leases could not be traced or handed in is tried again after a while,
-- which grows, with one lease at a time until one of them is handed in.

local each = require "mtr.base.each"
local err = require "mtr.base.err"

local M = {}

local FIRST, MOST = 2000, 60000        -- ms until a campaign is tried again

-- Errors of Redis that come from what is in the keys of one campaign, or from who may use them.
local OF_KEYS = { WRONGTYPE = true, NOGROUP = true, NOPERM = true, ERR = true, EBADMSG = true }
-- Errors of a trace that come from the worker.
local OF_WORKER = { ESHUTDOWN = true, ECANCELED = true }

--- Returns whether the campaign is the cause of an error of reading, asking or handing in.
---@param name string of the error
---@return boolean
function M.of_keys(name) return OF_KEYS[name] == true end

--- Returns whether the campaign is the cause of an error of tracing a whole lease.
---@param name string of the error
---@return boolean
function M.of_trace(name) return not OF_WORKER[name] end

---@class mtr.FleetTrouble
---@field ticker mtr.Ticker
---@field say fun(message: string)
---@field by table<string, table> by campaign: message; facts: they are wrong; at: the tick when
--- it is tried again; pause: ms
local Trouble = {}
Trouble.__index = Trouble

---@param ticker mtr.Ticker
---@param say fun(message: string)
---@return mtr.FleetTrouble
function M.new(ticker, say)
  return setmetatable({ ticker = ticker, say = say, by = {} }, Trouble)
end

-- Tells the user of what is new.
local function note(self, campaign, message)
  local known = self.by[campaign]
  if not known then
    known = {}
    self.by[campaign] = known
  end
  if known.message ~= message then
    self.say(("campaign %s is passed over: %s"):format(err.plain(campaign), message))
  end
  known.message = message
  return known
end

--- Passes a campaign over until its facts are right.
---@param campaign string
---@param message string
function Trouble:wrong(campaign, message) note(self, campaign, message).facts = true end

--- Notes that the facts of a campaign are right.
---@param campaign string
function Trouble:right(campaign)
  local known = self.by[campaign]
  if not known or not known.facts then return end
  known.facts = false
  if not known.at then self:over(campaign) end
end

--- Passes a campaign over for a while, because a lease could not be traced or handed in.
---@param campaign string
---@param message string
function Trouble:failed(campaign, message)
  local known, ticker = note(self, campaign, message), self.ticker
  if known.at and ticker.count < known.at then return end        -- another lease of the same time
  known.pause = math.min((known.pause or FIRST / 2) * 2, MOST)
  known.at = ticker.count + math.ceil(known.pause / ticker.ms)
end

--- Notes that a lease was handed in: nothing is wrong any more.
---@param campaign string
function Trouble:over(campaign)
  if self.by[campaign] then self.say(("campaign %s goes on"):format(err.plain(campaign))) end
  self.by[campaign] = nil
end

--- Says that a campaign is gone, if nobody has ended it.
---@param campaign mtr.FleetCampaign
function Trouble:gone(campaign)
  if campaign.facts.state == "cancelled" or campaign:finished() then return end
  self.say(("campaign %s is gone from Redis, and was not done a moment ago"):format(campaign.name))
end

--- Forgets a campaign that is gone.
---@param campaign string
function Trouble:forget(campaign) self.by[campaign] = nil end

--- Is a campaign passed over now?
---@param campaign string
---@return boolean
function Trouble:passed_over(campaign)
  local known = self.by[campaign]
  return known ~= nil and (known.facts or known.at ~= nil and self.ticker.count < known.at)
end

--- Is something wrong with a campaign, so that it gets one lease at a time at most?
---@param campaign string
---@return boolean
function Trouble:has(campaign) return self.by[campaign] ~= nil end

--- Returns what is wrong, by campaign; nil: nothing.
---@return table<string, string>?
function Trouble:messages()
  local list
  for campaign, known in each(self.by) do
    list = list or {}
    list[campaign] = known.message
  end
  return list
end

return M
