-- SPDX-License-Identifier: MIT
--
-- A server that speaks scamper's control protocol (version 20211212), so that programs which drive
-- scamper run on this engine. It listens on a unix socket, on a TCP port of the loopback, or both.
--
-- The permission bits of the socket file say who may connect to it. Every user of this host may
-- connect to the TCP port. The rate of probes is that of the engine, for all clients together;
-- clients may lower it and raise it again. After an interrupt, and by close(), commands under way
-- end, and clients get their records.

local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local default = require "mtr.engine.default"
local scheduler = require "mtr.wait.scheduler"
local acceptor = require "mtr.serve.acceptor"
local connections = require "mtr.serve.connections"
local Client = require "mtr.attach.client"
local host = require "mtr.attach.host"
local options = require "mtr.attach.options"
local pools = require "mtr.attach.pool"

local C = lib.C
local M = {}

local NO_LIMIT = 1000000               -- what is said if there is no rate
local log = connections.log

---@class mtr.AttachServer: mtr.ClientsServer, mtr.AttachOptions
---@field pool mtr.AttachPool
---@field clients table<mtr.AttachClient, true>
---@field count integer clients so far
local Server = {}
Server.__index = Server
Server.joined, Server.left = connections.joined, connections.left

-- Takes no more clients.
local function deafen(self)
  for _, entry in ipairs(self.listeners) do
    if not entry.closed then
      entry.closed = true
      if entry.acceptor then entry.acceptor:close() end
      if entry.path then C.mtr_local_unlisten(entry.fd, entry.path)
      else C.mtr_output_close(entry.fd) end
    end
  end
end

--- Ends the server: removes the socket file, and stops what is under way. Clients get the records
--- and the stop of their cycle. Closing again does nothing.
function Server:close()
  if self.closing then return end
  self.closing = true
  deafen(self)
  connections.close(self, "records")
end

--- Ends the server as a client wishes: now, when what is under way has ended, or when all commands
--- have.
---@param how "now"|"flush"|"done"
function Server:shutdown(how)
  scheduler.defer(function()
    if how == "now" then return self:close() end
    self.closing = true
    deafen(self)
    for _, client in ipairs(connections.list(self)) do client:wind_up(how == "flush") end
  end)
end

--- Returns the rate of the engine, as scamper names it.
---@return number
function Server:pps() return self.engine.rate > 0 and self.engine.rate or NO_LIMIT end

--- Returns the highest rate that a client may set: that at the start.
---@return number
function Server:most_pps() return self.most end

--- Changes the rate.
---@param rate number
function Server:set_pps(rate) self.engine:set_rate(rate) end

--- Waits until the server has ended: by close(), because a client wished it, or because the program
--- was interrupted.
---@async
---@return true
function Server:wait() return connections.wait(self) end

local id = lib.new "uint32_t[4]"

-- Takes one client. Returns 0, or a negative errno.
local function accept(self, entry)
  local fd = lib.new "int32_t[2]"
  local code = C.mtr_local_accept(entry.fd, fd, id)
  if code < 0 then return code end
  self.count = self.count + 1
  local who = entry.path and ("client pid %d uid %d"):format(id[0], id[1])
    or ("client %d at %s"):format(self.count, entry.name)
  if self.client_count >= self.max_clients then
    local text = ("ERR %d clients are connected\n"):format(self.client_count)
    C.mtr_send(fd[1], text, #text)
    C.mtr_local_hangup(fd)
    log(self, "%s: refused: %d clients are connected", who, self.client_count)
  else
    Client.new(self, fd, who, ("%s:%d"):format(entry.name, self.count - 1))
  end
  return 0
end

-- Opens the socket of a listener; returns it, or the values of a failure.
local function open(self, entry)
  if entry.path then
    entry.fd = C.mtr_local_listen(entry.path, self.mode)
  else
    local bytes, number = lib.new "uint8_t[16]", lib.new("uint32_t[1]", self.port.number)
    local family = addr.parse(self.port.address, bytes)
    entry.fd = C.mtr_listen(bytes, family, number)
    self.port.number = number[0]
    entry.name = ("%s:%d"):format(self.port.address, number[0])
  end
  if entry.fd < 0 then return connections.unheard(entry.fd, entry.name) end
  entry.acceptor = acceptor.new(self.engine, entry.fd, {
    take = function() return accept(self, entry) end,
    ended = function() self:close() end,
    log = function(...) log(self, ...) end,
  })
  self.listeners[#self.listeners + 1] = entry
  return entry.acceptor:listen()
end

--- Starts a server.
---@param opts mtr.AttachOptions
---@return mtr.AttachServer?
---@return string? message, string? name
function M.open(opts)
  local self = setmetatable(connections.none(), Server)
  self.count, self.listeners, self.host = 0, {}, host.name()
  local bug = options.take(self, opts)
  if bug then error(bug, 2) end
  local message, name
  if not self.engine then
    self.engine, message, name = default.get()
    if not self.engine then return nil, message, name end
  end
  self.most = math.floor(self:pps())
  self.pool = pools.new(self.engine, self.window)
  local ok = true
  for _, entry in ipairs { self.socket and { path = self.socket, name = self.socket } or {},
    self.port and { name = self.port.address } or {} } do
    if ok and entry.name then ok, message, name = open(self, entry) end
  end
  if not ok then
    deafen(self)
    return nil, message, name
  end
  -- A client may go at any moment, and so may those who read what mtrlua prints.
  if lib.program then lib.program.serve() end
  return self
end

--- Returns where the server listens, for people.
---@return string[]
function Server:places()
  local places = {}
  for i, entry in ipairs(self.listeners) do places[i] = entry.name end
  return places
end

return M
