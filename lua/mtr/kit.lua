-- SPDX-License-Identifier: MIT
--
-- The privileged sockets that mtrlua opened before it gave its privileges up: one set per engine,
-- taken when an engine opens and handed back when it closes. In any other host there are none and
-- an engine opens its own.

local lib = require "mtr.lib"

local C = lib.C
local M = {}

---@alias mtr.Kit integer[]

-- The rate above which core/api/engine.c has "auto" take packet.
local FAST_RATE = 5000

-- Which of the sets left is best: the one that is good for packet if that is to be, else another.
local function choose(kits, config)
  local auto, rate = config.transport == C.MTR_AUTO, config.rate
  local fast = config.transport == C.MTR_PACKET or (auto and (rate == 0 or rate > FAST_RATE))
  for i, kit in ipairs(kits) do
    if (kit[C.MTR_SOCKETS] >= 0) == fast then return i end
  end
  return config.transport ~= C.MTR_PACKET and 1 or nil
end

--- Takes a set, if one is left, into the config of an engine.
---@param config ffi.cdata* struct mtr_config
---@param wanted boolean whether its transport has a use for one
---@return mtr.Kit?
function M.take(config, wanted)
  local kits = wanted and lib.program and lib.program.kits
  local index = kits and choose(kits, config)
  local kit = index and table.remove(kits, index) or nil
  for i = 1, C.MTR_SOCKETS do config.sockets[i - 1] = kit and kit[i] or -1 end
  return kit
end

--- Puts a set back.
---@param kit mtr.Kit?
function M.put(kit)
  if kit then table.insert(lib.program.kits, kit) end
end

--- Why an engine could not open, if that is because no set is left.
---@param kit mtr.Kit? what take() gave
---@return string?
function M.why(kit)
  local program = lib.program
  if program and not kit and not program.kit_errno then
    return "all sockets that mtrlua prepared are in use; close an engine first"
  end
end

--- Closes an engine; its sockets go back to where they came from.
---@param engine ffi.cdata*
---@param kit mtr.Kit?
function M.close(engine, kit)
  local keep = kit and lib.new("int32_t[?]", C.MTR_SOCKETS)
  C.mtr_close(engine, keep)
  if not kit then return end
  for i = 1, C.MTR_SOCKETS do kit[i] = keep[i - 1] end
  M.put(kit)
end

return M
