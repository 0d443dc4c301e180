-- SPDX-License-Identifier: MIT
--
-- What files with a state have in common: those of a campaign, a watch and a drain of a fleet. The
-- file is read whole; what it says is checked by its module.

local err = require "mtr.base.err"

local M = {}

--- Reads a file; nil without a message: there is none.
---@param path string
---@return string? text
---@return string? message, string? name
function M.read(path)
  local file, _, code = io.open(path, "rb")
  if not file then
    if err.name(code) == "ENOENT" then return nil end
    return err.env(code, path)
  end
  local text, _, problem = file:read "*a"
  file:close()
  if not text then return err.env(problem, path) end
  return text
end

--- Returns the failure that a state is not as it should be.
---@param path string
---@param what string
---@return nil
---@return string message, string name
function M.wrong(path, what) return err.named("EPROTO", path .. ": " .. what) end

--- Returns the failure that a state has another version than the one that is read.
---@param path string
---@param found any
---@param read integer
---@return nil
---@return string message, string name
function M.other_version(path, found, read)
  return M.wrong(path, ("this state has version %s; this mtrlua reads version %d"):format(
    tostring(found), read))
end

return M
