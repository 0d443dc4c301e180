-- SPDX-License-Identifier: MIT
--
-- Tells whether a line of JSON is a result that would be written as just that line, and has members
-- of the right kinds (see mtr.record.members). Such a result need not be decoded if it is only
-- passed on, and not be checked if it is read. Other lines may be good as well.

local each = require "mtr.base.each"
local lib = require "mtr.lib"
local kinds = require "mtr.record.kinds"
local members = require "mtr.record.members"
local Result = require "mtr.record.result"

local C = lib.C
local M = {}

-- What other lines may lack is filled in as they are read: see mtr.report.read.jsonl.
local FILLED_IN = { "attempt", "at", "protocol" }

local TEXT = kinds.about[kinds.text]

local rank, formats = Result.shape.rank, Result.shape.formats

-- What is known of a kind; nil if that is not all that a value needs.
local function known(kind)
  local about = kinds.about[kind]
  if about and about.element and not known(about.element) then return nil end
  for _, name in ipairs(about and about.needed or {}) do
    if not known(about.members[name]) then return nil end
  end
  return about
end

-- Sorts members as mtr.record.json writes them.
local function before(a, b)
  local x, y = rank[a.name] or math.huge, rank[b.name] or math.huge
  if x == y then return a.name < b.name end
  return x < y
end

local function members_of(about)
  local list, needed = {}, {}
  for _, name in ipairs(about.needed) do needed[name] = true end
  for _, name in ipairs(about.members.attempt and FILLED_IN or {}) do needed[name] = true end
  for name, kind in each(about.members) do
    if known(kind) then
      list[#list + 1] = { name = name, about = known(kind), needed = needed[name] }
    end
  end
  if about == kinds.about[members.trace] then
    list[#list + 1] = { name = "type", about = { type = "ONE_OF", words = { "trace" } },
      needed = true }
    list[#list + 1] = { name = "version", about = TEXT }
  end
  table.sort(list, before)
  return list
end

-- Returns the kinds within a kind.
local function within(about)
  if about.members then return members_of(about) end
  local list = {}
  if about.element then list[1] = { about = known(about.element) } end
  for i, word in ipairs(about.words or {}) do list[i] = { name = word, about = TEXT } end
  return list
end

-- Makes a list of the kinds of a trace. Those within a kind stand behind each other.
local function all_kinds()
  local list, places, i = { { about = kinds.about[members.trace] } }, {}, 1
  while list[i] do
    local about = list[i].about
    local place = places[about] or { first = #list, n = 0 }
    if not places[about] then
      places[about] = place
      for n, one in ipairs(within(about)) do
        list[#list + 1], place.n = one, n
      end
    end
    list[i].place, i = place, i + 1
  end
  return list
end

local function fill(c, kind)
  local about, name = kind.about, kind.name or ""
  assert(#name < lib.sizeof(c.name), name)
  lib.copy(c.name, name, #name)
  c.type, c.first, c.n = C["MTR_JSON_" .. about.type], kind.place.first, kind.place.n
  c.least, c.most = about.least or 0, about.most or 0
  c.decimals = tonumber((formats[name] or ""):match "^%%%.(%d)f$") or 0
  c.needed = kind.needed and 1 or 0
end

local all = all_kinds()
local array, count = lib.new("struct mtr_json_kind[?]", #all), #all
for i, kind in ipairs(all) do fill(array[i - 1], kind) end

--- Returns true if a text is certainly a result as it would be written, without the newline.
---@param text string
---@return boolean
function M.is_text(text) return C.mtr_json_verbatim(text, #text, array, count) == 1 end

--- Returns true if a line, which ends in a newline, certainly is one.
---@param line string
---@return boolean
function M.is(line)
  return line:byte(#line) == 10 and C.mtr_json_verbatim(line, #line - 1, array, count) == 1
end

return M
