-- SPDX-License-Identifier: MIT
--
-- What a watcher knows, as text for Prometheus: of each target whether it is reachable, its RTT,
-- how far away it is, and how often its path and its RTT have changed; and the probes of all.

local compat = require "mtr.compat"

local M = {}

local FAMILIES = {
  { "mtr_watch_reachable", "gauge", "1: the target answers, 0: it does not.",
    function(s) return s.reachable and 1 or s.reachable == false and 0 or nil end },
  { "mtr_watch_rtt_seconds", "gauge", "Round-trip time of the last round.",
    function(s) return s.rtt and s.rtt / 1000 end },
  { "mtr_watch_hops", "gauge", "TTL of the target on its path.",
    function(s) return s.known and s.known.length end },
  { "mtr_watch_path_changes_total", "counter", "Changes of the path.",
    function(s) return s.changes end },
  { "mtr_watch_rtt_shifts_total", "counter", "Lasting shifts of the round-trip time.",
    function(s) return s.shifts end },
  { "mtr_watch_rounds_total", "counter", "Rounds of the target.",
    function(s) return s.rounds end },
  { "mtr_watch_probes_total", "counter", "Probes sent to the target by this process.",
    function(s) return s.probes end },
}

local function label(text) return (text:gsub('[\\"]', "\\%0"):gsub("\n", "\\n")) end

--- Returns the text.
---@param subjects mtr.Subject[]
---@return string
function M.text(subjects)
  local out = {}
  for _, family in ipairs(FAMILIES) do
    local name, kind, help, value = compat.unpack(family)
    out[#out + 1] = ("# HELP %s %s\n# TYPE %s %s\n"):format(name, help, name, kind)
    for _, subject in ipairs(subjects) do
      local number = value(subject)
      if number then
        out[#out + 1] = ('%s{target="%s"} %.9g\n'):format(name, label(subject.target), number)
      end
    end
  end
  return table.concat(out)
end

return M
