-- SPDX-License-Identifier: MIT
--
-- What a worker says of itself in Redis with each sign of life: who and where it is, from which
-- addresses it probes, what its owner allows, what it has done, and how fast it is. Nothing is sent
-- to learn the addresses: the engine says from where it would probe addresses that are reserved for
-- documentation.

local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local each = require "mtr.base.each"
local version = require "mtr.base.version"
local json = require "mtr.record.json"

local C = lib.C
local M = {}

local OVER = 10000                     -- ms that a rate covers, about
local OFF = 5                          -- s by which clocks may differ; and by which they drift

-- Destinations of RFC 5737 and RFC 3849. Most other destinations are probed from the same
-- addresses.
local ASKED = { { "source4", 4, "192.0.2.1" }, { "source6", 6, "2001:db8::1" } }

local bytes, src = lib.new "uint8_t[16]", lib.new "uint8_t[16]"

--- Returns the addresses that the engine uses as source; none for a family that this host lacks.
---@param engine mtr.Engine
---@return { source4?: string, source6?: string }
function M.sources(engine)
  local found = {}
  for _, one in ipairs(ASKED) do
    addr.parse(one[3], bytes)
    local code = C.mtr_source(engine.c, one[2], bytes, src)
    if code == 0 then found[one[1]] = addr.text(src, one[2]) end
  end
  return found
end

--- Says that this host's clock is off; nil: it is not, or that is known. The difference is known to
--- about a second.
---@param worker mtr.FleetWorker
---@param seconds number Redis' clock without this host's
---@return string? message
function M.clock(worker, seconds)
  local known = worker.clock_off
  if math.abs(seconds) <= OFF then
    worker.clock_off = nil
    return nil
  end
  if known and math.abs(seconds - known) <= OFF then return nil end
  worker.clock_off = seconds
  return ("the clock of this host is %.0f s off that of Redis; the times in "
    .. "results are this host's"):format(math.abs(seconds))
end

-- How many targets it has traced, by campaign, and how many are under way.
local function traced(worker)
  local by, tracing = {}, 0
  for name, campaign in each(worker.campaigns) do by[name] = campaign.traced or 0 end
  for lease in each(worker.leases_here) do
    local name, n = lease.campaign.name, lease:count()
    by[name] = (by[name] or 0) + n
    if not lease.handing and not lease.handed then tracing = tracing + #lease.targets - n end
  end
  return by, tracing
end

-- Returns the oldest sample that is not too old, and adds this one.
local function oldest(worker, now)
  local list = worker.samples or {}
  worker.samples, list[#list + 1] = list, now
  while list[2] and now.ms - list[2].ms >= OVER do table.remove(list, 1) end
  return list[1]
end

-- Returns probes/s, targets/s by campaign, and the seconds that they cover.
local function rates(worker, by, probes)
  local now = { ms = worker.ticker.count * worker.ticker.ms, by = by, probes = probes }
  local old = oldest(worker, now)
  local seconds = (now.ms - old.ms) / 1000
  if seconds <= 0 then return nil, nil, 0 end
  local targets                        -- JSON has no empty objects
  for name, n in each(by) do
    local more = n - (old.by[name] or 0)
    if more > 0 then
      targets = targets or {}
      targets[name] = more / seconds
    end
  end
  return (probes - old.probes) / seconds, targets, seconds
end

local function words_of(set)
  if not set then return nil end
  local list = {}
  for word in each(set) do list[#list + 1] = word end
  table.sort(list)
  return list
end

--- Returns the facts as JSON.
---@param worker mtr.FleetWorker
---@return string
function M.text(worker)
  local engine = worker.engine
  local probes = engine:stats().probes_sent          -- raises if the engine is closed
  local from = M.sources(engine)
  local by, tracing = traced(worker)
  local probe_rate, target_rates, over = rates(worker, by, probes)
  return json.encode {
    point = worker.point, place = worker.place, version = version,
    source4 = from.source4, source6 = from.source6, transport = engine.transport_name,
    max_rate = worker.max > 0 and worker.max or nil, allow = words_of(worker.protocols),
    exclude = engine.exclude and engine.exclude.entries or nil, lease_time = worker.lease_time,
    rate = engine.rate, probe_rate = probe_rate, target_rates = target_rates, rates_over = over,
    leases = worker.count, tracing = tracing, done_leases = worker.done_leases,
    done_targets = worker.done_targets, probes = probes, campaign = worker.working,
    passed_over = worker.trouble:messages(),
  }
end

return M
