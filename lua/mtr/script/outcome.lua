-- SPDX-License-Identifier: MIT
--
-- Says in words how a campaign has ended, a line for each thing:
--
--     for _, line in ipairs(mtr.outcome(summary)) do print(line) end

local each = require "mtr.base.each"

local M = {}

-- Returns the counters of a table as text, behind a colon.
local function counts(of)
  local list = {}
  for name, n in each(of) do list[#list + 1] = ("%s %d"):format(name, n) end
  table.sort(list)
  return list[1] and ": " .. table.concat(list, ", ") or ""
end

--- Returns lines of text about a summary.
---@param summary mtr.Summary
---@return string[]
function M.of(summary)
  local out, failed, ases = {}, summary.failed, summary.as_table
  local function put(...) out[#out + 1] = string.format(...) end
  put("%d traces%s", summary.traces, counts(summary.stop_reasons))
  put("%d probes, %d hops", summary.probes, summary.hops)
  if summary.retried then put("%d attempts failed and were repeated", summary.retried) end
  if ases and ases.bad > 0 then put("wrong lines of --asn: %d, first: %s", ases.bad, ases.first) end
  if failed > 0 then put("%d targets could not be traced%s", failed, counts(summary.errors)) end
  if summary.already then put "it was finished before; nothing was traced" end
  for _, one in ipairs(summary.thresholds or {}) do
    local is = one.value and ("%g"):format(one.value) or "not known"
    if not one.met then put("threshold not met: %s %s, it is %s", one.figure, one.wanted, is) end
  end
  return out
end

return M
