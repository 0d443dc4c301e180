-- SPDX-License-Identifier: MIT
--
-- A cache with a bounded number of entries, each with the time until which it may be believed.
--
-- It has two tables. New entries go into the young one. When that is full it becomes the old one,
-- and what was in the old one is forgotten; an entry of the old one that is read becomes young
-- again. So what is used stays, and no entry needs links to others.

local M = {}

---@class mtr.NamesCache
---@field now fun(): number seconds
---@field half integer entries of a table
local Cache = {}
Cache.__index = Cache

--- Makes an empty cache.
---@param most integer entries
---@param now? fun(): number seconds; default os.time
---@return mtr.NamesCache
function M.new(most, now)
  return setmetatable({
    now = now or os.time, half = math.max(math.ceil(most / 2), 1), count = 0, young = {}, old = {},
  }, Cache)
end

--- Puts an entry in, or replaces it.
---@param key any
---@param value table
---@param seconds number for how long it may be believed
function Cache:put(key, value, seconds)
  if not self.young[key] then
    if self.count >= self.half then self.old, self.young, self.count = self.young, {}, 0 end
    self.count = self.count + 1
  end
  self.young[key] = { value = value, till = self.now() + seconds }
end

--- Returns an entry that may still be believed, or nil.
---@param key any
---@return table?
function Cache:get(key)
  local entry = self.young[key]
  if entry then return entry.till > self.now() and entry.value or nil end
  entry = self.old[key]
  if not entry then return nil end
  self.old[key] = nil
  local left = entry.till - self.now()
  if left <= 0 then return nil end
  self:put(key, entry.value, left)
  return entry.value
end

--- Forgets all entries.
function Cache:clear() self.young, self.old, self.count = {}, {}, 0 end

return M
