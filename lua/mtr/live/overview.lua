-- SPDX-License-Identifier: MIT
--
-- All targets, a line each: how far they are, loss and times of the target itself, and its bars.

local err = require "mtr.base.err"
local text = require "mtr.screen.text"
local bars = require "mtr.live.bars"
local columns = require "mtr.live.columns"
local verdict = require "mtr.live.verdict"

local M = {}

local MARK, LEAST, MOST = 3, 16, 40
local SHOWN = { "L", "N", "A", "W" }

local function width_of(paths, look)
  local most = LEAST
  for _, path in ipairs(paths) do most = math.max(most, text.width(err.target(path.target)) + 1) end
  return math.min(most, MOST, math.max(LEAST, math.floor(look.width / 3)))
end

local function line(path, mark, host, look)
  local style, hops = look.style, path.stats:hops(true)
  local last = hops[#hops]
  local out = { text.fit(mark, MARK), text.fit(err.target(path.target), host) }
  if not (last and last.destination) then
    local sentence, words = verdict.of(path, hops)
    return table.concat(out) .. " " .. style:paint(sentence, words)
  end
  out[#out + 1] = text.right(("%d"):format(last.ttl), 5)
  for _, letter in ipairs(SHOWN) do
    local column = columns.of(letter)
    local words = letter == "L" and last.unanswered > 0 and "bold red" or nil
    out[#out + 1] = " " .. style:paint(text.right(column.text(last), column.width), words)
  end
  local room = look.width - MARK - host - 5 - 7 * #SHOWN - 2
  local known = path.hops[last.ttl]
  if room >= 8 and known then
    out[#out + 1] = "  " .. bars.row(known.history, known.history.last, room, bars.scale { last },
      style, "bold red")
  end
  return table.concat(out)
end

--- Returns the line of titles, and the lines of the targets.
---@param paths mtr.LivePath[]
---@param current integer
---@param look mtr.LiveLook
---@return string heading
---@return string[]
function M.lines(paths, current, look)
  local host, list = width_of(paths, look), {}
  local heading = (" "):rep(MARK) .. text.fit("Target", host) .. " Hops"
  for _, letter in ipairs(SHOWN) do
    local column = columns.of(letter)
    heading = heading .. " " .. text.right(column.title, column.width)
  end
  heading = heading .. "  latest rounds"
  for i, path in ipairs(paths) do
    list[i] = text.clip(line(path, i == current and " > " or "", host, look), look.width)
  end
  return look.style:paint(text.cut(heading, look.width), "bold"), list
end

return M
