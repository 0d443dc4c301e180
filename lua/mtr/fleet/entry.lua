-- SPDX-License-Identifier: MIT
--
-- One entry of the stream of results: a lease of a vantage point, or a part of one. The parts of a
-- lease come in one transaction, so they follow each other.
--
-- An entry must not hold up those behind it, even if it has no results of a lease, is too large, or
-- other parts of its lease are missing: it is counted and passed over. If the last parts of a lease
-- are missing, the first ones are in the outputs already. So the lease counts as written; otherwise
-- these parts would be there twice when it comes again.

local err = require "mtr.base.err"
local contents = require "mtr.fleet.contents"
local keys = require "mtr.fleet.keys"
local place = require "mtr.fleet.place"
local WrittenLeases = require "mtr.fleet.written_leases"

local M = {}

local MOST_LEASES = 2 ^ 53             -- numbers above it are not exact, and the state would lie
local COMPLAINTS = 20                  -- of an entry that are shown: as many as a worker gathers

---@class mtr.FleetPart what an entry has
---@field lease integer
---@field point string
---@field part integer
---@field parts integer
---@field fields table<string, string>

-- Returns a text as a whole number; nil: it is not one.
local function whole(text)
  local number = (text or ""):find "^%d+$" and tonumber(text)
  return number and number < MOST_LEASES and number or nil
end

local function name_of(self, id)
  return ("%s %s"):format(keys.results(self.campaign), err.plain(id))
end

-- Counts an entry that is passed over.
local function pass_over(self, id, why)
  self.strange = self.strange + 1
  self.unread_why = self.unread_why or ("%s: %s"):format(name_of(self, id), why)
  self.after, self.whole = id, true
end

--- Returns the size of the first text of an entry that was too large to be taken; nil: there is no
--- such text. The entry has the size in place of the text.
---@param entry [string, (string|number)[]]
---@return integer?
function M.too_large(entry)
  for _, text in ipairs(entry[2] or {}) do
    if type(text) == "number" then return text end
  end
end

-- Returns what an entry has, or nil and why it is passed over.
local function read(entry)
  local size, fields = M.too_large(entry), {}
  if size then return nil, ("a text of %.0f bytes is too long"):format(size) end
  for i = 1, #(entry[2] or {}), 2 do fields[entry[2][i]] = entry[2][i + 1] end
  local lease, point = whole(fields.lease), fields.point
  local part, parts = (fields.part or ""):match "^(%d+)/(%d+)$"
  part, parts = whole(part), whole(parts)
  if not lease or not point or keys.wrong("", point) or not part or not parts or part < 1
    or part > parts then
    return nil, "this is no entry of a fleet"
  end
  return { lease = lease, point = point, part = part, parts = parts, fields = fields }
end

--- Was an entry written before the drain has begun to read again?
---@param self mtr.FleetDrain
---@param entry [string, string[]]
---@return boolean
function M.known(self, entry)
  if place.is_new(self, entry[1]) then return false end
  local one = read(entry)
  return not one or self.done[one.point] ~= nil and self.done[one.point]:has(one.lease)
end

-- Is `next` the part behind the part `one`?
local function follows(one, next)
  return next and next.point == one.point and next.lease == one.lease and next.parts == one.parts
    and next.part == one.part + 1
end

-- Ends the lease of which some part was written last.
local function end_lease(self)
  local one = self.open
  if not self.skipping then self.done[one.point]:add(one.lease) end
  self.open, self.whole = nil, true
end

--- Gives up waiting for the other parts of the lease that was written last, if any are missing.
--- Call it when no entry follows.
---@param self mtr.FleetDrain
function M.give_up(self)
  local one = self.open
  if not one then return end
  end_lease(self)
  pass_over(self, self.after, ("lease %.0f of %s has no part %.0f of %.0f"):format(one.lease,
    one.point, one.part + 1, one.parts))
end

-- Begins with the first part of a lease.
local function begin(self, one)
  local set = self.done[one.point] or WrittenLeases.new()
  self.done[one.point] = set
  self.skipping = set:has(one.lease)
  if self.skipping then
    self.repeated = self.repeated + 1
    return
  end
  local fields, n = one.fields, 0
  self.failed, self.leases = self.failed + (whole(fields.failed) or 0), self.leases + 1
  for line in (fields.complaints or ""):gmatch "[^\n]+" do
    n = n + 1
    if n > COMPLAINTS then break end
    self.say(("%s: %s"):format(one.point, err.plain(line)))
  end
end

-- Lets the outputs that are not files take the rows of an entry, before it counts as written.
local function deliver(self, one)
  local token = ("%s/%s/%s/%s"):format(self.campaign, one.point, one.fields.lease, one.fields.part)
  for _, reporter in ipairs(self.list) do
    if reporter.deliver then
      local ok, message, name = reporter:deliver(self, token)
      if not ok then return nil, message, name end
    end
  end
  return true
end

--- Gives the results of an entry to the reporters, or passes it over.
---@async
---@param self mtr.FleetDrain
---@param entry [string, string[]]
---@return true?
---@return string? message, string? name
function M.write(self, entry)
  local id, one, why = entry[1], read(entry)
  if self.open and not follows(self.open, one) then M.give_up(self) end
  if not one then
    pass_over(self, id, why)
    return true
  end
  if not self.open and one.part > 1 then
    pass_over(self, id, ("lease %.0f of %s has no part 1 of %.0f"):format(one.lease, one.point,
      one.parts))
    return true
  end
  if one.part == 1 then begin(self, one) end
  if not self.skipping then
    local ok, message, name = contents.write(self, one.fields.results or "", name_of(self, id))
    if ok then ok, message, name = deliver(self, one) end
    if not ok then return nil, message, name end
  end
  one.fields = nil
  self.open, self.after, self.whole = one, id, false
  if one.part == one.parts then end_lease(self) end
  return true
end

return M
