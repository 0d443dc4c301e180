-- SPDX-License-Identifier: MIT
--
-- How the campaigns and the workers of a fleet are, as a table. How fast they are comes from what
-- the workers say of themselves, so one look is enough.

local err = require "mtr.base.err"
local units = require "mtr.base.units"
local json_read = require "mtr.record.json_read"
local book = require "mtr.fleet.book"
local keys = require "mtr.fleet.keys"
local speed = require "mtr.fleet.speed"
local troubles = require "mtr.fleet.trouble"

local M = {}

---@class mtr.FleetCampaignStatus
---@field name string
---@field state string running, paused, cancelled, done; not known here
---@field problem? string why it is not known here: then the numbers are 0
---@field share string
---@field targets integer submitted
---@field complete boolean all targets are submitted
---@field leases integer
---@field wanted integer leases to hand in, for all vantage points
---@field done integer of them
---@field failed integer targets that could not be traced
---@field under_way integer leases that workers have
---@field undrained_bytes integer
---@field repeated integer leases that came twice
---@field limit number probes per second of each worker; 0: as fast as it may
---@field most_bytes integer undrained bytes with which workers rest
---@field rate number targets per second, of the last ten seconds
---@field eta? number seconds to go; nil: it is not known, or not all targets are submitted

---@class mtr.FleetWorkerStatus
---@field name string
---@field alive boolean
---@field age number seconds since its last sign of life
---@field state "alive"|"slow"|"dead"
---@field slow boolean see mtr.fleet.speed
---@field why? string why it is slow
---@field limit number probes per second that it may send; 0: as many as it can
---@field facts table what it says of itself

local function number(text) return tonumber(text) or 0 end

-- Returns how many leases workers have.
local function under_way(link, name)
  local groups, message, code = link:call { "XINFO", "GROUPS", keys.leases(name) }
  if not groups then
    if code == "ERR" then return 0 end          -- the stream is gone: cancelled
    return nil, message, code
  end
  local n = 0
  for _, group in ipairs(groups) do
    for i = 1, #group, 2 do
      if group[i] == "pending" then n = n + number(group[i + 1]) end
    end
  end
  return n
end

-- What can be said of a campaign that is of no use here, such as one of a later version.
local function unknown(name, message)
  return { name = name, share = "", state = "not known here", problem = message, targets = 0,
    complete = false, leases = 0, wanted = 0, done = 0, done_targets = 0, failed = 0, under_way = 0,
    undrained_bytes = 0, drained = 0, repeated = 0, points = {}, most_bytes = 0, limit = 0 }
end

local function campaign(link, name)
  local c, message, code = book.read(link, name)
  if c == nil and troubles.of_keys(code) then return unknown(name, message) end
  if not c then return c, message, code end
  local pending
  pending, message, code = under_way(link, name)
  if not pending then return nil, message, code end
  local f = c.facts
  return {
    name = name, share = c.share, state = c:finished() and "done" or f.state or "unknown",
    targets = number(f.targets), complete = f.complete == "1", leases = number(f.leases),
    wanted = c:wanted(), done = number(f.done), done_targets = number(f.done_targets),
    failed = number(f.failed), under_way = pending, undrained_bytes = number(f.bytes),
    drained = number(f.drained), repeated = number(f.repeated), points = c.points,
    most_bytes = c.most_bytes, limit = units.rate(f.rate or 0) or 0,
  }
end

local function worker(link, name, text, now)
  local ms, facts = text:match "^(%d+) (.*)$"
  local alive, message, code = link:call { "EXISTS", keys.worker(name) }
  if not alive then return nil, message, code end
  local age = (now - number(ms)) / 1000
  facts = facts and json_read.decode(facts)
  return { name = name, alive = alive == 1, age = age,
    facts = type(facts) == "table" and facts or {} }
end

--- Looks at a fleet.
---@async
---@param link mtr.RedisLink
---@param only? string name of a campaign
---@return { campaigns: mtr.FleetCampaignStatus[], workers: mtr.FleetWorkerStatus[], ms: number }?
---@return string? message, string? name
function M.look(link, only)
  local time, message, name = link:call { "TIME" }
  if not time then return nil, message, name end
  local now = number(time[1]) * 1000 + number(time[2]) / 1000
  local names, said = { only }
  if not only then
    names, message, name = link:call { "SMEMBERS", keys.CAMPAIGNS }
    if not names then return nil, message, name end
    table.sort(names)
  end
  local found = { campaigns = {}, workers = {}, ms = now }
  for _, one in ipairs(names) do
    local c
    c, message, name = campaign(link, one)
    if c == nil then return nil, message, name end
    if c == false and only then return err.named("ENOENT", "there is no campaign " .. only) end
    found.campaigns[#found.campaigns + 1] = c or nil
  end
  said, message, name = link:call { "HGETALL", keys.WORKERS }
  if not said then return nil, message, name end
  for i = 1, #said, 2 do
    local w
    w, message, name = worker(link, said[i], said[i + 1], now)
    if not w then return nil, message, name end
    found.workers[#found.workers + 1] = w
  end
  table.sort(found.workers, function(a, b) return a.name < b.name end)
  speed.judge(found)
  return found
end

return M
