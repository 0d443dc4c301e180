-- SPDX-License-Identifier: MIT
--
-- Puts a campaign into Redis: its facts, and its targets as leases of some hundred. It waits while
-- many of them are not taken. After a kill, the same call goes on where it was.

local each = require "mtr.base.each"
local err = require "mtr.base.err"
local json = require "mtr.record.json"
local lib = require "mtr.lib"
local targets = require "mtr.targets"
local book = require "mtr.fleet.book"
local keys = require "mtr.fleet.keys"
local scripts = require "mtr.fleet.scripts"

local M = {}

local BATCH = 16                       -- leases of one command
local FULL_WAIT = 250                  -- ms until leases are offered again

---@class mtr.FleetSubmission
---@field name string
---@field targets mtr.Targets|string[]|function
---@field trace table options of each trace: plain values only
---@field share "split"|"all"|"n"
---@field points? string[] vantage points that take part; default: those of the workers that live
---@field n? integer
---@field seed? integer
---@field lease integer targets of a lease
---@field rate? number|string probes per second of each worker
---@field most_leases integer leases in Redis that are not done
---@field most_bytes integer results in Redis that are not drained
---@field results "packed"|"json" what workers hand in: packed records, or lines of JSON
---@field shared? boolean the strategy doubletree, with stop sets for all
---@field list? string
---@field cycle? string
---@field on_bad? fun(text: string, message: string)

