-- SPDX-License-Identifier: MIT
--
-- The reporter that writes results of the strategy pmtu as text: a line for each result, then the
-- routers that do not pass larger packets.

local Sink = require "mtr.report.sink"

local Pmtu = {}
local M = Sink.reporter("pmtu", Pmtu)

--- Returns the text of a result.
---@param result mtr.Result
---@return string
function Pmtu:text(result) -- luacheck: no self
  local found, out = result.pmtu, {}
  for _, limit in ipairs(found.limits) do
    out[#out + 1] = ("  %s does not pass %d bytes%s\n"):format(limit.addr or "this host",
      limit.size, limit.mtu and (", reports %d"):format(limit.mtu) or "")
  end
  local what = found.mtu and ("path mtu %d"):format(found.mtu) or "nothing came back"
  if found.blackhole then what = what .. ", black hole" end
  if found.mtu and not found.complete then
    what = what .. (", as far as hop %d: the target is silent"):format(found.ttl)
  end
  return ("%s (%s): %s\n%s"):format(Sink.plain(result.target), result.dst, what,
    table.concat(out))
end

return M
