-- SPDX-License-Identifier: MIT
--
-- Says what a campaign would send and how long that would take, without sending anything:
--
--     print(assert(mtr.plan { targets = mtr.targets.file "list.txt", rate = 1000 }))
--
-- It reads the targets, so these cannot be used again; it counts at most COUNTED of them. How long
-- paths are is not known before, so the number of probes is an estimate.

local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local units = require "mtr.base.units"
local lanes = require "mtr.campaign.lanes"
local options = require "mtr.trace.options"
local targets = require "mtr.targets"

local M = {}

local COUNTED, SHOWN = 1000000, 3
local HOPS = 16                        -- of a usual path

-- Returns the value of an option of the traces, or its default.
local function option(trace, name) return trace[name] or options.trace.by_name[name].default end

local bytes = lib.new "uint8_t[16]"

-- Returns the rates of prefixes and ASes, nil: there are none; or false and what is wrong.
local function rates_of(opts)
  if opts.prefix_rate == nil and opts.as_rate == nil and opts.asn == nil then return nil end
  local rates, bug = lanes.new(opts)
  if not rates then error("plan: " .. bug, 3) end
  local ok, message, name = rates:open()
  if not ok then return false, message, name end
  return rates
end

-- Counts an address at each prefix and AS that has a rate; `found.slowest` is the number of seconds
-- that one probe to each target of the slowest of them takes.
local function count_parts(found, rates, target)
  local family = addr.parse(target, bytes)
  if family < 0 then return end
  rates:each_part(bytes, family, function(rule, key)
    local n = (found.parts[key] or 0) + 1
    found.parts[key] = n
    found.slowest = math.max(found.slowest, n / rule.rate)
  end)
end

-- Counts the targets; returns nil, a message and a name if they cannot be read.
local function count(chain, rates)
  local found = { n = 0, bad = 0, parts = {}, slowest = 0 }
  while found.n < COUNTED do
    local target, message, name = chain:read()
    if name then return nil, message, name end
    if not target then return found end
    if message then
      found.bad, found.first = found.bad + 1, found.first or message
    else
      found.n = found.n + 1
      if found.n <= SHOWN then found[found.n] = target end
      if rates then count_parts(found, rates, target) end
    end
  end
  found.more = "at least "
  return found
end

local function span(seconds)
  if seconds < 120 then return ("%.0f s"):format(seconds) end
  if seconds < 7200 then return ("%.0f min"):format(seconds / 60) end
  if seconds < 172800 then return ("%.1f h"):format(seconds / 3600) end
  return ("%.1f days"):format(seconds / 86400)
end

--- Returns lines of text about a campaign.
---@param opts mtr.CampaignOptions with a table `trace`, or none
---@return string?
---@return string? message, string? name if the targets cannot be read
function M.of(opts)
  local chain = targets.feed(opts.targets)
  if not chain then error("plan: " .. targets.wrong(opts.targets), 2) end
  local rates, message, name = rates_of(opts)
  if rates == false then return nil, message, name end
  local found
  found, message, name = count(chain, rates)
  if not found then return nil, message, name end
  local trace, more = opts.trace or {}, found.more or ""
  local queries, rate = option(trace, "queries"), units.rate(opts.rate or 0)
  local probes = found.n * HOPS * queries
  local out = { ("targets: %s%d"):format(more, found.n) }
  if found.n > 0 then out[1] = out[1] .. ", first " .. table.concat(found, ", ") end
  if found.bad > 0 then out[#out + 1] = ("wrong: %d, first: %s"):format(found.bad, found.first) end
  out[#out + 1] = ("probes: about %s%.0f if paths have %d hops, at most %d to each target"):format(
    more, probes, HOPS, option(trace, "max_ttl") * queries * option(trace, "attempts"))
  local seconds = rate and rate > 0 and probes / rate or 0
  local why = ("at %g probes/s"):format(rate or 0)
  if found.slowest * HOPS * queries > seconds then
    seconds, why = found.slowest * HOPS * queries, "at the rate of its slowest prefix or AS"
  end
  out[#out + 1] = seconds > 0 and ("time: about %s%s %s"):format(more, span(seconds), why)
    or "time: not known without a rate"
  local times = type(opts.retry) == "table" and opts.retry.times or opts.retry
  if times then
    out[#out + 1] = ("failed targets are traced again, up to %s times"):format(times)
  end
  return table.concat(out, "\n") .. "\n"
end

return M
