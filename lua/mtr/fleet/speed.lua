-- SPDX-License-Identifier: MIT
--
-- How fast a fleet is: the rate of each campaign, the time that it still needs, and which workers
-- are slow. A worker is slow if its last sign of life is older than four seconds, or if it sends
-- less than a quarter of the probes that it may: of its owner's rate and its campaign's, or without
-- both of the median of the workers for the same campaign, if they are three or more. The second is
-- judged over ten seconds, and only while its campaign has leases for all: not while it is paused,
-- its results wait for a drain, or its last leases are under way, when workers have nothing more to
-- send.

local each = require "mtr.base.each"

local M = {}

local LATE = 4                         -- s
local OVER = 9                         -- s that a rate has to cover
local FEW, PEERS = 1 / 4, 3

local function number(value) return tonumber(value) or 0 end

-- The rates of campaigns, by name.
local function rates(workers)
  local by = {}
  for _, w in ipairs(workers) do
    local said = w.alive and w.facts.target_rates
    for name, rate in each(type(said) == "table" and said or {}) do
      by[name] = (by[name] or 0) + math.max(0, number(rate))
    end
  end
  return by
end

-- Returns how many probes/s a worker may send for a campaign; 0: as many as it can.
local function limit(c, w)
  local own, its = number(w.facts.rate), c and c.limit or 0
  return own > 0 and its > 0 and math.min(own, its) or math.max(own, its, 0)
end

-- How many targets are to be traced yet, from all vantage points.
local function targets_left(c)
  if c.leases == 0 then return 0 end
  return math.max(0, c.targets * c.wanted / c.leases - c.done_targets - c.failed)
end

-- Has each worker for a campaign something to send?
local function busy(c)
  return c.state == "running" and c.wanted - c.done - c.under_way > 0
    and (c.most_bytes == 0 or c.undrained_bytes < c.most_bytes)
end

-- The workers whose speed can be judged, by campaign.
local function judged(found)
  local by = {}
  for _, c in ipairs(found.campaigns) do by[c.name] = busy(c) and {} or nil end
  for _, w in ipairs(found.workers) do
    local f = w.facts
    local list = w.alive and by[f.campaign or ""]
    if list and number(f.tracing) > 0 and number(f.rates_over) >= OVER then list[#list + 1] = w end
  end
  return by
end

local function median(list)
  local sent = {}
  for i, w in ipairs(list) do sent[i] = number(w.facts.probe_rate) end
  table.sort(sent)
  return #sent >= PEERS and sent[math.ceil(#sent / 2)] or 0
end

--- Adds to a look how fast all are.
---@param found table of mtr.fleet.status
function M.judge(found)
  local by, named = rates(found.workers), {}
  for _, c in ipairs(found.campaigns) do
    named[c.name] = c
    c.rate = by[c.name] or 0
    if c.complete and c.state == "running" and c.rate > 0 then c.eta = targets_left(c) / c.rate end
  end
  for _, w in ipairs(found.workers) do w.limit = limit(named[w.facts.campaign or ""], w) end
  for _, list in each(judged(found)) do
    local usual = median(list)
    for _, w in ipairs(list) do
      local sent, may = number(w.facts.probe_rate), w.limit > 0 and w.limit or usual
      if sent < FEW * may then
        w.why = ("%.0f probes/s, where %s %.0f"):format(sent, w.limit > 0 and "it may send"
          or "others send", may)
      end
    end
  end
  for _, w in ipairs(found.workers) do
    if w.alive and w.age > LATE then w.why = ("no sign of life for %.0f s"):format(w.age) end
    w.slow = w.why ~= nil
    w.state = not w.alive and "dead" or w.slow and "slow" or "alive"
  end
end

return M
