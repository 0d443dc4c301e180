-- SPDX-License-Identifier: MIT
--
-- Remembers the last options that were found right, and the struct mtr_trace that was made of them.
-- Most programs trace with the same options again and again: then a comparison and a copy do.
--
-- Options are compared by their contents, because a program may change its table between two calls,
-- or write a new one for each. Hooks and data belong to one call: they are not remembered, and any
-- hook equals any other. What the check takes from elsewhere is never remembered: a strategy may be
-- changed or registered anew, and the zone of a source address may get another number.

local lib = require "mtr.lib"
local each = require "mtr.base.each"

local M = {}

local SIZE = lib.sizeof "struct mtr_trace"

-- Stand for the values of one call, in the place of what was given.
local HOOK, ANY = {}, {}
local OF_ONE_CALL = {
  on_probe = HOOK, on_reply = HOOK, on_timeout = HOOK, on_hop = HOOK, pace = HOOK, data = ANY,
}

---@class mtr.RecentOptions
---@field given table<string, any> the values as the user wrote them
---@field count integer how many
---@field struct ffi.cdata* struct mtr_trace
---@field kept table what request.fill() returned
---@field bare boolean nothing is kept

---@type table<mtr.Declaration, mtr.RecentOptions>
local recents = {}

local function equal(recent, opts)
  local given, count = recent.given, 0
  for name, value in each(opts) do
    local known = given[name]
    if known ~= value and known ~= ANY and not (known == HOOK and type(value) == "function") then
      return false
    end
    count = count + 1
  end
  return count == recent.count
end

-- It is not part of M.fill, because LuaJIT does not compile a function whole that contains a loop.
local function copy(recent, opts, t)
  lib.copy(t, recent.struct, SIZE)
  local kept = recent.kept
  if recent.bare then return kept end
  return {
    on_probe = opts.on_probe, on_reply = opts.on_reply, on_timeout = opts.on_timeout,
    on_hop = opts.on_hop, pace = opts.pace, data = opts.data,
    interface = kept.interface, payload = kept.payload, family = kept.family,
  }
end

--- Writes options into a struct mtr_trace, if they equal those that were right the last time.
---@param declaration mtr.Declaration
---@param opts any
---@param t ffi.cdata* struct mtr_trace
---@return table? kept as request.fill() returns it; nil: check the options
function M.fill(declaration, opts, t)
  local recent = recents[declaration]
  if not recent or type(opts) ~= "table" or getmetatable(opts) or not equal(recent, opts) then
    return nil
  end
  return (copy(recent, opts, t))
end

--- Remembers options that were found right.
---@param declaration mtr.Declaration
---@param opts table
---@param t ffi.cdata* struct mtr_trace
---@param kept table
function M.remember(declaration, opts, t, kept)
  if opts.strategy ~= nil or kept.source or kept.dst or getmetatable(opts) then return end
  local recent = recents[declaration] or { struct = lib.new "struct mtr_trace" }
  recents[declaration] = recent
  recent.given, recent.count = {}, 0
  for name, value in each(opts) do
    recent.given[name], recent.count = OF_ONE_CALL[name] or value, recent.count + 1
  end
  lib.copy(recent.struct, t, SIZE)
  recent.kept = { interface = kept.interface, payload = kept.payload, family = kept.family }
  recent.bare = next(kept) == nil
end

return M
