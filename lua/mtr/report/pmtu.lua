-- SPDX-License-Identifier: MIT
--
-- The reporter that writes results of the strategy pmtu as text: a line for each result, then the
-- routers that do not pass larger packets.

---@class mtr.Reports
---@field pmtu fun(out?: mtr.ReportOut): mtr.Reporter results of the strategy pmtu, as text

local Sink = require "mtr.report.sink"

local Pmtu = {}
local M = Sink.reporter("pmtu", Pmtu)

-- Returns what was found, for the first line.
local function answer(found, reason)
  local hop = not found.complete and found.ttl and (", as far as hop %d"):format(found.ttl) or ""
  if found.mtu then
    return ("path mtu %d%s%s%s"):format(found.mtu, found.blackhole and ", black hole" or "", hop,
      found.complete and "" or ": the target is silent")
  end
  if not found.ttl then return "nothing came back" end
  if reason == "loop" then return ("no path mtu, a routing loop at hop %d"):format(found.ttl) end
  return ("not done, path mtu at least %d%s"):format(found.passed, hop)
end

--- Returns the text of a result.
---@param result mtr.Result
---@return string
function Pmtu:text(result) -- luacheck: no self
  -- There is none if the trace ended before its first probe.
  local found, out = result.pmtu or { limits = {} }, {}
  for _, limit in ipairs(found.limits) do
    out[#out + 1] = ("  %s does not pass %d bytes%s\n"):format(limit.addr or "this host",
      limit.size, limit.mtu and (", reports %d"):format(limit.mtu) or "")
  end
  return ("%s (%s): %s\n%s"):format(Sink.plain(result.target), result.dst,
    answer(found, result.stop_reason), table.concat(out))
end

return M
