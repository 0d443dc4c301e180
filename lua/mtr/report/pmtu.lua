-- SPDX-License-Identifier: MIT
--
-- The reporter that writes results of the strategy pmtu as text: a line for each, then who lets no
-- larger packets pass.

local sink = require "mtr.report.sink"

local Pmtu = {}
local M = sink.reporter("pmtu", Pmtu)

--- What is written of a result.
---@param result mtr.Result
---@return string
function Pmtu:text(result) -- luacheck: no self
  local found, out = result.pmtu, {}
  for _, limit in ipairs(found.limits) do
    out[#out + 1] = ("  %s lets no %d bytes pass%s\n"):format(limit.addr or "this host", limit.size,
      limit.mtu and (", says %d"):format(limit.mtu) or "")
  end
  local what = found.mtu and ("path mtu %d"):format(found.mtu) or "nothing came back"
  if found.blackhole then what = what .. ", black hole" end
  if found.mtu and not found.complete then
    what = what .. (", as far as hop %d: the target is silent"):format(found.ttl)
  end
  return ("%s (%s): %s\n%s"):format(sink.plain(result.target), result.dst, what,
    table.concat(out))
end

return M
