-- SPDX-License-Identifier: MIT
--
-- Chooses members of results: the option `only` of reporters that write JSON.
--
-- Of a result only the members that are asked for are read, so a line without hops costs nothing
-- for them. A member that a result does not have is left out.

local err = require "mtr.base.err"
local fields = require "mtr.record.fields"
local json = require "mtr.record.json"
local Result = require "mtr.record.result"
local ping = require "mtr.report.ping"

local M = {}

-- Fields of results that are no members of their JSON.
local INTERNAL = { data = true, engine = true, handle = true }

local NAMES = {}
for name in pairs(fields.result) do
  if not INTERNAL[name] then NAMES[#NAMES + 1] = name end
end
for _, name in ipairs(ping.fields) do
  if not fields.result[name] then NAMES[#NAMES + 1] = name end
end
table.sort(NAMES)

local PING = json.shape(ping.fields, Result.shape.formats)

local KNOWN = {}
for _, name in ipairs(NAMES) do KNOWN[name] = true end

--- Returns what is wrong with the option; nil if nothing is.
---@param only any
---@return string?
function M.wrong(only)
  if only == nil then return nil end
  if type(only) ~= "table" or #only == 0 then
    return "only must be a list of members of results, got " .. err.show(only)
  end
  for _, name in ipairs(only) do
    if not KNOWN[name] then
      local near = type(name) == "string" and err.nearest(name, NAMES)
      return ("only: results have no member %s%s"):format(err.show(name),
        near and ("; did you mean %q?"):format(near) or "")
    end
  end
end

--- Returns a result as JSON with some of its members, in the order of the full line.
---@param only string[] checked by wrong()
---@param result table
---@return string
function M.encode(only, result)
  local line = {}
  for _, name in ipairs(only) do line[name] = result[name] end
  if next(line) == nil then return "{}" end
  local of_ping = tostring(result.type):find "^ping"
  return json.encode(line, of_ping and PING or Result.shape)
end

return M