-- Returns the vantage points of the workers that live.
local function living(link)
  local names, message, name = link:call { "HKEYS", keys.WORKERS }
  if not names then return nil, message, name end
  local seen, list = {}, {}
  for _, worker in ipairs(names) do
    local point, alive, problem, code = keys.point(worker), link:call { "EXISTS",
      keys.worker(worker) }
    if not alive then return nil, problem, code end
    if alive == 1 and not seen[point] then seen[point], list[#list + 1] = true, point end
  end
  table.sort(list)
  return list
end

local function points_of(link, s)
  if s.share == "split" then return {} end
  local list, message, name = s.points
  if not list then
    list, message, name = living(link)
    if not list then return nil, message, name end
    if not list[1] then
      return err.named("ENOENT", "no worker lives, so name the vantage points: --points ams,fra")
    end
  end
  if s.share == "n" and s.n > #list then
    return err.named("EINVAL", ("each target is to be traced from %d vantage points, and there are "
      .. "%d: %s"):format(s.n, #list, table.concat(list, ", ")))
  end
  return list
end

local SAME = { "describe", "trace", "share", "points", "n", "seed", "lease", "shared", "results" }
-- The meaning of a missing field: version 1 had no field for results.
local ABSENT = { results = "json" }

local function leftover(name)
  return err.named("EEXIST", ("there is no campaign %s, but keys of one are left: look what they "
    .. "are, and delete them: redis-cli DEL %s"):format(name,
    table.concat(keys.all(name), " ", 3, 7)))
end

-- Makes the campaign, or finds it as it was begun before. Returns it, and 1 if it was made now.
local function open(link, s, feed)
  local alive, message, name = link:call { "PING" }
  if not alive then return nil, message, name end
  if link.evicts then return err.named("EINVAL", link.evicts) end
  local points
  points, message, name = points_of(link, s)
  if not points then return nil, message, name end
  local facts = {
    version = tostring(keys.VERSION), name = s.name, state = "running", share = s.share,
    points = table.concat(points, ","), n = tostring(s.n or 1), seed = ("%.0f"):format(s.seed or 0),
    lease = tostring(s.lease), trace = json.encode(s.trace), rate = keys.rate(s.rate),
    describe = feed:describe(), list = s.list or "default", cycle = s.cycle or "1",
    shared = s.shared and "1" or "0", results = s.results, complete = "0", leases = "0",
    most_bytes = ("%.0f"):format(s.most_bytes), position = "0", targets = "0", done = "0",
  }
  local args = { s.name, math.max(1, #points) }
  if s.share == "split" then args[3] = keys.group "split" end
  for _, point in ipairs(points) do args[#args + 1] = keys.group(s.share, point) end
  for field, value in each(facts) do args[#args + 1], args[#args + 2] = field, value end
  local made
  made, message, name = link:call(scripts.command(scripts.create, keys.all(s.name), args))
  if not made then
    return nil, name == "ECANCELED" and message or ("campaign %s: %s"):format(s.name, message), name
  end
  if made == -1 then return leftover(s.name) end
  local campaign
  campaign, message, name = book.read(link, s.name)
  if not campaign then return nil, message or "ENOENT: the campaign is gone", name or "ENOENT" end
  if not s.points and made == 0 then facts.points = campaign.facts.points end
  for _, field in ipairs(SAME) do
    local there = campaign.facts[field] or ABSENT[field]
    if there ~= facts[field] then
      return err.named("EEXIST", ("there is a campaign %s already, and its %s is %s, not %s")
        :format(s.name, field, err.show(there), err.show(facts[field])))
    end
  end
  if made == 0 and (campaign:finished() or campaign.facts.state == "cancelled") then
    return err.named("EEXIST", ("there is a campaign %s already, which is %s: give another name, "
      .. "or forget that one (mtrlua fleet forget %s)"):format(s.name,
      campaign:finished() and "done" or "cancelled", s.name))
  end
  return campaign, made
end

-- Reads the targets of one lease; nil at the end.
local function lease(s, feed)
  local list, message, name = {}, nil, nil
  while #list < s.lease do
    local text, problem, code = feed:read()
    if not text then
      message, name = problem, code
      break
    end
    if problem then
      if s.on_bad then s.on_bad(text, problem) end
    else
      list[#list + 1] = text
    end
  end
  return list, message, name
end

-- Sends some leases; returns true when Redis has them.
local function put(link, ticker, s, first, position, complete, batch)
  local args = { first, position, s.most_leases, complete and "1" or "0" }
  for _, list in ipairs(batch) do
    args[#args + 1], args[#args + 2] = #list, table.concat(list, "\n")
  end
  local words = scripts.command(scripts.put, { keys.meta(s.name), keys.leases(s.name) }, args)
  while true do
    local n, message, name = link:call(words)
    if not n then return nil, message, name end
    if n == first - 1 + #batch then return true end
    if n == -2 then return err.named("ECANCELED", "the campaign was cancelled") end
    if n >= 0 then
      return err.named("EBUSY", "another process submits the campaign " .. s.name .. " too")
    end
    if not ticker:wait(FULL_WAIT) then return err.named("ECANCELED", "interrupted") end
  end
end

-- Removes a campaign that was made for targets of which none can be read.
local function unmake(link, name)
  link:call(scripts.command(scripts.forget, keys.all(name), { name, "1" }))
end

--- Submits a campaign. Returns how many targets and leases it has in all.
---@async
---@param link mtr.RedisLink
---@param ticker mtr.Ticker
---@param s mtr.FleetSubmission
---@return integer? targets
---@return integer|string leases, or a message
---@return string? name
function M.run(link, ticker, s)
  local feed = targets.feed(s.targets)
  if not feed then return err.named("EINVAL", targets.wrong(s.targets)) end
  local campaign, made, name = open(link, s, feed)
  if not campaign then return nil, made, name end
  local message
  local count = tonumber(campaign.facts.leases)
  local total = tonumber(campaign.facts.targets)
  if campaign.facts.complete == "1" then return total, count end
  local ok
  ok, message, name = feed:skip(tonumber(campaign.facts.position))
  if not ok then return nil, message, name end
  local complete = false
  while not complete do
    if lib.signals[0] > 0 then return err.named("ECANCELED", "interrupted") end
    local batch = {}
    while #batch < BATCH and not complete do
      local list
      list, message, name = lease(s, feed)
      if name then
        if made == 1 and count == 0 then unmake(link, s.name) end
        return nil, message, name
      end
      complete = #list < s.lease
      if list[1] then batch[#batch + 1], total = list, total + #list end
    end
    ok, message, name = put(link, ticker, s, count + 1, feed:position(), complete, batch)
    if not ok then return nil, message, name end
    count = count + #batch
  end
  return total, count
end

return M
