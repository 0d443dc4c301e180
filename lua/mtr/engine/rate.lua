-- SPDX-License-Identifier: MIT
--
-- The rate of an engine, which may change at any time, and those that look after each step whether
-- the rate has room, to start more traces.

local lib = require "mtr.lib"
local config = require "mtr.engine.config"
local err = require "mtr.base.err"

local C = lib.C
local M = {}

--- Changes the rate of all traces together.
---@param engine mtr.Engine
---@param rate number|string
---@return true
function M.set(engine, rate)
  if engine.closed then error("set_rate: the engine is closed", 2) end
  local value, wanted = config.declaration.by_name.rate.kind(rate)
  if wanted then error(("set_rate: rate %s, got %s"):format(wanted, err.show(rate)), 2) end
  C.mtr_set_rate(engine.c, value)
  engine.rate = value
  return true
end

--- Lets each of `feeders` look.
---@param feeders { fed: fun(self: table) }[]
function M.feed(feeders)
  for i = 1, #feeders do feeders[i]:fed() end
end

return M
