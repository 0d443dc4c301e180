-- SPDX-License-Identifier: MIT
--
-- The facts of a trace or a result that is only a handle: read from the engine when they are asked
-- for, so that nothing is paid for those that nobody reads.

local lib = require "mtr.lib"
local decode = require "mtr.record.decode"

local C = lib.C
local M = {}

local info = lib.new "struct mtr_info"

--- A fact by its name in a result; nil if there is none of that name, or the library does not know
--- the trace (any more).
---@param engine mtr.Engine
---@param handle? integer
---@param key string
---@return any
function M.of(engine, handle, key)
  local get = decode.trace[key]
  if not get or not handle or not engine.c then return nil end
  if C.mtr_describe(engine.c, handle, info) < 0 then return nil end
  return (get(info))
end

return M
