-- SPDX-License-Identifier: MIT
--
-- What the owner of a campaign changes while it is there: its state and rate, and that it is
-- forgotten when it is over.

local err = require "mtr.base.err"
local book = require "mtr.fleet.book"
local keys = require "mtr.fleet.keys"
local scripts = require "mtr.fleet.scripts"

local M = {}

--- Changes the state of a campaign, and its rate for each worker.
---@async
---@param link mtr.RedisLink
---@param campaign string
---@param state "running"|"paused"|"cancelled"
---@param rate? number|string
---@return true?
---@return string? message, string? name
function M.set(link, campaign, state, rate)
  local answer, message, name = link:call(scripts.command(scripts.set, { keys.meta(campaign),
    keys.leases(campaign), keys.left(campaign), keys.stops(campaign), keys.rates(campaign) },
    { state, rate and keys.rate(rate) or "" }))
  if not answer then return nil, message, name end
  if answer == 0 then return err.named("ENOENT", "there is no campaign " .. campaign) end
  if answer == -1 then
    return err.named("ECANCELED", ("campaign %s was cancelled"):format(campaign))
  end
  return true
end

--- Forgets a campaign that is done or cancelled: its name is free again.
---@async
---@param link mtr.RedisLink
---@param campaign string
---@param discard? boolean also with results that no drain has written
---@return true?
---@return string? message, string? name
function M.forget(link, campaign, discard)
  local known, message, name = book.read(link, campaign)
  if known == nil then return nil, message, name end
  if not known then return err.named("ENOENT", "there is no campaign " .. campaign) end
  if not known:finished() and known.facts.state ~= "cancelled" then
    return err.named("EBUSY", ("campaign %s is not over: cancel it first"):format(campaign))
  end
  local answer
  answer, message, name = link:call(scripts.command(scripts.forget, keys.all(campaign),
    { campaign, discard and "1" or "0" }))
  if not answer then return nil, message, name end
  if answer == -1 then
    return err.named("EBUSY", ("a process drains the campaign %s (or one was killed a moment ago)")
      :format(campaign))
  end
  if answer == -2 then
    return err.named("EBUSY", ("results of campaign %s wait for a drain: drain it, or discard them")
      :format(campaign))
  end
  return true
end

return M
