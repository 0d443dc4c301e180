-- SPDX-License-Identifier: MIT
--
-- The path that is known of a target, and how another one differs from it.
--
-- A known path has for each TTL the addresses that may answer there: the first is the usual one,
-- the others are equal-cost alternatives, and an empty list means that the hop is silent. A hop
-- that has become silent is not a difference, because routers limit their answers. Neither is a hop
-- that was silent and answers now.
--
--     { hops = { { "10.0.0.1" }, {}, { "10.0.2.1", "10.0.3.1" } }, length = 3 }

local compat = require "mtr.compat"
local addr = require "mtr.base.addr"

local M = {}

---@class mtr.KnownPath
---@field hops string[][] by TTL, without holes
---@field length? integer the TTL of the target; nil: it has not answered

---@class mtr.PathChange
---@field change "added"|"removed"|"moved"
---@field ttl integer where the address is now, or was before it was removed
---@field addr string
---@field from? integer of one that moved: the TTL where it was

local function contains(list, text)
  for _, one in ipairs(list or {}) do
    if one == text then return true end
  end
  return false
end

local function add(list, text)
  if not contains(list, text) then list[#list + 1] = text end
end

--- Makes the path that a trace has found.
---@param result mtr.Result
---@return mtr.KnownPath
function M.of(result)
  local hops = {}
  for ttl, hop in ipairs(result.hops) do
    hops[ttl] = {}
    for _, reply in ipairs(hop.replies) do
      if not (reply.dup or reply.late or reply.ignored) then add(hops[ttl], reply.addr) end
    end
  end
  local whole = result.stop_reason == "completed"
  return { hops = hops, length = whole and result.hop_count or nil }
end

--- Adds the addresses of another path to the same target as alternatives.
---@param known mtr.KnownPath
---@param seen mtr.KnownPath
function M.merge(known, seen)
  known.length = known.length or seen.length
  for ttl, addrs in ipairs(seen.hops) do
    if known.length and ttl > known.length then break end
    known.hops[ttl] = known.hops[ttl] or {}
    for _, text in ipairs(addrs) do add(known.hops[ttl], text) end
  end
end

--- Returns true if an address that answered at a TTL differs from those that are known there.
---@param known mtr.KnownPath
---@param ttl integer
---@param text string
---@return boolean
function M.strange(known, ttl, text)
  local addrs = known.hops[ttl]
  return addrs ~= nil and addrs[1] ~= nil and not contains(addrs, text)
end

--- Returns true if a path is not the known one.
---@param known mtr.KnownPath
---@param seen mtr.KnownPath
---@return boolean
function M.differs(known, seen)
  if known.length and seen.length and known.length ~= seen.length then return true end
  for ttl, addrs in ipairs(seen.hops) do
    if addrs[1] and M.strange(known, ttl, addrs[1]) then return true end
  end
  return false
end

-- Returns true if the usual address of a TTL names no router: many use it, or it is the target's
-- before the end of the path.
local function nameless(path, ttl, text)
  local key, last = addr.key_of(text), path.hops[path.length or 0]
  return key and addr.many_use(key) or last and text == last[1] and ttl < path.length
end

-- Returns the names of a path's usual addresses by TTL, false for silent hops, and where each of
-- them is first. An address that names no router has another name at each TTL.
local function places(path)
  local names, at = {}, {}
  for ttl, addrs in ipairs(path.hops) do
    local name = addrs[1] or false
    if name and nameless(path, ttl, name) then name = name .. " " .. ttl end
    names[ttl] = name
    if name and not at[name] then at[name] = ttl end
  end
  return names, at
end

local function last_answer(hops)
  for ttl = #hops, 1, -1 do
    if hops[ttl][1] then return ttl end
  end
  return 0
end

--- Returns how a path differs from the known one, in the order of TTL. If the new path does not
--- reach the target, nothing is known of the hops after its last answer, so none is called removed.
---@param known mtr.KnownPath
---@param seen mtr.KnownPath
---@return mtr.PathChange[]
function M.changes(known, seen)
  local list, named, was = {}, places(known)
  local names, is = places(seen)
  local last = seen.length or last_answer(seen.hops)
  for ttl, addrs in ipairs(seen.hops) do
    local name = names[ttl]
    local silent = known.hops[ttl] and not known.hops[ttl][1]
    if name and is[name] == ttl and not contains(known.hops[ttl], addrs[1]) then
      if was[name] then
        list[#list + 1] = { change = "moved", ttl = ttl, addr = addrs[1], from = was[name] }
      elseif not silent then
        list[#list + 1] = { change = "added", ttl = ttl, addr = addrs[1] }
      end
    end
  end
  for ttl, addrs in ipairs(known.hops) do
    local name, now = named[ttl], seen.hops[ttl] and seen.hops[ttl][1]
    local gone = name and was[name] == ttl and not is[name] and not contains(addrs, now)
    if gone and (now or seen.length and ttl >= last) then
      list[#list + 1] = { change = "removed", ttl = ttl, addr = addrs[1] }
    end
  end
  table.sort(list, function(a, b)
    if a.ttl ~= b.ttl then return a.ttl < b.ttl end
    return a.change > b.change
  end)
  return list
end

--- Returns the path to know from now on: the new one, with what is known of its silent hops and of
--- the alternatives of hops that stayed.
---@param known mtr.KnownPath
---@param seen mtr.KnownPath
---@return mtr.KnownPath
function M.after(known, seen)
  local hops, length = {}, seen.length or known.length
  for ttl = 1, length or #seen.hops do
    local addrs, before = seen.hops[ttl] or {}, known.hops[ttl] or {}
    hops[ttl] = { compat.unpack(addrs) }
    if not addrs[1] or contains(before, addrs[1]) then
      for _, text in ipairs(before) do add(hops[ttl], text) end
    end
  end
  return { hops = hops, length = length }
end

return M
