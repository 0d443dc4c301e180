-- SPDX-License-Identifier: MIT
--
-- The clients of a server, and the end of the server: parts of the servers of mtr.serve and
-- mtr.attach. A server is a table with `engine`, `log`, and the fields of M.none(). Its clients
-- have leave(why) and close(), and call joined() and left() of their server; `fd`, `input` and
-- `output` are their connection.

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local scheduler = require "mtr.wait.scheduler"
local timer = require "mtr.wait.timer"

local C = lib.C
local M = {}

local LAST = 1000                      -- ms that a client has to read the last that it gets

---@class mtr.ClientsServer: mtr.Op
---@field engine mtr.Engine
---@field log? fun(message: string)
---@field clients table<table, true>
---@field client_count integer
---@field closing boolean
---@field alarm? mtr.Timer

--- Returns the fields of a server that has no clients yet.
---@return table
function M.none() return { clients = {}, client_count = 0, closing = false } end

--- Tells the log of a server.
---@param self mtr.ClientsServer
---@param ... any as of string.format
function M.log(self, ...)
  if self.log then self.log(string.format(...)) end
end

-- Ends the wait for a server that has nothing left.
local function settle(self)
  if not self.closing or self.client_count > 0 or self.done then return end
  if self.alarm then self.alarm:cancel() end
  scheduler.finish(self)
end

--- Notes that a client has come.
---@param self mtr.ClientsServer
---@param client table
function M.joined(self, client)
  self.clients[client], self.client_count = true, self.client_count + 1
end

--- Notes that a client has left.
---@param self mtr.ClientsServer
---@param client table
---@param why? string
function M.left(self, client, why)
  self.clients[client], self.client_count = nil, self.client_count - 1
  if why then M.log(self, "%s: %s", client.who, why) end
  settle(self)
end

--- Closes the connection of a client, once: true if it was open.
---@param client table
---@return boolean
function M.hang_up(client)
  if client.gone then return false end
  client.gone = true
  if client.input then client.input:drop() end
  client.output:drop()
  C.mtr_local_hangup(client.fd)
  return true
end

--- Returns the clients as a list, which does not change when they leave.
---@param self mtr.ClientsServer
---@return table[]
function M.list(self)
  local list = {}
  for client in pairs(self.clients) do list[#list + 1] = client end
  return list
end

--- Closes all clients of a server that takes no more of them. Those that do not read the last that
--- they get are dropped.
---@param self mtr.ClientsServer
---@param what string that they get last
function M.close(self, what)
  if self.client_count > 0 and not self.engine.closing then
    self.alarm = timer.start(self.engine, LAST, function()
      self.alarm = nil
      for _, client in ipairs(M.list(self)) do client:leave("did not read its last " .. what) end
    end)
  end
  for _, client in ipairs(M.list(self)) do client:close() end
  settle(self)
end

--- Waits until a server has ended.
---@async
---@param self mtr.ClientsServer
---@return true
function M.wait(self)
  scheduler.check "server:wait"
  scheduler.wait(self)
  return true
end

local WHY = {
  EADDRINUSE = "a server lives there", EEXIST = "there is a file that is no socket",
}

--- Returns the failure to listen.
---@param code integer a negative errno
---@param place string
---@return nil
---@return string message, string name
function M.unheard(code, place)
  local _, message, name = err.env(code, place)
  return nil, message .. (WHY[name] and ": " .. WHY[name] or ""), name
end

return M
