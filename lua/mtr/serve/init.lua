-- SPDX-License-Identifier: MIT
--
-- A server for programs that cannot open an engine themselves: it listens on a unix socket, and
-- takes requests to trace as lines of JSON, from many clients at once, all over one engine.
--
--     local server = assert(mtr.serve { socket = "/run/mtrlua.sock", allow_gid = { 33 } })
--     server:wait()
--
-- The kernel says who a client is. Those that are not allowed get an error and are closed. The rate
-- of probes is that of the engine, for all clients together. The file scripts/SERVE.md describes
-- the protocol. After ^C, and by close(), the socket file is removed, what is under way ends as
-- "halted", and clients get their answers.

local lib = require "mtr.lib"
local default = require "mtr.engine.default"
local acceptor = require "mtr.serve.acceptor"
local answer = require "mtr.serve.answer"
local Client = require "mtr.serve.client"
local connections = require "mtr.serve.connections"
local options = require "mtr.serve.options"
local request = require "mtr.serve.request"

local C = lib.C
local M = {}

local log = connections.log

---@class mtr.Server: mtr.ClientsServer, mtr.ServeOptions
---@field clients table<mtr.ServeClient, true>
local Server = {}
Server.__index = Server
Server.joined, Server.left = connections.joined, connections.left

local function has(list, wanted)
  for _, one in ipairs(list or {}) do
    if one == wanted then return true end
  end
  return false
end

-- Returns true if a user may use the server.
local function permitted(self, fd, uid, trusted)
  if trusted or has(self.allow_uid, uid) then return true end
  for _, gid in ipairs(self.allow_gid or {}) do
    if C.mtr_local_member(fd, gid) == 1 then return true end
  end
  return false
end

-- Answers with an error, and closes the connection.
local function turn_away(self, fd, who, name, message)
  local text = answer.error(nil, name, name .. ": " .. message)
  C.mtr_write(fd[1], text, #text)
  C.mtr_local_hangup(fd)
  log(self, "%s: refused: %s", who, message)
end

local id = lib.new "uint32_t[4]"

-- Takes one client. Returns 0, or a negative errno.
local function accept(self)
  local fd = lib.new "int32_t[2]"
  local code = C.mtr_local_accept(self.fd, fd, id)
  if code < 0 then return code end
  local pid, uid = id[0], id[1]
  local who = ("client pid %d uid %d"):format(pid, uid)
  if not permitted(self, fd[0], uid, id[3] == 1) then
    turn_away(self, fd, who, "EACCES", ("user %d may not use this server"):format(uid))
  elseif self.client_count >= self.max_clients then
    turn_away(self, fd, who, "EAGAIN", ("%d clients are connected"):format(self.client_count))
  else
    Client.new(self, fd, who)
  end
  return 0
end

--- Ends the server: removes the socket file, and stops what is under way. Clients get their last
--- answers. Closing again does nothing.
function Server:close()
  if self.closing then return end
  self.closing = true
  self.acceptor:close()
  C.mtr_local_unlisten(self.fd, self.socket)
  connections.close(self, "answers")
end

--- Waits until the server has ended: by close(), or because the program was interrupted.
---@async
---@return true
function Server:wait() return connections.wait(self) end

--- Returns what a client may want to know of this server.
---@return table
function Server:about()
  local transport = self.engine:transport()
  local can = {}
  for name, has_it in pairs(transport.capabilities) do
    if has_it then can[#can + 1] = name end
  end
  table.sort(can)
  local unread = 0
  for client in pairs(self.clients) do unread = unread + client.output.queued end
  return {
    protocol = 1, transport = transport.name, capabilities = can,
    rate = self.engine.rate, max_requests = self.max_requests, max_window = self.max_window,
    max_line = self.max_line, clients = self.client_count, traces = self.engine:stats().traces,
    unread = unread,
  }
end

--- Starts a server.
---@param opts mtr.ServeOptions
---@return mtr.Server?
---@return string? message, string? name
function M.open(opts)
  local self = setmetatable(connections.none(), Server)
  self.payloads, self.payload_bytes = {}, 0
  local bug = options.take(self, opts)
  if bug then error(bug, 2) end
  local message, name
  if not self.engine then
    self.engine, message, name = default.get()
    if not self.engine then return nil, message, name end
  end
  self.read = request.reader(self.max_window)
  self.fd = C.mtr_local_listen(self.socket, self.mode)
  if self.fd < 0 then return connections.unheard(self.fd, self.socket) end
  self.acceptor = acceptor.new(self.engine, self.fd, {
    take = function() return accept(self) end,
    ended = function() self:close() end,
    log = function(...) log(self, ...) end,
  })
  local ok
  ok, message, name = self.acceptor:listen()
  if not ok then return nil, message, name end
  -- A client may go at any moment, and so may those who read what mtrlua prints.
  if lib.program then lib.program.serve() end
  return self
end

return M
