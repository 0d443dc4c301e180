-- SPDX-License-Identifier: MIT
--
-- Says what a campaign would send and how long that would take, without sending anything:
--
--     print(assert(mtr.plan { targets = mtr.targets.file "list.txt", rate = 1000 }))
--
-- It reads the targets, so these cannot be used again; it counts at most COUNTED of them. How long
-- paths are is not known before, so the number of probes is an estimate.

local units = require "mtr.base.units"
local options = require "mtr.trace.options"
local targets = require "mtr.targets"

local M = {}

local COUNTED, SHOWN = 1000000, 3
local HOPS = 16                        -- of a usual path

-- Returns the value of an option of the traces, or its default.
local function option(trace, name) return trace[name] or options.trace.by_name[name].default end

-- Counts the targets; returns nil, a message and a name if they cannot be read.
local function count(chain)
  local found = { n = 0, bad = 0 }
  while found.n < COUNTED do
    local target, message, name = chain:read()
    if name then return nil, message, name end
    if not target then return found end
    if message then
      found.bad, found.first = found.bad + 1, found.first or message
    else
      found.n = found.n + 1
      if found.n <= SHOWN then found[found.n] = target end
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
  local found, message, name = count(chain)
  if not found then return nil, message, name end
  local trace, more = opts.trace or {}, found.more or ""
  local queries, rate = option(trace, "queries"), units.rate(opts.rate or 0)
  local probes = found.n * HOPS * queries
  local out = { ("targets: %s%d"):format(more, found.n) }
  if found.n > 0 then out[1] = out[1] .. ", first " .. table.concat(found, ", ") end
  if found.bad > 0 then out[#out + 1] = ("wrong: %d, first: %s"):format(found.bad, found.first) end
  out[#out + 1] = ("probes: about %s%.0f if paths have %d hops, at most %d to each target"):format(
    more, probes, HOPS, option(trace, "max_ttl") * queries * option(trace, "attempts"))
  out[#out + 1] = rate and rate > 0
    and ("time: about %s%s at %g probes/s"):format(more, span(probes / rate), rate)
    or "time: not known without a rate"
  return table.concat(out, "\n") .. "\n"
end

return M
