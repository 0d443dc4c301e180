-- SPDX-License-Identifier: MIT
--
-- The stages of a chain that look at each target: exclude, unique, map, filter, and take and shard
-- behind one of these.
--
-- A stage makes a function pass(kind, out, what) -> kind, what for one run through the chain; nil
-- drops the target. kind and what are those of mtr.targets.entry; errors (-1) pass through. A name
-- is not resolved here.

local addr = require "mtr.base.addr"
local err = require "mtr.base.err"
local entry = require "mtr.targets.entry"

local M = {}

---@class mtr.Stage
---@field text string for describe()
---@field remembers boolean what it does depends on the targets before
---@field make fun(run: table): fun(kind: integer, out: ffi.cdata*, what: any): integer?, any

--- Drops the addresses in a set of prefixes.
---@param set mtr.PrefixSet
---@param text string
---@return mtr.Stage
function M.exclude(set, text)
  local function pass(kind, out, what)
    if kind > 0 and set:has(out, kind) then return nil end
    return kind, what
  end
  return { text = text, remembers = false, make = function() return pass end }
end

--- Drops targets that came before. Keeps the address or the name of each in memory.
---@return mtr.Stage
function M.unique()
  local function make()
    local seen = {}
    return function(kind, out, what)
      if kind < 0 then return kind, what end
      local key = kind > 0 and addr.key(out, kind) or what:lower()
      if kind > 0 and what > 0 then key = key .. "%" .. what end
      if seen[key] then return nil end
      seen[key] = true
      return kind, what
    end
  end
  return { text = "unique()", remembers = true, make = make }
end

--- Returns the text of a target.
---@param kind integer
---@param out ffi.cdata*
---@param what any
---@return string
function M.text(kind, out, what)
  if kind == 0 then return what end
  return addr.format(out, kind) .. (what > 0 and "%" .. what or "")
end

-- Reads what a function made of a target.
local function made(run, text, out)
  run.text = text
  local kind, what = entry.read(text, out)
  if kind == entry.PREFIX then
    return -1, ("EINVAL: map must return an address or a name, got %s"):format(err.show(text))
  end
  return kind, what
end

--- Replaces each target by what a function returns for its text; nil drops it.
---@param fn fun(target: string): string?
---@return mtr.Stage
function M.map(fn)
  local function make(run)
    return function(kind, out, what)
      if kind < 0 then return kind, what end
      local text = fn(M.text(kind, out, what))
      if not text then return nil end
      return made(run, text, out)
    end
  end
  return { text = "map(function)", remembers = false, make = make }
end

--- Keeps the targets for which a function returns true.
---@param fn fun(target: string): boolean?
---@return mtr.Stage
function M.filter(fn)
  local function pass(kind, out, what)
    if kind >= 0 and not fn(M.text(kind, out, what)) then return nil end
    return kind, what
  end
  return { text = "filter(function)", remembers = false, make = function() return pass end }
end

--- Ends after so many targets.
---@param n integer
---@return mtr.Stage
function M.take(n)
  local function make(run)
    local left = n
    if left == 0 then run.over = true end
    return function(kind, _, what)
      left = left - 1
      if left <= 0 then run.over = true end
      return kind, what
    end
  end
  return { text = ("take(%.0f)"):format(n), remembers = true, make = make }
end

--- Keeps each n-th target.
---@param i integer
---@param n integer
---@return mtr.Stage
function M.shard(i, n)
  local function make()
    local count = -i
    return function(kind, _, what)
      count = count + 1
      if count % n ~= 0 then return nil end
      return kind, what
    end
  end
  return { text = ("shard(%.0f, %.0f)"):format(i, n), remembers = true, make = make }
end

return M
