-- SPDX-License-Identifier: MIT
--
-- A client of an HTTP/1.1 server that sends one POST after the other, over a connection that it
-- keeps. Bodies are sent as they are, nothing is compressed; TLS: stunnel beside it.

local lib = require "mtr.lib"
local scheduler = require "mtr.wait.scheduler"
local stream = require "mtr.script.stream"
local dial = require "mtr.fleet.dial"
local http_reply = require "mtr.fleet.http_reply"

local C = lib.C
local M = {}

local CONNECT, ANSWER = 5000, 60000    -- ms

---@class mtr.HttpClient
---@field to mtr.DialTo
---@field ticker mtr.Ticker
---@field fd? ffi.cdata* of the connection that is open
local Client = {}
Client.__index = Client

--- Makes a client; the connection is made by the first request.
---@param to mtr.DialTo with host and port
---@param ticker mtr.Ticker
---@return mtr.HttpClient
function M.new(to, ticker)
  local host = to.host:find ":" and "[" .. to.host .. "]" or to.host
  return setmetatable({ to = to, ticker = ticker, host = host .. ":" .. to.port }, Client)
end

--- Ends the connection. A request that waits fails.
---@param message? string
---@param name? string
function Client:close(message, name)
  if not self.fd then return end
  self.input:drop()
  self.output:drop()
  C.mtr_local_hangup(self.fd)
  self.fd = nil
  local op = self.op
  if op and not op.done then
    op.message = message or "ECANCELED: the connection was closed"
    op.name = name or "ECANCELED"
    scheduler.finish(op)
  end
end

local function lost(self, message, name)
  local reply = self.op and self.op.reply
  if reply and reply:finish() then
    scheduler.finish(self.op)
    self.op = nil
  end
  self:close(message or "ECONNRESET: " .. self.to.shown .. " closed the connection",
    name or "ECONNRESET")
end

local function receive(self, bytes)
  local op = self.op
  if not op then return self:close() end        -- it sends something without a request
  op.heard = self.ticker.count
  local ok, problem = op.reply:feed(bytes)
  if not ok then
    self:close(("EPROTO: %s: %s"):format(self.to.shown, problem), "EPROTO")
  elseif op.reply.done then
    self.op = nil
    scheduler.finish(op)
    if not op.reply.keep then self:close() end
  end
end

local function open(self)
  local fd, message, name = dial.open(self.to, self.ticker, CONNECT)
  if not fd then return nil, message, name end
  self.fd = fd
  self.output = stream.open(fd[1], { on_error = function(_, ...) lost(self, ...) end })
  self.input = stream.open(fd[0], {
    on_data = function(_, bytes) receive(self, bytes) end,
    on_end = function(_, ...) lost(self, ...) end,
  })
  return true
end

local function watch(self, op)
  self.ticker:listen(function()
    if op.done then return true end
    if self.ticker.gone then
      self:close("ECANCELED: interrupted", "ECANCELED")
    elseif (self.ticker.count - op.heard) * self.ticker.ms > ANSWER then
      self:close("ETIMEDOUT: " .. self.to.shown .. " does not answer", "ETIMEDOUT")
    end
    return op.done
  end)
end

--- Sends a request and waits for its answer.
---@async
---@param path string with its query
---@param headers string[] lines
---@param body string[] parts
---@return mtr.HttpReply?
---@return string? message, string? name
function Client:post(path, headers, body)
  if not self.fd then
    local ok, message, name = open(self)
    if not ok then return nil, message, name end
  end
  local size = 0
  for _, part in ipairs(body) do size = size + #part end
  local op = { reply = http_reply.new(), heard = self.ticker.count }
  self.op = op
  watch(self, op)
  self.output:write(("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n%s\r\n\r\n"):format(
    path, self.host, size, table.concat(headers, "\r\n")))
  for _, part in ipairs(body) do self.output:write(part) end
  if not op.done then scheduler.wait(op) end
  self.op = nil
  if op.message then return nil, op.message, op.name end
  return op.reply
end

return M
