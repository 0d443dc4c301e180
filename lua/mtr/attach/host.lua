-- SPDX-License-Identifier: MIT
--
-- The name of this host, for the cycles of scamper's records.

local M = {}

--- Returns the name; nil if it is not known.
---@return string?
function M.name()
  local file = io.open "/proc/sys/kernel/hostname"
  local name = file and file:read "*l"
  if file then file:close() end
  return name and #name > 0 and #name <= 255 and name or nil
end

return M
