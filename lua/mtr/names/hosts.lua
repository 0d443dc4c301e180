-- SPDX-License-Identifier: MIT
--
-- The names that the hosts file of the system has for addresses: the first name of the first line
-- of an address. The file is read again when it is asked after some seconds.

local addr = require "mtr.base.addr"

local M = {}

local AGAIN = 10                       -- seconds
local FILE = "/etc/hosts"

local names, read_at

--- Reads the lines of a hosts file.
---@param lines fun(): string?
---@return table<string, string> names by address
function M.read(lines)
  local found = {}
  for line in lines do
    local address, name = line:gsub("#.*", ""):match "^%s*(%S+)%s+(%S+)"
    local text = address and addr.parse_ip(address)
    if text and not found[text] then found[text] = name end
  end
  return found
end

--- Returns the name of an address in the hosts file, or nil.
---@param address string as addr.text writes it
---@return string?
function M.name(address)
  local now = os.time()
  if not names or now < read_at or now >= read_at + AGAIN then
    local file = io.open(FILE)
    names, read_at = file and M.read(file:lines()) or {}, now
    if file then file:close() end
  end
  return names[address]
end

return M
