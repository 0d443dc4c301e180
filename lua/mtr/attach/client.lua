-- SPDX-License-Identifier: MIT
--
-- One client of mtr.attach.server: a connection over which it sends commands, and gets a record for
-- each of them.
--
--     client                        server
--     attach                        OK, MORE, DATA: the list, DATA: the start of its cycle
--     trace -P icmp-paris ADDRESS   OK id-1, then MORE when the trace has begun
--                                   DATA: the record
--     done                          OK, DATA: the stop of the cycle; the connection is closed
--
-- MORE allows the client to send one more command. A client that does not read gets no MORE: while
-- more than ENOUGH bytes wait for it, its commands are not read or started. Commands that are under
-- way still give their records; if more than MOST bytes wait, the client is dropped. When a client
-- leaves, its commands are stopped.

local lib = require "mtr.lib"
local scheduler = require "mtr.wait.scheduler"
local stream = require "mtr.script.stream"
local connections = require "mtr.serve.connections"
local lines = require "mtr.serve.lines"
local control = require "mtr.attach.control"
local params = require "mtr.attach.params"
local sources = require "mtr.attach.source"
local writers = require "mtr.attach.writer"

local C = lib.C
local M = {}

-- WAITING: commands of one client that are read ahead. LINE: bytes of a command. CREDIT: commands
-- that a client may send ahead: one at first, and one more with each GROWTH commands, so that
-- those of a busy client come together.
local ENOUGH, MOST, WAITING, LINE, CREDIT, GROWTH = 262144, 2 ^ 26, 64, 8192, 16, 16

---@class mtr.AttachClient
---@field server mtr.AttachServer
---@field fd ffi.cdata* int32_t[2]
---@field who string for messages
---@field list string name of its list, if it gives none
---@field source? mtr.AttachSource its commands, once it has attached
---@field writer? mtr.AttachWriter
---@field credit integer commands that it may send ahead
---@field ended boolean it has sent its last command
---@field gone boolean the connection is closed
local Client = {}
Client.__index = Client

--- Closes the connection, and stops what is under way.
---@param why? string for the log; nil: it went away
function Client:leave(why)
  if not connections.hang_up(self) then return end
  if self.source then
    self.server.pool:leave(self.source)
    self.source:stop()
  end
  self.server:left(self, why)
end

-- Sends text: a string, or memory of some size.
local function send(self, text, size)
  if self.gone then return end
  self.output:write(text, size)
  if self.output.queued > MOST then
    return self:leave(("does not read its records: %d bytes wait"):format(self.output.queued))
  end
  if self.output.queued > ENOUGH and not self.output.blocked then scheduler.wake(self.again) end
end

-- Ends: sends the stop of the cycle, and closes the connection when all is written.
local function settle(self)
  if self.gone or not self.ended then return end
  if not self.stopped then
    self.stopped = true
    if self.writer then send(self, self.writer:tail()) end
  end
  if self.gone then return end
  if self.output.queued == 0 then return self:leave() end
  if not self.output.blocked then scheduler.wake(self.again) end
end

-- Begins the list and the cycle of a client.
local function attach(self, text)
  local given, problem = params.read(text)
  if not given then return send(self, "ERR " .. problem .. "\n") end
  local server = self.server
  self.writer = writers.new { format = given.format, framed = true, list = given.list or self.list,
    list_id = given.list_id, cycle = given.cycle, description = given.description,
    monitor = given.monitor or server.monitor, host = server.host }
  self.source = sources.new(server.pool, self.writer, {
    put = function(record, size) send(self, record, size) end,
    started = function()
      local more = self.credit < CREDIT and self.source.id >= self.credit * GROWTH
      if more then self.credit = self.credit + 1 end
      send(self, more and "MORE\nMORE\n" or "MORE\n")
      if self.behind then scheduler.wake(self.again) end
    end,
    settled = function() settle(self) end,
    may_start = function() return not self.gone and self.output.queued <= ENOUGH end,
  }, given.priority)
  send(self, "OK\nMORE\n" .. self.writer:head())
end

