-- SPDX-License-Identifier: MIT
--
-- mtr.prefixes: tables of address prefixes, which find the longest one that contains an address;
-- for millions of them.
--
--     local set = mtr.prefixes.new()
--     set:add("192.0.2.0/24", "office")
--     print(set:lookup "192.0.2.7")                   -- office  192.0.2.0/24
--     local asns = assert(mtr.prefixes.pfx2as "routeviews-rv2.pfx2as.gz")
--     print(asns:lookup "192.0.2.7")                  -- 64500   192.0.2.0/24

local err = require "mtr.base.err"
local prefix_set = require "mtr.base.prefix_set"
local pfx2as = require "mtr.names.pfx2as"

local M = {}

--- Makes an empty table: a mtr.PrefixSet.
M.new = prefix_set.set

--- Reads a list of prefixes, or a file with one on each line; "#" begins a comment.
---@param list string|string[]
---@return mtr.PrefixSet? set its values are the prefixes as text
---@return string? message, string? name
function M.load(list)
  if type(list) ~= "string" and type(list) ~= "table" then
    error("prefixes.load: must be a file or a list of prefixes, got " .. err.show(list), 2)
  end
  local set, message, code = prefix_set.load(list)
  if set then return set end
  if code then return err.env(code, list) end
  return err.named("EINVAL", message)
end

--- Reads files that say which AS announces which prefix, in the layout of CAIDA's pfx2as; .gz too.
---@param files string|string[]
---@return mtr.PrefixSet? set its values are AS numbers as text
---@return string? message, string? name
function M.pfx2as(files)
  local into, message, name = pfx2as.load(type(files) == "string" and { files } or files)
  if not into then return nil, message, name end
  return into.set
end

return M
