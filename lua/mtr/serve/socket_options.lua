-- SPDX-License-Identifier: MIT
--
-- The options that all servers have, and how a server reads its options.

local check = require "mtr.base.check"

local M = {}

--- Accepts the path of a socket file.
function M.path(value)
  if type(value) == "string" and #value > 0 and #value < 108 and not value:find "%z" then
    return value
  end
  return nil, "must be a path of 1..107 bytes"
end

--- Accepts its permission bits, and returns them as a number.
function M.mode(value)
  if type(value) == "string" and value:find "^[0-7][0-7][0-7]$" then return tonumber(value, 8) end
  return nil, 'must be three octal digits, such as "660"'
end

--- The options of all servers that are no part of their socket file.
M.MAX_CLIENTS = { name = "max_clients", kind = check.integer(1, 10000), default = 64,
  doc = "clients at once" }
M.ENGINE = { name = "engine", kind = check.type "table", otherwise = "the default engine",
  doc = "the engine that traces" }
M.LOG = { name = "log", kind = check.type "function", otherwise = "none",
  doc = "is called for clients that are refused or dropped" }

--- Writes options, or their defaults, into a server; returns the message of the first wrong one.
---@param declaration mtr.Declaration
---@param server table
---@param opts table
---@return string? message
function M.take(declaration, server, opts)
  for _, name in ipairs(declaration.names) do
    local option = declaration.by_name[name]
    server[name] = option.default and option.kind(option.default)
  end
  return check.each(declaration, opts, function(option, value) server[option.name] = value end)
end

return M
