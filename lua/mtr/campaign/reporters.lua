-- SPDX-License-Identifier: MIT
--
-- The reporters of one campaign: see mtr.Reporter in mtr.report. A method that returns nil and a
-- message, or raises, has failed: this reporter is not called any more; the others are.

local xpcall = require "mtr.compat".xpcall
local each = require "mtr.base.each"
local err = require "mtr.base.err"

---@class mtr.Reporters
---@field failed? boolean a reporter has failed
local Reporters = {}
Reporters.__index = Reporters

local M = {}

--- Makes the reporters of a list; returns nil and a message if the list is wrong.
---@param list mtr.Reporter[]
---@return mtr.Reporters?
---@return string? message
function M.new(list)
  local self = setmetatable({}, Reporters)
  for key, reporter in each(list) do
    if type(key) ~= "number" or type(reporter) ~= "table" then
      return nil, ("reporters must be a list of reporters, got %s = %s"):format(
        err.show(key), err.show(reporter))
    end
    self[#self + 1] = reporter
  end
  return self
end

-- Removes a reporter that has failed. Returns nil, the message and the name.
local function drop(self, i, raised, message, name)
  table.remove(self, i)
  self.failed = true
  return nil, message, raised and "EREPORT" or name
end

-- Calls a method of the reporter number `i`, if it has it.
local function one(self, i, method, value)
  local reporter = self[i]
  local fn = reporter[method]
  if not fn then return true end
  local ok, fine, message, name = xpcall(fn, err.traceback, reporter, value)
  if not ok then return drop(self, i, true, fine) end
  if not fine and message then return drop(self, i, false, message, name) end
  return true
end

local function all(self, method, value)
  local failure, code
  for i = #self, 1, -1 do
    local ok, message, name = one(self, i, method, value)
    if not ok then failure, code = message, name end
  end
  if failure then return nil, failure, code end
  return true
end

--- Calls a method of each reporter that has it. A single one is called without a loop: LuaJIT
--- compiles no loop that runs once, nor what is around it.
---@param method "start"|"trace"|"verbatim"|"update"|"finish"
---@param value any
---@return true?
---@return string? message of the first that failed
---@return string? name
function Reporters:call(method, value)
  local n = #self
  if n == 1 then return one(self, 1, method, value) end
  if n == 0 then return true end
  return all(self, method, value)
end

--- Tells each reporter of the start.
---@param engine mtr.Engine
---@param ids mtr.Ids
---@param feed mtr.Targets|mtr.Taken
---@return true?
---@return string? message, string? name
function Reporters:start(engine, ids, feed)
  return self:call("start", { transport = engine.transport_name, engine = engine, list = ids.list,
    cycle = ids.cycle, campaign = ids.campaign, monitor = ids.monitor,
    share = function() return feed:share() end })
end

--- Calls save() of each reporter that has it.
---@param fds ffi.cdata* int32_t[most]: gets the descriptors that must be on disk
---@param most integer
---@return table[]? data of each reporter; false: it has no save()
---@return integer|string? count of descriptors, or a message
---@return string? name
function Reporters:save(fds, most)
  local list, count = {}, 0
  for i, reporter in ipairs(self) do
    local ok, data, fd, name = true, false, nil, nil
    if reporter.save then ok, data, fd, name = xpcall(reporter.save, err.traceback, reporter) end
    if not ok or data == nil then
      table.remove(self, i)
      self.failed = true
      return nil, ok and fd or data, ok and name or "EREPORT"
    end
    list[i] = data
    if fd and count < most then fds[count], count = fd, count + 1 end
  end
  return list, count
end

--- Calls restore() of each reporter that has it, before start().
---@param list table[] what save() returned
function Reporters:restore(list)
  for i, reporter in ipairs(self) do
    if list[i] and reporter.restore then reporter:restore(list[i]) end
  end
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
