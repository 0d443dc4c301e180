-- SPDX-License-Identifier: MIT
--
-- The small integers by which events find what they belong to: a trace, a timer, a name lookup.
-- A slot's number is the cookie that the library hands back in each event. A freed number is used
-- again, so a slot is freed only when no event of it can still come.

local scheduler = require "mtr.wait.scheduler"

local M = {}

-- One thing less is under way.
local function less(engine)
  engine.work = engine.work - 1
  local idle = engine.idle
  if engine.work == 0 and idle then
    engine.idle = nil
    scheduler.finish(idle)
  end
end

--- Gives an entry a number, in entry.slot.
---@param engine mtr.Engine
---@param entry table
---@return integer
function M.take(engine, entry)
  local vacant = engine.vacant
  local slot = vacant[#vacant]
  if slot then
    vacant[#vacant] = nil
  else
    slot = #engine.entries + 1
  end
  engine.entries[slot] = entry
  entry.slot, entry.forgotten = slot, nil
  engine.work = engine.work + 1
  return slot
end

--- Takes the number back.
---@param engine mtr.Engine
---@param entry table
function M.free(engine, entry)
  local slot = entry.slot
  if not slot then return end
  entry.slot = nil
  engine.entries[slot] = false
  engine.vacant[#engine.vacant + 1] = slot
  if not entry.forgotten then less(engine) end
end

--- Its events may still come, but nothing waits for them any more.
---@param engine mtr.Engine
---@param entry table
function M.forget(engine, entry)
  if entry.forgotten or not entry.slot then return end
  entry.forgotten = true
  less(engine)
end

--- Something waits for its events again.
---@param engine mtr.Engine
---@param entry table
function M.remember(engine, entry)
  if not entry.forgotten then return end
  entry.forgotten = nil
  engine.work = engine.work + 1
end

return M
