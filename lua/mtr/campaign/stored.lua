-- SPDX-License-Identifier: MIT
--
-- What a campaign does with the targets of its store (mtr.campaign.read_ahead): how their traces
-- differ from others, and whether a target is done or tried again when its trace has ended.

local err = require "mtr.base.err"
local ids = require "mtr.record.ids"
local read_ahead = require "mtr.campaign.read_ahead"

local M = {}

local SIZE = 4096

--- Makes the store of a campaign, if its options need one. Reads the table of ASes.
---@param c mtr.Campaign
---@return true?
---@return string? message, string? name
function M.open(c)
  if c.lanes then
    c.lanes:attach(c.engine)
    local ok, message, name = c.lanes:open()
    if not ok then return nil, message, name end
  end
  if c.lanes or c.retry or c.priority then M.begin(c) end
  return true
end

--- Makes the store.
---@param c mtr.Campaign
function M.begin(c) c.ahead = read_ahead.new(c, c.read_ahead or SIZE) end

--- Returns the ids of the results of one attempt.
---@param c mtr.Campaign
---@param attempt integer
---@return mtr.Ids?
function M.ids(c, attempt)
  if not c.retry then return c.ids end
  c.tries = c.tries or {}
  local known = c.tries[attempt]
  if not known then
    known = ids.take(c.ids or {}) or {}
    known.try, c.tries[attempt] = attempt, known
  end
  return known
end

--- Returns the label of the traces of one attempt: see mtr.record.ids.
---@param c mtr.Campaign
---@param attempt integer
---@return integer
function M.label(c, attempt)
  c.labels = c.labels or {}
  local label = c.labels[attempt]
  if not label then
    local message
    label, message = ids.label(c.engine.c, M.ids(c, attempt))
    if not label then error(message, 0) end
    c.labels[attempt] = label
  end
  return label
end

local function again(c, item)
  c.ahead:again(item, c.retry.after)
  c.exhausted = false
  return true
end

--- Notes a result. Returns true if its target is tried again.
---@param c mtr.Campaign
---@param item mtr.StoredTarget
---@param result mtr.Result|mtr.BorrowedResult
---@return boolean
function M.ended(c, item, result)
  if c.halted or not c.retry or not c.retry:wants(item.attempt, result) then
    c.ahead:done(item)
    return false
  end
  c.tally:again(result.probe_count)
  if c.retry.all then
    c:hand_out(result)
    if c.halted then                           -- a hook has ended the campaign: this was the last
      c.ahead:done(item)
      return true
    end
  end
  return again(c, item)
end

--- Notes that a target could not be traced. Returns true if it is tried again.
---@param c mtr.Campaign
---@param item mtr.StoredTarget
---@return boolean
function M.failed(c, item)
  if c.halted or not c.retry or not c.retry:wants_failed(item.attempt) then
    c.ahead:done(item)
    return false
  end
  c.tally:again(0)
  return again(c, item)
end

--- Ends the store. Without a state, the targets that waited for another attempt would be lost: they
--- go to on_error.
---@param c mtr.Campaign
function M.stop(c)
  local store = c.ahead
  if store.stopped then return end
  store.stopped = true
  store:stop()
  if c.checkpoint then return end
  store:each_stored(function(item)
    if item.attempt == 1 then return end
    local _, message, name = err.named("ECANCELED", "the campaign ended before it was tried again")
    c:cannot(item.target, message, name)
  end)
end

return M
