-- SPDX-License-Identifier: MIT
--
-- How a fleet is (mtr.fleet.status), as text for people and as metrics for Prometheus. What workers
-- say of themselves is foreign text.

local err = require "mtr.base.err"

local M = {}

local function span(seconds)
  if seconds < 100 then return ("%.0f s"):format(seconds) end
  if seconds < 6000 then return ("%.0f min"):format(seconds / 60) end
  return ("%.1f h"):format(seconds / 3600)
end

local function plain(value, absent)
  return err.plain(tostring(type(value) == "table" and absent or value or absent))
end
local function number(value) return tonumber(value) or 0 end

-- What the owner of a worker allows, and from where it probes; nil: it does not say.
local function about(f)
  local parts, from, allow = {}, {}, {}
  for _, source in ipairs { f.source4 or false, f.source6 or false } do
    if source then from[#from + 1] = plain(source, "?") end
  end
  if from[1] then parts[1] = "from " .. table.concat(from, ", ") end
  if f.version then parts[#parts + 1] = "version " .. plain(f.version, "?") end
  if number(f.max_rate) > 0 then
    parts[#parts + 1] = ("its owner allows %g probes/s"):format(number(f.max_rate))
  end
  for i, word in ipairs(type(f.allow) == "table" and f.allow or {}) do
    allow[i] = plain(word, "?")
  end
  if allow[1] then parts[#parts + 1] = "only " .. table.concat(allow, ", ") end
  if number(f.exclude) > 0 then
    parts[#parts + 1] = ("excludes %.0f prefixes"):format(number(f.exclude))
  end
  return parts[1] and table.concat(parts, "; ")
end

--- Returns the table as text for people.
---@param found table of mtr.fleet.status
---@return string
function M.text(found)
  local lines = {}
  local function add(...) lines[#lines + 1] = (...):format(select(2, ...)) end
  if not found.campaigns[1] then add "no campaigns" end
  local function add_campaign(c)
    if c.problem then return add("campaign %s: %s: %s", c.name, c.state, c.problem) end
    add("campaign %s: %s, %d targets%s, %d of %d leases done, %d under way", c.name, c.state,
      c.targets, c.complete and "" or " so far", c.done, c.wanted, c.under_way)
    add("  %.0f targets/s%s; %d targets failed; %.1f MB wait for a drain%s", c.rate,
      c.eta and ", " .. span(c.eta) .. " to go" or "", c.failed, c.undrained_bytes / 1e6,
      c.repeated > 0 and ("; %d leases came twice"):format(c.repeated) or "")
  end
  for _, c in ipairs(found.campaigns) do add_campaign(c) end
  if not found.workers[1] then add "no workers" end
  for _, w in ipairs(found.workers) do
    local f = w.facts
    add("worker %s%s: %s, %s leases, %s done, %s targets, %.0f probes/s%s", err.plain(w.name),
      f.place and " (" .. plain(f.place, "?") .. ")" or "",
      w.alive and (w.slow and "slow (" .. w.why .. ")" or "alive")
        or "dead since " .. span(w.age),
      plain(f.leases, "?"), plain(f.done_leases, "?"), plain(f.done_targets, "?"),
      number(f.probe_rate), w.limit > 0 and (" of %g"):format(w.limit) or "")
    local more = about(f)
    if more then lines[#lines + 1] = "  " .. more end
  end
  return table.concat(lines, "\n") .. "\n"
end

-- Name, type, help, and the value of a campaign or worker; nil: it has none now.
local function member(name) return function(one) return one[name] end end
local CAMPAIGNS = {
  { "targets_total", "counter", "Targets that were submitted.", member "targets" },
  { "done_targets_total", "counter", "Targets whose results were handed in.",
    member "done_targets" },
  { "failed_total", "counter", "Targets that could not be traced.", member "failed" },
  { "wanted", "gauge", "Leases to hand in.", member "wanted" },
  { "done_total", "counter", "Leases handed in.", member "done" },
  { "under_way", "gauge", "Leases that workers have.", member "under_way" },
  { "undrained_bytes", "gauge", "Bytes of results that wait for a drain.",
    member "undrained_bytes" },
  { "repeated_total", "counter", "Leases that came twice.", member "repeated" },
  { "targets_per_second", "gauge", "Targets traced per second, of the last ten seconds.",
    member "rate" },
  { "eta_seconds", "gauge", "Seconds until all is traced; absent if that is not known.",
    member "eta" },
}
local WORKERS = {
  { "worker_alive", "gauge", "Whether a worker shows signs of life.",
    function(w) return w.alive and 1 or 0 end },
  { "worker_slow", "gauge", "Whether a living worker is slow.",
    function(w) return w.slow and 1 or 0 end },
  { "worker_age_seconds", "gauge", "Seconds since the last sign of life.", member "age" },
  { "worker_probes_per_second", "gauge", "Probes sent per second, of the last ten seconds.",
    function(w) return w.alive and tonumber(w.facts.probe_rate) or nil end },
}

local function label(text) return (err.plain(text):gsub('[\\"]', "\\%0")) end

--- Returns the table in Prometheus' text format.
---@param found table of mtr.fleet.status
---@return string
function M.prometheus(found)
  local lines, states = {}, { alive = 0, slow = 0, dead = 0 }
  local function add(...) lines[#lines + 1] = (...):format(select(2, ...)) end
  local function head(metric)
    add("# HELP mtr_fleet_%s %s", metric[1], metric[3])
    add("# TYPE mtr_fleet_%s %s", metric[1], metric[2])
  end
  local function family(metrics, what, list)
    for _, metric in ipairs(metrics) do
      head(metric)
      for _, one in ipairs(list) do
        local value = metric[4](one)
        if value and not one.problem then
          add('mtr_fleet_%s{%s="%s"} %.14g', metric[1], what, label(one.name), value)
        end
      end
    end
  end
  family(CAMPAIGNS, "campaign", found.campaigns)
  family(WORKERS, "worker", found.workers)
  for _, w in ipairs(found.workers) do states[w.state] = states[w.state] + 1 end
  head { "workers", "gauge", "Workers by their state." }
  for _, state in ipairs { "alive", "dead", "slow" } do
    add('mtr_fleet_workers{state="%s"} %d', state, states[state])
  end
  return table.concat(lines, "\n") .. "\n"
end

return M
