-- SPDX-License-Identifier: MIT
--
-- What the keys do to the view. A key that does nothing is ignored.

local columns = require "mtr.live.columns"

local M = {}

local MODES = { table = "bars", bars = "all", all = "table" }

local function target(step)
  return function(view)
    view.current = (view.current - 1 + step) % #view.paths + 1
    if view.mode ~= "all" then view.scroll = 0 end
  end
end

local function scroll(step)
  return function(view) view.scroll = math.max(0, math.min(view.most or 0, view.scroll + step)) end
end

local function switch(name) return function(view) view[name] = not view[name] end end

local function open(page)
  return function(view) view.over, view.below, view.scroll = page, view.scroll, 0 end
end

local KEYS = {
  q = function() return "quit" end,
  p = switch "paused", n = switch "names", z = switch "origins",
  ["?"] = open "help", h = open "help", o = open "columns",
  tab = target(1), right = target(1), backtab = target(-1), left = target(-1),
  up = scroll(-1), k = scroll(-1), down = scroll(1), j = scroll(1),
  home = scroll(-math.huge), ["end"] = scroll(math.huge),
}

function KEYS.pageup(view) return scroll(-(view.page or 1))(view) end
function KEYS.pagedown(view) return scroll(view.page or 1)(view) end

function KEYS.r(view)
  for _, path in ipairs(view.paths) do path:reset() end
end

function KEYS.d(view)
  view.mode, view.scroll = MODES[view.mode], 0
  if view.mode == "all" and not view.paths[2] then view.mode = "table" end
end

function KEYS.enter(view)
  if view.mode == "all" then view.mode, view.scroll = "table", 0 end
end

local SCROLLS = { up = true, down = true, pageup = true, pagedown = true, home = true,
  ["end"] = true }

-- A key while a page lies over the table.
local function over(view, key)
  if SCROLLS[key] then return KEYS[key](view) end
  local letter = key:upper()
  if view.over == "columns" and #key == 1
    and (columns.of(letter) or letter == columns.HISTORY) then
    view.letters = columns.toggle(view.letters, letter)
    return nil
  end
  view.over, view.scroll = nil, view.below or 0
end

--- Does what a key wants. Returns "quit" if that is to end the program.
---@param view mtr.LiveView
---@param key string see mtr.screen.keys
---@return "quit"?
function M.press(view, key)
  if view.over then return over(view, key) end
  if KEYS[key] then return KEYS[key](view) end
  if key:find "^[1-9]$" and view.paths[tonumber(key)] then
    view.current, view.scroll = tonumber(key), 0
  end
end

return M
