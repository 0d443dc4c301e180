-- SPDX-License-Identifier: MIT
--
-- Takes the clients that connect to a listening socket, and tries again later when there are no
-- descriptors left. The caller owns the socket.

local err = require "mtr.base.err"
local timer = require "mtr.wait.timer"
local Watch = require "mtr.wait.watch"

local M = {}

-- ACCEPT: clients taken at once. RETRY: ms until the next try when there are no descriptors left.
local ACCEPT, RETRY = 64, 100

---@class mtr.Acceptor
---@field engine mtr.Engine
---@field take fun(): integer takes one client; 0, or a negative errno
---@field ended fun() called when no clients can come any more, as after an interrupt
---@field log fun(format: string, ...)
---@field closed boolean
local Acceptor = {}
Acceptor.__index = Acceptor

-- Takes the clients that have connected.
local function connected(self, message)
  if self.closed then return end
  if message then return self.ended() end
  for _ = 1, ACCEPT do
    local code = self.take()
    if code == -err.code.EAGAIN then break end
    local name = code < 0 and err.name(code)
    if name and name ~= "ECONNABORTED" and name ~= "EINTR" then
      self.log("cannot accept: %s", name)
      self.clock = timer.start(self.engine, RETRY, function()
        self.clock = nil
        self:listen()
      end)
      return
    end
  end
  self:listen()
end

--- Waits for the next clients.
---@return true?
---@return string? message, string? name
function Acceptor:listen()
  if self.closed then return true end
  local ok, message, name = self.watch:ask(Watch.READABLE, self.on_ready)
  if not ok then self.ended() end
  return ok, message, name
end

--- Takes no more clients. Closing again does nothing.
function Acceptor:close()
  if self.closed then return end
  self.closed = true
  self.watch:stop()
  if self.clock then self.clock:cancel() end
end

--- Makes an acceptor; listen() starts it.
---@param engine mtr.Engine
---@param fd integer a listening socket
---@param hooks { take: fun(): integer, ended: fun(), log: fun(format: string, ...) }
---@return mtr.Acceptor
function M.new(engine, fd, hooks)
  local self = setmetatable({ engine = engine, watch = Watch.new(engine, fd), take = hooks.take,
    ended = hooks.ended, log = hooks.log, closed = false }, Acceptor)
  self.on_ready = function(message) connected(self, message) end
  return self
end

return M
