-- SPDX-License-Identifier: MIT
--
-- Waits for a descriptor of the user beside the traces: a socket with jobs, a pipe, a terminal. The
-- user reads it, and then calls this again; mtr.stream also reads.

local xpcall = require "mtr.compat".xpcall
local err = require "mtr.base.err"
local interrupt = require "mtr.wait.interrupt"
local scheduler = require "mtr.wait.scheduler"
local Watch = require "mtr.wait.watch"
local default = require "mtr.engine.default"

-- Returns a failure that is known at once, and also gives it to the callback, later.
local function refuse(on_done, message, name)
  if on_done then
    scheduler.defer(function() on_done(message) end)
  end
  return nil, message, name
end

--- Waits until a descriptor can be read or has reached its end. With on_done it returns at once.
---@async without on_done
---@param fd integer
---@param on_done? fun(err: string?)
---@return true?
---@return string? message, string? name
return function(fd, on_done)
  if type(fd) ~= "number" or fd % 1 ~= 0 or fd < 0 then
    error("readable: fd must be the number of a descriptor, got " .. err.show(fd), 2)
  end
  if on_done == nil then
    scheduler.check "readable"
  elseif type(on_done) ~= "function" then
    error("readable: on_done must be a function, got " .. err.show(on_done), 2)
  end
  interrupt.check()
  local engine, message, name = default.for_timers()
  if not engine then return refuse(on_done, message, name) end
  local w, op = Watch.new(engine, fd), { idle = true }
  local ok, problem, code = w:ask(Watch.READABLE, function(...)
    w:stop()
    op.message, op.name = ...
    scheduler.finish(op)
    if not on_done then return end
    local fine, bug = xpcall(on_done, err.traceback, op.message)
    if not fine then engine:report(bug) end
  end)
  if not ok then return refuse(on_done, problem, code) end
  if on_done then return true end
  op.abandon = function() w:stop() end
  scheduler.wait(op)
  if op.message then return nil, op.message, op.name end
  return true
end
