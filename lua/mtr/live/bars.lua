-- SPDX-License-Identifier: MIT
--
-- The history of a hop as a row of bars, one for each round, the latest at the right: its height is
-- the round-trip time, "x" is a probe without an answer, and a blank one that has no outcome yet.

local text = require "mtr.screen.text"

local M = {}

local LEAST = 1                        -- ms at the top of the bars: less is noise
local STEPS = { 1, 2, 5, 10 }

--- Returns the ms at the top of the bars of a path: what nearly all round-trip times are below, as
--- a round number. Longer ones have the highest bar.
---@param hops mtr.HopStats[]
---@return number
function M.scale(hops)
  local most = LEAST
  for _, hop in ipairs(hops) do
    if hop.avg then most = math.max(most, hop.avg + 2 * (hop.stdev or 0)) end
  end
  local unit = 10 ^ math.floor(math.log(most) / math.log(10) + 1e-9)
  for _, step in ipairs(STEPS) do
    if step * unit >= most - 1e-9 then return step * unit end
  end
  return 10 * unit
end

--- Returns the title of the bars, in at most so many columns.
---@param scale number ms
---@param rounds integer how many bars there are
---@param columns integer
---@return string
function M.title(scale, rounds, columns)
  for _, title in ipairs {
    ("last %d rounds, bars 0 to %.0f ms"):format(rounds, scale),
    ("bars 0 to %.0f ms"):format(scale), ("0-%.0f ms"):format(scale),
  } do
    if text.width(title) <= columns then return title end
  end
  return ""
end

local function kind_of(value)
  return value == nil and "gap" or value == false and "lost" or "bar"
end

--- Returns the bars of a hop, with styles.
---@param history mtr.LiveHistory
---@param last integer the round at the right
---@param columns integer
---@param scale number ms
---@param style mtr.TextStyle
---@param lost string style of "x"
---@return string
function M.row(history, last, columns, scale, style, lost)
  local out, run, before = {}, {}, nil
  local function close()
    local part = table.concat(run)
    if before == "lost" then part = style:paint(part, lost)
    elseif before == "bar" then part = style:paint(part, "green") end
    out[#out + 1], run = part, {}
  end
  for round = last - columns + 1, last do
    local value = history:at(round)
    local kind = kind_of(value)
    if before and kind ~= before then close() end
    before = kind
    run[#run + 1] = kind == "gap" and " " or kind == "lost" and "x" or style:bar(value / scale)
  end
  close()
  return table.concat(out)
end

return M
