-- SPDX-License-Identifier: MIT
--
-- The table of the hops of one target, as lines of a given width. Columns that have no room are
-- left out, the last ones first; hosts keep LEAST columns, long ones LONG, and the bars FEWEST.

local text = require "mtr.screen.text"
local bars = require "mtr.live.bars"
local columns = require "mtr.live.columns"
local labels = require "mtr.live.labels"

local M = {}

local NUMBER, ORIGIN, LEAST, LONG, MOST, FEWEST = 4, 10, 18, 30, 60, 8
local LIMITS = " (rate limit)"

---@class mtr.LiveLook how it looks
---@field style mtr.TextStyle
---@field letters string of the columns; see mtr.live.columns
---@field names boolean
---@field origins boolean
---@field width integer of the screen

-- The widths of one table.
---@class mtr.LiveLayout
---@field host integer
---@field bars integer 0: none
---@field shown mtr.LiveColumn[]
---@field scale number
---@field last integer the latest round

-- Returns the width that the hosts would like to have.
local function wish(path, hops, look)
  local most = LEAST
  for ttl, hop in ipairs(hops) do
    local known = path.hops[ttl]
    if known and known.route.addr then
      local size = text.width(labels.host(known.route.addr, look.names)) + 1
      most = math.max(most, size + (hop.rate_limited and #LIMITS or 0))
    end
  end
  return math.min(most, MOST)
end

-- Returns the latest round that has an outcome at some hop.
local function latest(path)
  local last = 0
  for _, hop in pairs(path.hops) do last = math.max(last, hop.history.last) end
  return last
end

---@param path mtr.LivePath
---@param hops mtr.HopStats[]
---@param look mtr.LiveLook
---@return mtr.LiveLayout
local function layout(path, hops, look)
  local left, shown = look.width - NUMBER - (look.origins and ORIGIN or 0), {}
  local wants_bars = look.letters:find(columns.HISTORY, 1, true)
  for letter in look.letters:gmatch "." do shown[#shown + 1] = columns.of(letter) end
  local wanted = wish(path, hops, look)
  local least = math.min(wanted, LONG)
  local function free()
    local n = left - least - (wants_bars and FEWEST + 2 or 0)
    for _, column in ipairs(shown) do n = n - column.width - 1 end
    return n
  end
  while shown[2] and free() < 0 do shown[#shown] = nil end
  local spare = math.max(0, free())
  local host = least + math.min(spare, wanted - least)
  if not wants_bars then host = math.min(MOST, least + spare) end
  local used = host
  for _, column in ipairs(shown) do used = used + column.width + 1 end
  local room = wants_bars and left - used - 2 or 0
  if room < 4 then room = 0 end
  return { host = math.min(host, left), bars = room, shown = shown, scale = bars.scale(hops),
    last = latest(path) }
end

-- The style of the loss of a hop: loss of the target is real, that of a hop before it may be.
local function loss_style(hop)
  if hop.unanswered == 0 then return nil end
  return hop.destination and "bold red" or hop.rate_limited and "dim" or "yellow"
end

-- The host of a hop, in exactly `size` columns.
local function host(known, hop, look, size)
  if not known or not known.route.addr then
    return look.style:paint(text.fit(hop.sent > 0 and "(no answer)" or "(waiting)", size), "dim")
  end
  local name = labels.host(known.route.addr, look.names)
  local note = hop.rate_limited and LIMITS or known.mark and " " .. known.mark or ""
  if size - #note < math.min(text.width(name), 8) then note = "" end
  name = text.fit(name, math.min(text.width(name), size - #note))
  local rest = text.fit(note, size - text.width(name))
  return look.style:paint(name, hop.destination and "bold" or nil) .. look.style:paint(rest, "dim")
end

local function row(path, hop, look, l)
  local known = path.hops[hop.ttl]
  local out = { ("%2d  "):format(hop.ttl) }
  if look.origins then
    local origin = known and known.route.addr and labels.origin(known.route.addr) or ""
    out[2] = text.fit(origin, ORIGIN - 1) .. " "
  end
  out[#out + 1] = host(known, hop, look, l.host)
  local heard = known and known.heard
  for _, column in ipairs(l.shown) do
    local cell = text.right(heard and column.text(hop) or "", column.width)
    out[#out + 1] = " " .. look.style:paint(cell, column.letter == "L" and loss_style(hop) or nil)
  end
  if l.bars > 0 and heard then
    out[#out + 1] = "  " .. bars.row(known.history, l.last, l.bars, l.scale, look.style,
      hop.rate_limited and "dim" or "bold red")
  end
  return table.concat(out)
end

-- Returns the share of the answers of a hop that came from an address, as text.
local function share(hop, addr)
  for _, entry in ipairs(hop.addrs) do
    if entry.addr == addr then
      return ("%.0f%% of answers"):format(100 * entry.count / hop.received)
    end
  end
  return ""
end

-- Adds what is shown of a hop beside its row: other addresses, and the last change.
local function add_notes(list, known, hop, look)
  if not known then return end
  local indent = (" "):rep(NUMBER + (look.origins and ORIGIN or 0))
  if known.mpls then
    list[#list + 1] = look.style:paint(("%sMPLS %s"):format(indent, known.mpls), "dim")
  end
  for _, addr in ipairs(known.route:others()) do
    list[#list + 1] = look.style:paint(("%sor %s, %s"):format(indent, labels.host(addr, look.names),
      share(hop, addr)), "cyan")
  end
  local change = known.route.change
  if change then
    local now = change.to ~= known.route.addr and (", now %s"):format(change.to) or ""
    list[#list + 1] = look.style:paint(("%swas %s until %s%s"):format(indent,
      labels.host(change.from, look.names), os.date("%H:%M:%S", change.at), now), "yellow")
  end
end

local function heading(look, l)
  local out = { "Hop " }
  if look.origins then out[2] = text.fit("AS", ORIGIN) end
  out[#out + 1] = text.fit("Host", l.host)
  for _, column in ipairs(l.shown) do
    out[#out + 1] = " " .. text.right(column.title, column.width)
  end
  if l.bars > 0 then out[#out + 1] = "  " .. bars.title(l.scale, l.bars, l.bars) end
  return look.style:paint(text.cut(table.concat(out), look.width), "bold")
end

-- Returns what begins a line about all hops from one to another.
local function span(first, last)
  return first < last and ("%2d to %d  "):format(first, last) or ("%2d  "):format(first)
end

--- Returns the line of titles, and the lines of the hops.
---@param path mtr.LivePath
---@param hops mtr.HopStats[] path.stats:hops()
---@param look mtr.LiveLook
---@return string heading
---@return string[]
function M.lines(path, hops, look)
  local l, list, heard = layout(path, hops, look), {}, path:heard()
  local hidden = math.min(path.privacy, #hops)
  if hidden > 0 then
    list[1] = look.style:paint(span(1, hidden) .. "(hidden)", "dim")
  end
  for ttl = hidden + 1, #hops do
    local hop = hops[ttl]
    if ttl > heard then
      local what = hop.sent > 0 and "(no answer)" or "(waiting)"
      list[#list + 1] = look.style:paint(span(ttl, #hops) .. what, "dim")
      break
    end
    list[#list + 1] = row(path, hop, look, l)
    add_notes(list, path.hops[ttl], hop, look)
  end
  for i, line in ipairs(list) do list[i] = text.clip(line, look.width) end
  return heading(look, l), list
end

return M
