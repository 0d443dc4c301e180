-- SPDX-License-Identifier: MIT
--
-- Serves one text over HTTP while an engine runs. It answers between the events of the traces, and
-- nothing here blocks: a slow client delays nobody else.
--
-- At most 64 clients are connected. The next one takes the place of the oldest, so clients that
-- send or read nothing cannot keep others out. A program can end while the server is open.

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local pending = require "mtr.wait.pending"
local Watch = require "mtr.wait.watch"
local request = require "mtr.report.output.request"

local C, EAGAIN = lib.C, err.code.EAGAIN
local MOST = 64

local chunk, port = lib.new("uint8_t[?]", request.LONGEST), lib.new "uint32_t[1]"

local M = {}

---@class mtr.HttpServer
---@field engine mtr.Engine
---@field url mtr.ServedUrl
---@field port integer where it listens
---@field body fun(): string makes the text
---@field clients table[] the oldest first
---@field fd? integer nil: it is closed
local Server = {}
Server.__index = Server

-- Calls fn when a descriptor is ready; nobody waits for that. Returns nil if it never will be.
local function ask(watch, kind, fn)
  local ok = watch:ask(kind, fn)
  if ok then pending.forget(watch.engine, watch) end
  return ok
end

local function leave(self, client)
  for i, one in ipairs(self.clients) do
    if one == client then
      table.remove(self.clients, i)
      client.watch:stop()
      C.mtr_output_close(client.fd)
      return
    end
  end
end

-- Sends the answer, as much as the client takes, and then leaves the client.
local function send(self, client)
  local rest = client.answer
  local n = C.mtr_send(client.fd, rest, #rest)
  if n == -EAGAIN then n = 0 end
  if n < 0 or n == #rest then return leave(self, client) end
  client.answer = rest:sub(n + 1)
  local ok = ask(client.watch, Watch.WRITABLE, function(message)
    if message then return leave(self, client) end
    send(self, client)
  end)
  if not ok then leave(self, client) end
end

-- Waits for the request.
local function hear(self, client)
  local ok = ask(client.watch, Watch.READABLE, function(message)
    local n = message and -1 or C.mtr_read(client.fd, chunk, request.LONGEST)
    if n == 0 or n < 0 and n ~= -EAGAIN then return leave(self, client) end
    if n > 0 then client.text = client.text .. lib.string(chunk, n) end
    client.answer = request.answer(client.text, self.url.path, self.body)
    if client.answer then send(self, client) else hear(self, client) end
  end)
  if not ok then leave(self, client) end
end

local function take(self, fd)
  local clients = self.clients
  if #clients == MOST then leave(self, clients[1]) end
  local client = { fd = fd, text = "", watch = Watch.new(self.engine, fd) }
  clients[#clients + 1] = client
  hear(self, client)
end

--- Waits for the next client, unless it does so already. It stops when no descriptor is free, so
--- call it now and then.
function Server:listen()
  if self.asked or not self.fd then return end
  self.asked = ask(self.watch, Watch.READABLE, function(message)
    self.asked = nil
    if message then return self:close() end
    local fd = C.mtr_accept(self.fd)
    if fd >= 0 then take(self, fd) end
    if fd >= 0 or fd == -EAGAIN then self:listen() end
  end)
end

--- Closes it, and leaves all clients.
function Server:close()
  local fd = self.fd
  if not fd then return end
  self.fd = nil
  for i = #self.clients, 1, -1 do leave(self, self.clients[i]) end
  self.watch:stop()
  C.mtr_output_close(fd)
end

--- Opens a server.
---@param engine mtr.Engine
---@param url mtr.ServedUrl
---@param body fun(): string makes the text
---@return mtr.HttpServer?
---@return string? message, string? name
function M.open(engine, url, body)
  port[0] = url.port
  local fd = C.mtr_listen(url.bytes, url.family, port)
  if fd < 0 then return err.env(fd, ("serving http://%s:%d"):format(url.host, url.port)) end
  local self = setmetatable({ engine = engine, url = url, port = port[0], body = body, fd = fd,
    clients = {}, watch = Watch.new(engine, fd) }, Server)
  self:listen()
  return self
end

return M
