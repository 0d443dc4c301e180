-- SPDX-License-Identifier: MIT
--
-- mtr's own loop, where no host has one: waits until an engine has work, and steps the engines.
--
-- A task that runs in a step may be the last one that refers to some of them. So while a step runs,
-- nothing here keeps another engine than that one.

local lib = require "mtr.lib"
local err = require "mtr.base.err"

local C = lib.C
local EINTR = err.code.EINTR
local M = {}

local pointers, room = lib.new "struct mtr *[1]", 1
local due = setmetatable({}, { __mode = "v" })         -- the engines to be stepped in this turn

--- mtrlua's descriptor that also ends the wait, and the function to call after that or after a
--- signal.
M.wake_fd = -1
---@type fun()?
M.on_wake = nil

--- How many ms to rest before each wait; 0: none. What comes meanwhile is then done in one step. It
--- is for programs with so many traces under way that a short delay of each does not matter.
M.rest = 0

local function wait(n)
  if M.rest > 0 then C.mtr_wait(pointers, 0, M.wake_fd, M.rest) end
  local ready = C.mtr_wait(pointers, n, M.wake_fd, -1)
  if ready >= 0 then return end
  if ready ~= -EINTR then error(select(2, err.env(ready, "mtr_wait")), 0) end
  if M.on_wake then M.on_wake() end
end

local function step(engine)
  if engine.closed then return end
  local events, message = engine:step()
  if not events then error(message, 0) end
end

--- Waits until an engine has work, and steps it.
---@param engine mtr.Engine
function M.one(engine)
  pointers[0] = engine.c
  wait(1)
  step(engine)
end

-- Waits for all engines of a list. Returns how many are due.
local function wait_for(list)
  local n = #list
  if n > room then
    pointers, room = lib.new("struct mtr *[?]", n), n
  end
  for i = 1, n do pointers[i - 1] = list[i].c end
  wait(n)
  for i = 1, n do due[i] = list[i] end
  return n
end

--- Waits until one of several engines has work, and steps them all.
---@param engines fun(): mtr.Engine[] gives them: a list that the caller had would keep them
function M.all(engines)
  for i = 1, wait_for(engines()) do
    local engine = due[i]
    due[i] = nil
    if engine then step(engine) end
  end
end

return M
