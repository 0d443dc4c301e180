-- SPDX-License-Identifier: MIT
--
-- The host Neovim, 0.7 and later: callbacks of libuv, and plain coroutines that they resume.
--
--     coroutine.wrap(function() print(mtr.trace("192.0.2.7").stop_reason) end)()
--     print(mtr.trace("192.0.2.7").stop_reason)   -- waits with vim.wait: the screen lives
--
-- Steps are scheduled, so that hooks, callbacks and tasks may call the editor (vim.api). A wait in
-- a coroutine goes on from there too, wherever it began.

local err = require "mtr.base.err"
local libuv = require "mtr.host.libuv"

local vim = rawget(_G, "vim")
local uv = vim.uv or vim.loop

---@type mtr.Host
local M = libuv.host "neovim"

-- How often the loop has done something of ours.
local turns = 0

--- Calls fn in the next turn of the loop.
---@param fn fun()
function M.defer(fn)
  vim.schedule(function()
    turns = turns + 1
    fn()
  end)
end

--- Calls fn, scheduled, whenever the descriptor is readable.
---@param fd integer
---@param fn fun()
---@return userdata
function M.watch(fd, fn)
  local poll = uv.new_poll(fd)
  local ready
  local function step()
    fn()
    if not poll:is_closing() then poll:start("r", ready) end
  end
  -- Until the step has returned, the descriptor stays readable: without a stop the loop would spin.
  function ready()
    poll:stop()
    M.defer(step)
  end
  poll:start("r", ready)
  return poll
end

--- Says why the loop cannot be run here.
---@return string?
function M.stuck()
  return vim.in_fast_event() and "a callback of libuv runs here, in which nothing may wait" or nil
end

local INTERRUPTED = -2
local LONG = 1e6                       -- ms

--- Runs the loop until it has done something of ours. ^C ends the wait with an error.
---@return true
function M.turn()
  local before = turns
  local _, why = vim.wait(LONG, function() return turns ~= before end)
  if why == INTERRUPTED then error(err.INTERRUPTED, 0) end
  return true
end

--- Takes errors that nobody can receive.
---@param text string
function M.log(text)
  vim.schedule(function() vim.notify(text, vim.log.levels.ERROR) end)
end

return M
