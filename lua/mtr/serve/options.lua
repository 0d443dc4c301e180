-- SPDX-License-Identifier: MIT
--
-- The options of a server: who may use it, and how much each client may ask for.

local check = require "mtr.base.check"
local socket_options = require "mtr.serve.socket_options"

local path, mode = socket_options.path, socket_options.mode
local M = {}

---@class mtr.ServeOptions
---@field socket string path of the socket file
---@field mode? string its permission bits, octal, such as "660"
---@field allow_uid? integer[] users who may connect, beside the server's own and root
---@field allow_gid? integer[] groups whose members may connect
---@field max_clients? integer clients at once
---@field max_requests? integer requests of one client under way
---@field max_window? integer traces of one campaign under way
---@field max_line? integer bytes of a request
---@field max_unread? integer bytes of answers that wait for a client; if more wait, it is dropped
---@field client_rate? number|string requests per second of one client; 0 or "max": no limit
---@field engine? mtr.Engine default: the default engine
---@field log? fun(message: string) is called for clients that are refused or dropped

local one = check.integer(0, 4294967294)

local function ids(value)
  if type(value) ~= "table" then return nil, "must be a list of numbers" end
  for _, number in ipairs(value) do
    if not one(number) then return nil, "must be a list of numbers from 0 to 4294967294" end
  end
  return value
end

M.declaration = check.declare("serve", {
  { name = "socket", kind = path, needed = true, doc = "path of the socket file" },
  { name = "mode", kind = mode, otherwise = '"600", with allow_uid or allow_gid "666"',
    doc = "permission bits of the socket file, octal" },
  { name = "allow_uid", kind = ids, otherwise = "none",
    doc = "users who may connect, beside the server's own and root" },
  { name = "allow_gid", kind = ids, otherwise = "none", doc = "groups whose members may connect" },
  socket_options.MAX_CLIENTS,
  { name = "max_requests", kind = check.integer(1, 100000), default = 100,
    doc = "requests of one client under way" },
  { name = "max_window", kind = check.integer(1, 1000000), default = 1000,
    doc = "traces of one campaign under way" },
  { name = "max_line", kind = check.integer(1024, 2 ^ 26), default = 65536, unit = "bytes",
    doc = "length of a request" },
  { name = "max_unread", kind = check.integer(2 ^ 19, 2 ^ 30), default = 2 ^ 24, unit = "bytes",
    doc = "answers that wait for a client; if more wait, it is dropped" },
  { name = "client_rate", kind = check.rate, default = "max", unit = "requests/s",
    doc = "requests of one client" },
  socket_options.ENGINE, socket_options.LOG,
})

--- Writes the options into a server; returns the message of the first that is wrong.
---@param server mtr.Server
---@param opts mtr.ServeOptions
---@return string? message
function M.take(server, opts)
  local bug = socket_options.take(M.declaration, server, opts)
  if bug then return bug end
  if not server.socket then return "serve: socket is missing" end
  local open = server.allow_uid or server.allow_gid
  server.mode = server.mode or tonumber(open and "666" or "600", 8)
  return nil
end

return M
