-- SPDX-License-Identifier: MIT
--
-- How the campaigns and the workers of a fleet are: as a table, as text, as metrics for Prometheus.

local err = require "mtr.base.err"
local json_read = require "mtr.record.json_read"
local book = require "mtr.fleet.book"
local keys = require "mtr.fleet.keys"
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
---@field rate? number leases per second between two looks
---@field eta? number seconds

---@class mtr.FleetWorkerStatus
---@field name string
---@field alive boolean
---@field age number seconds since its last sign of life
---@field slow boolean it is late with its sign of life
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
    undrained_bytes = 0, drained = 0, repeated = 0, points = {} }
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
  }
end

local function worker(link, name, text, now)
  local ms, facts = text:match "^(%d+) (.*)$"
  local alive, message, code = link:call { "EXISTS", keys.lock(name) }
  if not alive then return nil, message, code end
  local age = (now - number(ms)) / 1000
  facts = facts and json_read.decode(facts)
  return { name = name, alive = alive == 1, age = age, slow = alive == 1 and age > 4,
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
  return found
end

--- Adds rate and time to go, from an earlier look.
---@param now table of look()
---@param before table of look()
function M.compare(now, before)
  local seconds = (now.ms - before.ms) / 1000
  for _, c in ipairs(now.campaigns) do
    for _, old in ipairs(before.campaigns) do
      if old.name == c.name and seconds > 0 then
        c.rate = (c.done - old.done) / seconds
        c.target_rate = (c.done_targets - old.done_targets) / seconds
        if c.complete and c.rate > 0 then c.eta = (c.wanted - c.done) / c.rate end
      end
    end
  end
end

local function span(seconds)
  if seconds < 100 then return ("%.0f s"):format(seconds) end
  if seconds < 6000 then return ("%.0f min"):format(seconds / 60) end
  return ("%.1f h"):format(seconds / 3600)
end

--- Returns the table as text for people.
---@param found table of look()
---@return string
function M.text(found)
  local lines = {}
  local function add(...) lines[#lines + 1] = (...):format(select(2, ...)) end
  if not found.campaigns[1] then add "no campaigns" end
  local function add_campaign(c)
    if c.problem then return add("campaign %s: %s: %s", c.name, c.state, c.problem) end
    add("campaign %s: %s, %d targets%s, %d of %d leases done, %d under way", c.name, c.state,
      c.targets, c.complete and "" or " so far", c.done, c.wanted, c.under_way)
    add("  %.1f leases/s, %.0f targets/s%s; %d targets failed; %.1f MB wait for a drain%s",
      c.rate or 0, c.target_rate or 0, c.eta and ", " .. span(c.eta) .. " to go" or "", c.failed,
      c.undrained_bytes / 1e6,
      c.repeated > 0 and ("; %d leases came twice"):format(c.repeated) or "")
  end
  for _, c in ipairs(found.campaigns) do add_campaign(c) end
  if not found.workers[1] then add "no workers" end
  for _, w in ipairs(found.workers) do
    local f = w.facts
    add("worker %s%s: %s, %s leases, %s done, %s targets%s", err.plain(w.name),
      f.place and " (" .. err.plain(tostring(f.place)) .. ")" or "",
      w.alive and (w.slow and ("slow, %.0f s"):format(w.age) or "alive")
        or ("dead since %s"):format(span(w.age)),
      err.plain(tostring(f.leases or "?")), err.plain(tostring(f.done_leases or "?")),
      err.plain(tostring(f.done_targets or "?")),
      (tonumber(f.rate) or 0) > 0 and (", at most %g probes/s"):format(f.rate) or "")
  end
  return table.concat(lines, "\n") .. "\n"
end

local METRICS = {
  { "targets", "counter", "Targets that were submitted." },
  { "done_targets", "counter", "Targets whose results were handed in." },
  { "failed", "counter", "Targets that could not be traced." },
  { "wanted", "gauge", "Leases to hand in." }, { "done", "counter", "Leases handed in." },
  { "under_way", "gauge", "Leases that workers have." },
  { "undrained_bytes", "gauge", "Bytes of results that wait for a drain." },
  { "repeated", "counter", "Leases that came twice." },
}

local function label(text) return (err.plain(text):gsub('[\\"]', "\\%0")) end

--- Returns the table in Prometheus' text format.
---@param found table of look()
---@return string
function M.prometheus(found)
  local lines = {}
  local function add(...) lines[#lines + 1] = (...):format(select(2, ...)) end
  for _, metric in ipairs(METRICS) do
    local name = "mtr_fleet_" .. metric[1] .. (metric[2] == "counter" and "_total" or "")
    add("# HELP %s %s", name, metric[3])
    add("# TYPE %s %s", name, metric[2])
    for _, c in ipairs(found.campaigns) do
      if not c.problem then add('%s{campaign="%s"} %.0f', name, label(c.name), c[metric[1]]) end
    end
  end
  add "# HELP mtr_fleet_worker_alive Whether a worker shows signs of life."
  add "# TYPE mtr_fleet_worker_alive gauge"
  for _, w in ipairs(found.workers) do
    add('mtr_fleet_worker_alive{worker="%s"} %d', label(w.name), w.alive and 1 or 0)
  end
  return table.concat(lines, "\n") .. "\n"
end

return M
