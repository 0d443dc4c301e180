-- SPDX-License-Identifier: MIT
--
-- The reporters of one campaign: see mtr.Reporter in mtr.report. A method that returns nil and a
-- message, or raises, has failed: this reporter is not called any more; the others are.

local err = require "mtr.base.err"

---@class mtr.Reporters
local Reporters = {}
Reporters.__index = Reporters

local M = {}

--- Makes the reporters of a list; returns nil and a message if the list is wrong.
---@param list mtr.Reporter[]
---@return mtr.Reporters?
---@return string? message
function M.new(list)
  local self = setmetatable({}, Reporters)
  for key, reporter in pairs(list) do
    if type(key) ~= "number" or type(reporter) ~= "table" then
      return nil, ("reporters must be a list of reporters, got %s = %s"):format(
        err.show(key), err.show(reporter))
    end
    self[#self + 1] = reporter
  end
  return self
end

--- Calls a method of each reporter that has it.
---@param method "start"|"trace"|"update"|"finish"
---@param value any
---@return true?
---@return string? message of the first that failed
---@return string? name
function Reporters:call(method, value)
  local failure, code
  for i = #self, 1, -1 do
    local reporter = self[i]
    local fn = reporter[method]
    if fn then
      local ok, fine, message, name = xpcall(fn, err.traceback, reporter, value)
      if not ok then message, name = fine, "EREPORT" end
      if not ok or not fine and message then
        table.remove(self, i)
        failure, code = message, name
      end
    end
  end
  if failure then return nil, failure, code end
  return true
end

--- Returns true if a reporter has a method.
---@param method string
---@return boolean
function Reporters:have(method)
  for _, reporter in ipairs(self) do
    if reporter[method] then return true end
  end
  return false
end

return M
