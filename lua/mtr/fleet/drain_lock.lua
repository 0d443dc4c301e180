-- SPDX-License-Identifier: MIT
--
-- The lock of a drain, which keeps others away from its campaign. It expires some time after its
-- owner was killed, so the owner renews it each second: at the ticks of the clock while it waits
-- for others, and between results while it computes, when no clock ticks.

local err = require "mtr.base.err"
local keys = require "mtr.fleet.keys"
local scripts = require "mtr.fleet.scripts"

local M = {}

local LASTS, EVERY = 15000, 1000       -- ms: until it expires; between two renewals

---@class mtr.FleetDrainLock
---@field link mtr.RedisLink
---@field ticker mtr.Ticker
---@field campaign string
---@field words (string|number)[] the command that takes and renews it
---@field second integer s; time of day of the last renewal
---@field tick integer its tick
---@field over? boolean
---@field lost? boolean another one has it
local Lock = {}
Lock.__index = Lock

--- Makes one; it is not taken yet.
---@param link mtr.RedisLink
---@param ticker mtr.Ticker
---@param campaign string
---@return mtr.FleetDrainLock
function M.new(link, ticker, campaign)
  local secret = keys.secret()
  return setmetatable({ link = link, ticker = ticker, campaign = campaign, secret = secret,
    words = scripts.command(scripts.lock_drain, { keys.drain_lock(campaign), keys.leases(campaign),
      keys.left(campaign) }, { secret, LASTS }) }, Lock)
end

local function renewed(self) self.second, self.tick = os.time(), self.ticker.count end

local function busy(self)
  return err.named("EBUSY", ("another process drains the campaign %s (or one was killed less "
    .. "than %d s ago)"):format(self.campaign, LASTS / 1000))
end

--- Takes it, or renews it.
---@async
---@return true?
---@return string? message, string? name
function Lock:take()
  local locked, message, name = self.link:call(self.words)
  if locked == 0 then return busy(self) end
  if not locked then return nil, message, name end
  renewed(self)
  return true
end

--- Renews it while the owner waits, until it is released.
function Lock:watch()
  local function answer(reply) self.lost = self.lost or reply == 0 end
  self.ticker:listen(function()
    if self.over then return true end
    local due = (self.ticker.count - self.tick) * self.ticker.ms >= EVERY
    if due and self.link:post(self.words, answer) then renewed(self) end
  end)
end

--- Renews it if the time has come, and says if another one has it. Costs little: call it often
--- where nothing waits.
---@async
---@return true?
---@return string? message, string? name
function Lock:keep()
  if self.lost then return busy(self) end
  if os.time() == self.second then return true end
  return self:take()
end

--- Gives it back.
function Lock:release()
  self.over = true
  self.link:post(scripts.command(scripts.unlock_drain, { keys.drain_lock(self.campaign) },
    { self.secret }))
end

return M
