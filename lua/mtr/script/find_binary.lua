-- SPDX-License-Identifier: MIT
--
-- Finds the path of a helper program.

local lib = require "mtr.lib"

local C = lib.C
local M = {}

local SIZE = 4096
local buffer = lib.new("char[?]", SIZE)

--- Finds a program such as "mtr-packet" in $PATH; a privileged process searches only the standard
--- directories of the system.
---@param name string
---@return string? path absolute
---@return string? message
function M.find(name)
  if type(name) ~= "string" or name == "" or name:find "[/%z]" then
    error(("find_binary: name must be that of a program, got %s"):format(tostring(name)), 2)
  end
  if C.mtr_find(name, buffer, SIZE) == 0 then return lib.string(buffer) end
  return nil, ("ENOENT: the program %q is not installed"):format(name), "ENOENT"
end

return M
