-- SPDX-License-Identifier: MIT
--
-- The options of a server that speaks scamper's control protocol.

local addr = require "mtr.base.addr"
local check = require "mtr.base.check"
local socket_options = require "mtr.serve.socket_options"

local path, mode = socket_options.path, socket_options.mode
local M = {}

---@class mtr.AttachOptions
---@field socket? string path of a unix socket
---@field port? string "PORT" or "ADDRESS:PORT": a TCP port of this host; 0: a free one
---@field mode? string permission bits of the socket file, octal
---@field window? integer commands under way at once
---@field max_clients? integer clients at once
---@field monitor? string name of this vantage point, in lists
---@field engine? mtr.Engine default: the default engine
---@field log? fun(message: string) is called for clients that are refused or dropped

-- Reads where to listen: an address of this host's loopback, and a port.
local function port(value)
  local address, number = tostring(value):match "^(.*):(%d+)$"
  if not address then address, number = "127.0.0.1", tostring(value):match "^%d+$" end
  address = address:match "^%[(.*)%]$" or address
  if not number or tonumber(number) > 65535 or not addr.parse_ip(address) then
    return nil, "must be PORT or ADDRESS:PORT"
  end
  if addr.class(address) ~= "loopback" then
    return nil, "must be at a loopback address, because everybody who reaches it can send probes"
  end
  return { address = address, number = tonumber(number) }
end

local function text(value)
  if type(value) == "string" and #value <= 255 and not value:find "%z" then return value end
  return nil, "must be a string of at most 255 bytes"
end

M.declaration = check.declare("attach", {
  { name = "socket", kind = path, otherwise = "none", doc = "path of a unix socket" },
  { name = "port", kind = port, otherwise = "none",
    doc = "PORT or ADDRESS:PORT of this host, for TCP; 0: a free port" },
  { name = "mode", kind = mode, default = "600", doc = "permission bits of the socket, octal" },
  { name = "window", kind = check.integer(1, 100000), default = 1000,
    doc = "commands under way at once" },
  socket_options.MAX_CLIENTS,
  { name = "monitor", kind = text, otherwise = "none", doc = "name of this vantage point" },
  socket_options.ENGINE, socket_options.LOG,
})

--- Writes the options into a server; returns the message of the first that is wrong.
---@param server mtr.AttachServer
---@param opts mtr.AttachOptions
---@return string? message
function M.take(server, opts)
  local bug = socket_options.take(M.declaration, server, opts)
  if bug then return bug end
  if not server.socket and not server.port then return "attach: give a socket or a port" end
  return nil
end

return M
