-- SPDX-License-Identifier: MIT
--
-- One client: a connection over which it sends requests, and gets the answers to them.
--
-- Requests are read only while at most ENOUGH bytes of answers wait for the client. So no further
-- requests of a client that does not read are done. Jobs under way can still answer; if more than
-- `max_unread` bytes wait, the client is dropped. When a client leaves, its jobs are stopped. A
-- client that has shut down only its sending direction still gets the answers to its requests.

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local scheduler = require "mtr.wait.scheduler"
local stream = require "mtr.script.stream"
local timer = require "mtr.wait.timer"
local answer = require "mtr.serve.answer"
local connections = require "mtr.serve.connections"
local jobs = require "mtr.serve.jobs"
local lines = require "mtr.serve.lines"

local C = lib.C
local M = {}

local ENOUGH = 262144

---@class mtr.ServeClient
---@field server mtr.Server
---@field fd ffi.cdata* int32_t[2]
---@field who string its pid and uid, for messages
---@field jobs table<string|integer, mtr.ServeJob>
---@field count integer how many jobs are under way
---@field tokens number requests that it may send now
---@field behind boolean requests have come that must wait
---@field ended boolean no more requests come
---@field gone boolean the connection is closed
local Client = {}
Client.__index = Client

--- Closes the connection, and stops what is under way.
---@param why? string for the log; nil: it went away
function Client:leave(why)
  if not connections.hang_up(self) then return end
  if self.clock then self.clock:cancel() end
  for _, job in pairs(self.jobs) do job.stop() end
  self.server:left(self, why)
end

--- Sends text.
---@param text string
function Client:send(text)
  if self.gone then return end
  self.output:write(text)
  local most = self.server.max_unread
  if self.output.queued > most then
    self:leave(("does not read its answers: %d bytes wait"):format(self.output.queued))
  end
end

--- Waits until few bytes of answers wait for the client, or it has gone.
---@async
function Client:wait()
  if not self.gone then self.output:flush(ENOUGH) end
end

--- Sends the last answer to a request.
---@param id string|integer
---@param text string
function Client:finish(id, text)
  if not self.jobs[id] then return end
  self.jobs[id], self.count = nil, self.count - 1
  self:send(text)
  self:settle()
end

-- Hangs up if nothing more can come. Output is written after hooks and tasks have run.
function Client:settle()
  if self.gone or not self.ended or self.count > 0 or self.behind then return end
  if self.output.queued == 0 then return self:leave() end
  if not self.output.blocked then scheduler.wake(self.again) end
end

--- Takes no more requests: stops what is under way, and hangs up after the last answer.
function Client:close()
  self.ended, self.closing = true, true
  self.input:pause()
  for _, job in pairs(self.jobs) do job.stop() end
  self:settle()
end

local function cancel(self, r)
  local job = self.jobs[r.of]
  if not job then
    return self:send(answer.error(r.id, "ENOENT", "ENOENT: no such request is under way", "of"))
  end
  self:send(answer.last(r.id, "done"))
  job.stop()
end

-- Starts a request.
local function start(self, r)
  local server = self.server
  if self.count >= server.max_requests then
    return self:send(answer.error(r.id, "EAGAIN", ("EAGAIN: %d requests are under way; wait for "
      .. "the last answer to one"):format(self.count)))
  end
  self.jobs[r.id], self.count = { stop = function() end }, self.count + 1
  local job, message = jobs.start(self, r)
  if not job then return self:finish(r.id, answer.error(r.id, message:match "^%u+", message)) end
  if self.jobs[r.id] then self.jobs[r.id] = job end
end

-- Does what a line says.
local function take(self, line)
  local server = self.server
  if line == false then
    return self:send(answer.error(nil, "EMSGSIZE", ("EMSGSIZE: a line has at most %d bytes"):format(
      server.max_line), "line"))
  elseif not line:find "%S" then
    return
  end
  local r, problem = server.read(line)
  if not r then
    return self:send(answer.error(problem.id, "EINVAL", problem.message, problem.field))
  elseif self.jobs[r.id] then
    return self:send(answer.error(nil, "EEXIST", ("EEXIST: the request %s is under way"):format(
      err.show(r.id)), "id"))
  elseif r.request == "cancel" then
    return cancel(self, r)
  elseif r.request == "about" then
    return self:send(answer.last(r.id, "about", "about", server:about()))
  end
  start(self, r)
end

-- Returns true if the client may send a request now; otherwise it is asked again in time.
local function allowed(self)
  local server = self.server
  local rate, now = server.client_rate, server.engine:now()
  if rate == 0 then return true end
  self.tokens = math.min(self.tokens + (now - self.filled) * rate / 1000, math.max(rate, 1))
  self.filled = now
  if self.tokens >= 1 then return true end
  if not self.clock then
    self.clock = timer.start(server.engine, (1 - self.tokens) * 1000 / rate, function()
      self.clock = nil
      self:pump()
    end)
  end
  return false
end

-- Takes requests, as many as may be taken now.
function Client:pump()
  self.behind = true
  while not (self.gone or self.closing) do
    if self.output.queued > ENOUGH then
      self.input:pause()
      if not self.output.blocked then scheduler.wake(self.again) end
      return
    elseif not allowed(self) then
      return self.input:pause()
    end
    local line = self.lines:next()
    if line == nil then break end
    self.tokens = self.tokens - 1
    take(self, line)
  end
  self.behind = false
  if not (self.gone or self.ended) then self.input:resume() end
  self:settle()
end

-- Takes the end of input, or its error.
local function on_end(self, message, name)
  if self.gone then return end
  if name == "ECANCELED" then return self:close() end
  self.ended = true
  if message or C.mtr_local_gone(self.fd[0]) ~= 0 then return self:leave() end
  self.lines:finish()
  self:pump()
end

--- Begins to serve a client.
---@param server mtr.Server
---@param fd ffi.cdata* int32_t[2], closed when it leaves
---@param who string
---@return mtr.ServeClient
function M.new(server, fd, who)
  local self = setmetatable({
    server = server, fd = fd, who = who, lines = lines.new(server.max_line), jobs = {}, count = 0,
    tokens = math.max(server.client_rate, 1), filled = server.engine:now(), ended = false,
    closing = false, gone = false, behind = false,
  }, Client)
  server:joined(self)
  self.again = { run = function()
    if not (self.gone or self.output.blocked) then self:pump() end
  end }
  self.output = stream.open(fd[1], {
    on_drain = function() self:pump() end,
    on_error = function() self:leave() end,
  })
  self.input = stream.open(fd[0], {
    on_data = function(_, text)
      self.lines:add(text)
      self:pump()
    end,
    on_end = function(_, message, name) on_end(self, message, name) end,
  })
  return self
end

return M
