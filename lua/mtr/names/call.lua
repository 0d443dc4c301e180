-- SPDX-License-Identifier: MIT
--
-- How the functions of mtr.names wait or call back: without a callback they wait and return value,
-- message and name; with one they return at once, and it is called once, later, as on_done(err,
-- value).

local err = require "mtr.base.err"
local interrupt = require "mtr.wait.interrupt"
local scheduler = require "mtr.wait.scheduler"

local M = {}

-- Calls the user's function. Its error is reported, because no caller can get it.
local function call_user(on_done, value, message)
  local ok, problem = xpcall(on_done, err.traceback, not value and message or nil, value)
  if not ok then err.report(problem) end
end

local function call_back(on_done, begin)
  local early, over = true, false
  begin(function(value, message)
    if over then return end
    over = true
    if not early then return call_user(on_done, value, message) end
    scheduler.defer(function() call_user(on_done, value, message) end)
  end)
  early = false
  return true
end

--- Runs begin(done), which must call done(value, message, name) once; now or later.
---@async without on_done
---@param who string the public function
---@param on_done? fun(err: string?, value: any)
---@param begin fun(done: function)
---@return any value true with on_done
---@return string? message, string? name
function M.call(who, on_done, begin)
  if on_done ~= nil then
    if type(on_done) ~= "function" then
      error(("%s: on_done must be a function, got %s"):format(who, err.show(on_done)), 3)
    end
    return call_back(on_done, begin)
  end
  scheduler.check(who, 4)
  interrupt.check()
  local op = { done = false }
  begin(function(value, message, name)
    if op.done then return end
    op.value, op.message, op.name = value, message, name
    scheduler.finish(op)
  end)
  if not op.done then scheduler.wait(op) end
  return op.value, op.message, op.name
end

return M
