-- SPDX-License-Identifier: MIT
--
-- The reporter that writes results of the strategy mda as text: the nodes of each TTL, each with
-- "<-" and the nodes before it; then the diamonds.

---@class mtr.Reports
---@field mda fun(out?: mtr.ReportOut): mtr.Reporter results of the strategy mda, as text

local mda_diamond = require "mtr.strategy.builtin.parts.mda_diamond"
local view = require "mtr.names.view"
local Sink = require "mtr.report.sink"

local Mda, NONE = {}, {}
local M = Sink.reporter("mda", Mda)

-- Writes the nodes of a hop, each with the nodes before it.
local function nodes(hop, names, out)
  local before = {}
  for _, link in ipairs(hop.links) do
    before[link.to] = (before[link.to] and before[link.to] .. " " or "") .. link.from
  end
  for i, node in ipairs(hop.nodes) do
    local from = before[node] and before[node] ~= "source" and "  <- " .. before[node] or ""
    out[#out + 1] = ("%3s  %s%s\n"):format(i == 1 and hop.ttl or "",
      view.text(names[node] or { addr = node }), from)
  end
end

--- Returns the text of a result.
---@param result mtr.Result
---@return string
function Mda:text(result)
  local found = result.mda                -- nil if the trace ended before its first probe
  local hops = found and found.hops or {}
  local sure = found and ("%s %% sure with %d flows, "):format(found.confidence, found.flows) or ""
  local out = { ("%spaths to %s (%s), %s, %s%d probes\n"):format(self.gap and "\n" or "",
    Sink.plain(result.target), result.dst, result.protocol, sure, result.probe_count) }
  self.gap = true
  for _, hop in ipairs(hops) do nodes(hop, found.names or NONE, out) end
  for _, d in ipairs(mda_diamond.diamonds(hops)) do
    out[#out + 1] = ("diamond: %s to %s, %d wide, %d long\n"):format(d.from, d.to, d.width,
      d.length)
  end
  if result.stop_reason ~= "completed" then
    out[#out + 1] = "stopped: " .. result.stop_reason .. "\n"
  end
  return table.concat(out)
end

--- Begins a target: there is an empty line before each target but the first.
function Mda:begin()
  self.gap = self.gap ~= nil
end

return M
