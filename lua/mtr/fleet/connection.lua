-- SPDX-License-Identifier: MIT
--
-- One connection to Redis. Commands go out in order, without waiting for the answers to those
-- before; each answer goes to the function that was given with its command.
--
-- The connection ends once: by close(), by the other end, or by bytes that are not an answer of
-- Redis. Then every function that still waits is called with nil, a message and a name. An
-- interrupt of the program does not end it: a worker that ends still sends a few commands and waits
-- for the answers.

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local stream = require "mtr.script.stream"
local dial = require "mtr.fleet.dial"
local resp = require "mtr.fleet.resp"

local C = lib.C
local M = {}

---@class mtr.RedisConnection
---@field url mtr.RedisUrl
---@field waiting fun(reply: any, message: string?, name: string?)[] in the order of the commands
---@field first integer index of the first of them
---@field last integer
---@field heard integer bytes that have come
---@field gone? string why it has ended
local Connection = {}
Connection.__index = Connection

-- Ends it. The functions that wait get nil and the message: no answer comes any more.
local function finish(self, message, name)
  if self.gone then return end
  self.gone, self.gone_name = message, name
  self.input:drop()
  self.output:drop()
  C.mtr_local_hangup(self.fd)
  self.reader:close()
  for i = self.first, self.last do
    local done = self.waiting[i]
    self.waiting[i], self.first = nil, i + 1
    if done then done(nil, message, name) end
  end
end

local function receive(self, bytes)
  self.heard = self.heard + #bytes
  self.reader:feed(bytes)
  while not self.gone do
    local reply, message = self.reader:next()
    if message then
      return finish(self, ("EPROTO: %s: this is no Redis: %s"):format(self.url.shown,
        err.plain(message)), "EPROTO")
    end
    if reply == nil then return end
    local done = self.waiting[self.first]
    self.waiting[self.first] = nil
    self.first = self.first + 1
    if done then done(reply) end
  end
end

--- Connects to a Redis: waits until the connection is made or refused.
---@async
---@param url mtr.RedisUrl
---@param ticker mtr.Ticker
---@param patience integer ms
---@return mtr.RedisConnection?
---@return string? message, string? name
function M.open(url, ticker, patience)
  local reader, message, name = resp.reader()
  if not reader then return nil, message, name end
  local fd
  fd, message, name = dial.open(url, ticker, patience)
  if not fd then return nil, message, name end
  local self = setmetatable({ url = url, fd = fd, reader = reader, waiting = {}, first = 1,
    last = 0, heard = 0 }, Connection)
  local function lost(_, text, why)
    finish(self, text or "ECONNRESET: " .. url.shown .. " closed the connection",
      why or "ECONNRESET")
  end
  self.output = stream.open(fd[1], { on_error = lost })
  self.input = stream.open(fd[0], {
    on_data = function(_, bytes) receive(self, bytes) end, on_end = lost, lasting = true,
  })
  return self
end

--- Sends a command. `done` gets the reply (see mtr.fleet.resp), or nil, a message and a name.
---@param done? fun(reply: any, message: string?, name: string?)
---@param words (string|number|mtr.RespBytes)[] with `large`: the reply has numbers, sizes, in place
---of texts that are too large
function Connection:send(done, words)
  if self.gone then
    if done then done(nil, self.gone, self.gone_name) end
    return
  end
  self.last = self.last + 1
  self.waiting[self.last] = done or false
  if words.large then self.reader:skim(self.last) end
  resp.write(self.output, words)
end

--- How many commands have no answer yet.
---@return integer
function Connection:pending() return self.last - self.first + 1 end

--- Ends the connection.
---@param message? string
---@param name? string
function Connection:close(message, name)
  finish(self, message or "ECANCELED: the connection was closed", name or "ECANCELED")
end

return M
