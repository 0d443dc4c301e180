-- SPDX-License-Identifier: MIT
--
-- The options of a campaign: what may be given, and what is made of it before anything starts.

local unpack = require "mtr.compat".unpack
local check = require "mtr.base.check"
local lib = require "mtr.lib"
local ids = require "mtr.record.ids"
local options = require "mtr.trace.options"
local request = require "mtr.trace.request"
local Checkpoint = require "mtr.campaign.checkpoint"
local Reporters = require "mtr.campaign.reporters"
local enrich = require "mtr.campaign.enrich"
local lanes = require "mtr.campaign.lanes"
local retry = require "mtr.campaign.retry"
local targets = require "mtr.targets"
local thresholds = require "mtr.campaign.thresholds"
local window = require "mtr.campaign.window"

local M = {}

---@class mtr.CampaignOptions: mtr.Ids
---@field targets mtr.Targets|string[]|function of strings: mtr.targets..., a list, an iterator
---@field engine? mtr.Engine default: the default engine
---@field trace? mtr.TraceOptions|fun(target: string): mtr.TraceOptions
---@field window? integer|"auto" traces under way at once; "auto", the default: as many as keep the
--- rate busy; without a rate 1000
---@field rate? number|string sets the engine's rate
---@field prefix_rate? table<string, number|string> such as { ["/16"] = "2/s", ["/48"] = 5 }:
--- probes per second to each prefix of this length; up to /32 of IPv4, above of IPv6, or "ipv6/32"
---@field as_rate? number|string probes per second to each AS of the option asn
---@field asn? string|string[] files in the layout of CAIDA's pfx2as; addresses that are not in it
--- have no AS rate
---@field priority? fun(target: string): number the highest of the targets that were read ahead goes
--- first. Targets may carry it instead: { target = "192.0.2.1", priority = 5 }; default 0
---@field retry? integer|mtr.RetryOptions traces failed targets again: times, after, when, all
---@field read_ahead? integer most targets that wait in memory for these five options; default 4096
---@field time_limit? number|string then it ends, as by stop(); summary.stopped_by is "time_limit"
---@field thresholds? table<string, string> see mtr.campaign.thresholds; summary.thresholds
---@field enrich? { dns?: boolean, asn?: boolean|string, privacy?: integer } names and origins of
--- routers in results: see mtr.campaign.enrich
---@field on_start? fun(target: string, trace: mtr.Trace?): "stop"? a trace only if it has an object
---@field on_trace? fun(result: mtr.BorrowedResult): "stop"?
---@field on_error? fun(message: string, target: string, name: string): "stop"?
---@field reporters? mtr.Reporter[]
---@field state? string a file: saves its state there each second, and resumes from it

local function either(one, other)
  local wanted = ("must be a %s or a %s"):format(one, other)
  return function(value)
    if type(value) == one or type(value) == other then return value end
    return nil, wanted
  end
end

local hook = check.type "function"
M.declaration = check.declare("campaign", {
  { name = "targets", kind = either("table", "function"), doc = "addresses, prefixes, names" },
  { name = "engine", kind = check.type "table", doc = "default: the default engine" },
  { name = "trace", kind = either("table", "function"), doc = "options of each trace" },
  { name = "window", kind = window.kind, doc = 'traces under way; default "auto"' },
  { name = "rate", kind = check.rate, doc = "sets the engine's rate" },
  { name = "prefix_rate", kind = check.any, doc = "probes per second to each prefix of a length" },
  { name = "as_rate", kind = check.any, doc = "probes per second to each AS" },
  { name = "asn", kind = check.any, doc = "files that say which AS has which prefix" },
  { name = "priority", kind = hook, doc = "returns the priority of a target" },
  { name = "retry", kind = either("table", "number"), doc = "traces failed targets again" },
  { name = "read_ahead", kind = check.integer(1, 1000000), doc = "most targets that wait" },
  { name = "time_limit", kind = check.duration(1, 1e10), doc = "ends it after this time" },
  { name = "thresholds", kind = check.type "table", doc = "figures to reach; unmet: status 99" },
  { name = "enrich", kind = check.type "table", doc = "names and origins of routers in results" },
  { name = "on_start", kind = hook, doc = "gets each target whose trace starts" },
  { name = "on_trace", kind = hook, doc = "gets each result" },
  { name = "on_error", kind = hook, doc = "gets each target that cannot be traced" },
  { name = "reporters", kind = check.type "table", doc = "objects that write results" },
  { name = "state", kind = check.type "string", doc = "saves its state, and resumes from it" },
  unpack(ids.options)
})

-- Prepares what the options name; returns the message of the first that is wrong.
local function problem(c)
  c.feed = targets.feed(c.targets)
  if not c.feed then return targets.wrong(c.targets) end
  local list, wrong = Reporters.new(c.reporters or {})
  if not list then return wrong end
  c.reporters = list
  if c.thresholds then
    c.thresholds, wrong = thresholds.new(c.thresholds)
    if not c.thresholds then return wrong end
  end
  if c.prefix_rate ~= nil or c.as_rate ~= nil or c.asn ~= nil then
    c.lanes, wrong = lanes.new(c)
    if not c.lanes then return wrong end
  end
  if c.enrich then
    c.enrich, wrong = enrich.new(c.enrich)
    if wrong then return wrong end
  end
  if c.retry then
    c.retry, wrong = retry.new(c.retry)
    if not c.retry then return wrong end
  end
  c.apart = type(c.trace) == "function"
  if c.apart then return nil end
  local kept, bug = request.fill(options.trace, c.trace, lib.new "struct mtr_trace")
  local s = kept and kept.strategy
  c.apart = kept and kept.pace ~= nil or type(s) == "table" and s.done ~= nil
  return bug
end

--- Writes the options into a campaign; returns the message of the first that is wrong.
---@param c mtr.Campaign
---@param opts? mtr.CampaignOptions
---@return string? message
function M.take(c, opts)
  local bug = check.each(M.declaration, opts, function(option, value) c[option.name] = value end)
  if bug then return bug end
  bug = problem(c)
  if bug then return "campaign: " .. bug end
  c.checkpoint = c.state and Checkpoint.new(c) or nil
end

return M
