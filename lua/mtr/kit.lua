-- SPDX-License-Identifier: MIT
--
-- The privileged sockets that mtrlua opened before it gave its privileges up: one set per engine,
-- taken when an engine opens and handed back when it closes. In any other host there are none and
-- an engine opens its own.

local lib = require "mtr.lib"

local C = lib.C
local M = {}

---@alias mtr.Kit integer[]

local function wanted(config)
  return config.transport == C.MTR_AUTO or config.transport == C.MTR_RAW
end

--- Takes a set, if one is left, into the config of an engine whose transport has a use for it.
---@param config ffi.cdata* struct mtr_config
---@return mtr.Kit?
function M.take(config)
  local kit = wanted(config) and lib.program and table.remove(lib.program.kits) or nil
  for i = 1, C.MTR_SOCKETS do config.sockets[i - 1] = kit and kit[i] or -1 end
  return kit
end

--- Puts a set back.
---@param kit mtr.Kit?
function M.put(kit)
  if kit then table.insert(lib.program.kits, kit) end
end

--- Why an engine could not open, if that is because no set is left.
---@param config ffi.cdata* struct mtr_config
---@param kit mtr.Kit? what take() gave
---@return string?
function M.why(config, kit)
  local program = lib.program
  if program and wanted(config) and not kit and not program.kit_errno then
    return "all sockets that mtrlua prepared are in use; close an engine first"
  end
end

--- Closes an engine; its sockets go back to where they came from.
---@param engine ffi.cdata*
---@param kit mtr.Kit?
function M.close(engine, kit)
  local keep = kit and lib.new "int32_t[8]"
  C.mtr_close(engine, keep)
  if not kit then return end
  for i = 1, C.MTR_SOCKETS do kit[i] = keep[i - 1] end
  M.put(kit)
end

return M
