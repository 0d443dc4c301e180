-- SPDX-License-Identifier: MIT
--
-- What stands for an address on the screen: its name, if it is known by now, and its AS. Nothing is
-- waited for; mtr.names looks it up meanwhile.

local names = require "mtr.names"

local M = {}

--- Returns the name of an address, or the address.
---@param addr string
---@param named boolean
---@return string
function M.host(addr, named)
  return named and names.peek(addr, "name") or addr
end

--- Returns the AS of an address ("AS64500"), or what kind of address it is ("private"), or "".
---@param addr string
---@return string
function M.origin(addr)
  local _, origin = names.peek(addr, "origin")
  if origin and origin.asn then return ("AS%.0f"):format(origin.asn) end
  return origin and origin.label or names.label(addr) or ""
end

return M