-- Takes no more commands.
local function finish(self)
  self.ended = true
  if self.source then self.source:settle() else settle(self) end
end

local function halt(self, id)
  local done = self.source:halt(tonumber(id))
  send(self, done and ("OK halted %s\n"):format(id) or ("ERR no task id-%s\n"):format(id))
end

-- Starts a command that was taken.
local function taken(self, id)
  send(self, ("OK id-%d\n"):format(id))
  self.server.pool:fill()
end

-- Takes a line that is not a command like the last one.
local function take(self, line)
  local id = line:match "^%s*halt%s+(%d+)%s*$"
  if id and #id < 11 then return halt(self, id) end
  if not line:find "%S" then return end
  if self.ended or (line .. " "):find "^%s*halt%s" then
    return send(self, "ERR command not accepted\n")
  end
  if line:find "^%s*done%s*$" then
    send(self, "OK\n")
    return finish(self)
  end
  local problem
  id, problem = self.source:accept(line)
  if not id then return send(self, "ERR command not accepted: " .. problem .. "\n") end
  taken(self, id)
end

-- Takes what a client says before it has attached.
local function greet(self, line)
  local text = (line .. " "):match "^%s*attach%s(.*)"
  if text then return attach(self, text) end
  -- A page in a web browser can send lines to a port of its own host.
  if line:find "^POST " or line:find "^Host:" then return self:leave "speaks HTTP" end
  local answer = control.answer(self, line)
  if answer then send(self, answer .. "\n") end
end

-- Takes lines, as many as may be taken now.
local function pump(self)
  self.behind = true
  while not (self.gone or self.closing) do
    if self.output.queued > ENOUGH or self.source and self.source:waiting() >= WAITING then
      return self.input:pause()
    end
    local line = self.lines:next()
    if line == nil then break end
    if line == false then
      send(self, ("ERR command not accepted: a line has at most %d bytes\n"):format(LINE))
    elseif self.source then
      local id = not self.ended and self.source:again(line)
      if id then taken(self, id) else take(self, line) end
    else
      greet(self, line)
    end
  end
  self.behind = false
  if not (self.gone or self.closing or self.over) then self.input:resume() end
end

-- Goes on after records were written, or a command was started.
local function go_on(self)
  if self.gone or self.output.blocked then return end
  if self.stopped then return settle(self) end
  if self.output.queued > ENOUGH then return scheduler.wake(self.again) end
  self.server.pool:fill()
  if self.behind then pump(self) end
end

--- Takes no more commands: stops what is under way, and hangs up after the last record.
function Client:close()
  self.closing = true
  self.input:pause()
  if self.source then self.source:stop() end
  finish(self)
end

--- Takes no more commands, and hangs up after the last record of those it has.
---@param flush boolean forgets those that have not begun
function Client:wind_up(flush)
  if flush and self.source then self.source:forget() end
  finish(self)
end

-- Takes the end of input, or its error. A client that has sent done may close that direction.
local function on_end(self, message, name)
  if self.gone then return end
  if name == "ECANCELED" then return self:close() end
  self.over = true
  if message or not self.ended or C.mtr_local_gone(self.fd[0]) ~= 0 then self:leave() end
end

--- Begins to serve a client.
---@param server mtr.AttachServer
---@param fd ffi.cdata* int32_t[2], closed when it leaves
---@param who string
---@param list string name of its list, if it gives none
---@return mtr.AttachClient
function M.new(server, fd, who, list)
  local self = setmetatable({ server = server, fd = fd, who = who, list = list,
    lines = lines.new(LINE), ended = false, stopped = false, closing = false, gone = false,
    behind = false, over = false, credit = 1 }, Client)
  server:joined(self)
  self.again = { run = function() go_on(self) end }
  self.output = stream.open(fd[1], {
    on_drain = function() go_on(self) end,
    on_error = function() self:leave() end,
  })
  self.input = stream.open(fd[0], {
    on_data = function(_, text)
      self.lines:add(text)
      pump(self)
    end,
    on_end = function(_, message, name) on_end(self, message, name) end,
  })
  return self
end

return M
