-- SPDX-License-Identifier: MIT
--
-- The whole screen of live as lines: title, targets, a sentence about the target, the table, and
-- the keys. On a small screen lines are left out: the title and the keys first, the table last.

local err = require "mtr.base.err"
local text = require "mtr.screen.text"
local help = require "mtr.live.help"
local hops = require "mtr.live.hops"
local overview = require "mtr.live.overview"
local verdict = require "mtr.live.verdict"

local M = {}

local KEYS = "q quit  p pause  r reset  d display  n names  z AS  o columns  ? help"
local ROOMY, ENOUGH = 14, 7            -- rows for blank lines; rows for title and keys
local BARS_ONLY = "LNH"

--- What is shown, and how. Keys change it; see mtr.live.keys.
---@class mtr.LiveView
---@field paths mtr.LivePath[]
---@field current integer the target that is shown
---@field mode "table"|"bars"|"all"
---@field over? "help"|"columns" the page over it
---@field scroll integer lines of the table above the screen
---@field letters string
---@field names boolean
---@field origins boolean
---@field paused boolean
---@field style mtr.TextStyle
---@field method string such as "icmp, a round every 1 s"
---@field most? integer how far it can scroll; set by lines()
---@field page? integer lines of the table on the screen; set by lines()

-- The title: the program at the left, the time at the right.
local function title(view, width, clock)
  local left = "mtrlua live  " .. view.method
  if view.paused then left = left .. "  PAUSED: p goes on" end
  local line = text.fit(left, math.max(0, width - #clock - 1)) .. " " .. clock
  return view.style:paint(text.cut(line, width), "reverse")
end

-- The names of the targets, the current one marked. If they have no room, those around it.
local function tabs(view, width)
  local parts, first, size = {}, 1, 0
  for i, path in ipairs(view.paths) do
    local mark = path.state == "failed" and "!" or ""
    parts[i] = (" %d %s%s "):format(i, text.cut(err.target(path.target), 30), mark)
  end
  for i = 1, view.current do size = size + text.width(parts[i]) end
  while size > width and first < view.current do
    size, first = size - text.width(parts[first]), first + 1
  end
  local out = {}
  for i = first, #parts do
    out[#out + 1] = i == view.current and view.style:paint(parts[i], "reverse") or parts[i]
  end
  return text.clip(table.concat(out), width)
end

-- The sentence about a target, and its last change.
local function about(view, path, list, width)
  local name = err.target(path.target)
  if path.dst and path.dst ~= path.target then name = ("%s (%s)"):format(name, path.dst) end
  local sentence, words = verdict.of(path, list)
  local change = verdict.change(path) or ""
  local line = view.style:paint(name, "bold") .. ": " .. view.style:paint(sentence, words)
  return text.clip(line, width), view.style:paint(text.cut(change, width), "yellow")
end

-- Returns the part of the table that is scrolled to.
local function window(view, list, rows, width)
  view.page, view.most = rows, math.max(0, #list - rows)
  view.scroll = math.max(0, math.min(view.scroll, view.most))
  local out = {}
  for i = 1, math.min(rows, #list) do out[i] = list[view.scroll + i] end
  if view.scroll < view.most and rows > 2 then
    local more = ("    ... %d more lines: arrow down"):format(view.most - view.scroll + 1)
    out[rows] = view.style:paint(text.cut(more, width), "dim")
  end
  return out
end

-- Returns the lines above the table, the most important one last, and its lines.
local function body(view, width)
  local look = { style = view.style, letters = view.mode == "bars" and BARS_ONLY or view.letters,
    names = view.names, origins = view.origins, width = width }
  if view.over then
    local list = view.over == "help" and help.help() or help.columns(view.letters)
    for i, line in ipairs(list) do list[i] = text.cut(line, width) end
    return {}, list
  end
  if view.mode == "all" then
    local heading, list = overview.lines(view.paths, view.current, look)
    return { heading }, list
  end
  local path = view.paths[view.current]
  local stats = path.stats:hops(true)
  local heading, list = hops.lines(path, stats, look)
  local sentence, change = about(view, path, stats, width)
  return list[1] and { sentence, change, heading } or { sentence }, list
end

--- Returns the lines of the screen.
---@param view mtr.LiveView
---@param rows integer
---@param width integer
---@param clock string the time, for the title
---@return string[]
function M.lines(view, rows, width, clock)
  local above, list = body(view, width)
  local out = {}
  if rows >= ENOUGH then out[1] = title(view, width, clock) end
  if view.paths[2] and view.mode ~= "all" and not view.over and rows >= ENOUGH then
    out[#out + 1] = tabs(view, width)
  end
  if rows >= ROOMY then out[#out + 1] = "" end
  for i, line in ipairs(above) do
    local left = rows - #out
    local wanted = line ~= "" or rows >= ROOMY
    if wanted and (left > 3 or i == #above and left > 1) then out[#out + 1] = line end
  end
  local foot = rows >= ENOUGH and 1 or 0
  if rows >= ROOMY then foot = 2 end
  for _, line in ipairs(window(view, list, math.max(1, rows - #out - foot), width)) do
    out[#out + 1] = line
  end
  if foot > 0 then
    while #out < rows - 1 do out[#out + 1] = "" end
    out[rows] = view.style:paint(text.cut(KEYS, width), "dim")
  end
  return out
end

--- Returns the table of a target as plain text, for the end of the program.
---@param view mtr.LiveView
---@param path mtr.LivePath
---@param width integer
---@return string[]
function M.last(view, path, width)
  local plain = text.new { utf8 = view.style.utf8, styled = false }
  local look = { style = plain, letters = view.letters, names = view.names, origins = view.origins,
    width = width }
  local stats = path.stats:hops(true)
  local sentence = verdict.of(path, stats)
  local heading, list = hops.lines(path, stats, look)
  local name = err.target(path.target)
  if path.dst and path.dst ~= path.target then name = ("%s (%s)"):format(name, path.dst) end
  local out = { ("%s: %s"):format(name, sentence) }
  if list[1] then out[2] = heading end
  for _, line in ipairs(list) do out[#out + 1] = line end
  for i, line in ipairs(out) do out[i] = line:gsub("%s+$", "") end
  return out
end

return M
