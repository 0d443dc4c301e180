-- SPDX-License-Identifier: MIT
--
-- A Redis that may go away and come back. A call waits for its answer, across lost connections and
-- restarts of the server; so each command has to be one that may be done twice. What cannot be
-- mended by waiting (a wrong password, a foreign key) ends the call with its error at once. The
-- user hears of each trouble once, and when all is over.
--
-- A server that has become a replica may have left its name to another one, so it is asked no more:
-- the next try looks the name up again.

local err = require "mtr.base.err"
local scheduler = require "mtr.wait.scheduler"
local connection = require "mtr.fleet.connection"
local refused = require "mtr.fleet.refused"
local server = require "mtr.fleet.server"
local shape = require "mtr.fleet.shape"

local M = {}

-- ms: for a connection, for more bytes of an answer, and between two tries (the first pause, and
-- the longest).
local CONNECT, ANSWER, FIRST, MOST = 5000, 10000, 200, 3000
local LAST_WORDS = 2000                -- ms for an answer after an interrupt

-- Errors of Redis that go away by themselves, or when an operator has mended their cause.
local PASSING = {
  LOADING = true, OOM = true, READONLY = true, MISCONF = true, BUSY = true, MASTERDOWN = true,
  NOREPLICAS = true,
}
-- Errors of the system that waiting cannot mend.
local LASTING = { ELIBACC = true, EINVAL = true, ENAMETOOLONG = true, EPROTO = true, EACCES = true,
  ESHUTDOWN = true, ECANCELED = true }

-- Errors of a server that is not, or no longer, the one that takes writes.
local REPLICA = { READONLY = true, MASTERDOWN = true }

---@class mtr.RedisLink
---@field url mtr.RedisUrl
---@field ticker mtr.Ticker
---@field say fun(message: string)
---@field closed? boolean
---@field evicts? string it deletes keys when its memory is full
---@field troubled integer calls that try again now
---@field told table<string, true> names of the errors that the user has heard of
local Link = {}
Link.__index = Link

--- Makes a link; the connection is made by the first call.
---@param url mtr.RedisUrl
---@param ticker mtr.Ticker
---@param say fun(message: string) shows trouble to the user
---@return mtr.RedisLink
function M.new(url, ticker, say)
  local self = setmetatable({ url = url, ticker = ticker, say = say, complained = {}, told = {},
    troubled = 0 }, Link)
  ticker:listen(function()
    local c = self.connection
    if not c or c.gone or c:pending() == 0 then
      self.since = nil
    elseif self.since ~= c.first or self.heard ~= c.heard then
      self.since, self.heard, self.at = c.first, c.heard, ticker.count
    elseif (ticker.count - self.at) * ticker.ms > (ticker.gone and LAST_WORDS or ANSWER) then
      c:close("ETIMEDOUT: " .. url.shown .. " does not answer", "ETIMEDOUT")
    end
    return self.closed
  end)
  return self
end

-- Sends one command over a connection and waits for the answer; `plain`: an error is not explained.
local function exchange(c, words, plain)
  local op = {}
  c:send(function(reply, message, name)
    op.reply, op.message, op.name = reply, message, name
    scheduler.finish(op)
  end, words)
  if not op.done then scheduler.wait(op) end
  if op.message then return nil, op.message, op.name end
  if type(op.reply) == "table" and op.reply.error then
    return nil, refused.message(op.reply.error, words, c.url.user, not plain and function(key)
      return (exchange(c, { "TYPE", key }, true))
    end)
  end
  if not shape.fits(words, op.reply) then
    return err.named("EPROTO", ("%s answers %s in a way that this mtrlua does not know"):format(
      c.url.shown, words[1]))
  end
  return op.reply
end

local function say_once(self, message)
  if not self.complained[message] then self.say(message) end
  self.complained[message] = true
end

-- Looks whether a fleet can use the server.
local function check_server(self, c)
  local info, message, name = exchange(c, { "INFO" })
  if name == "NOPERM" then               -- such as -@dangerous
    say_once(self, self.url.shown .. ": its user may not run INFO; going on without its version")
    return true
  end
  if not info then return nil, message, name end
  local bug, evicts = server.unfit(info), server.evicts(info)
  if bug then return err.named("EINVAL", self.url.shown .. " " .. bug) end
  self.evicts = evicts and self.url.shown .. " " .. evicts
  return true
end

-- Makes a connection that is ready for commands.
local function open(self)
  local url = self.url
  local c, message, name = connection.open(url, self.ticker, CONNECT)
  if not c then return nil, message, name end
  local ok = true
  if url.password then
    local words = { "AUTH", url.user or url.password, url.user and url.password }
    ok, message, name = exchange(c, words)
  end
  if ok and url.database > 0 then
    ok, message, name = exchange(c, { "SELECT", url.database })
  end
  if ok then ok, message, name = check_server(self, c) end
  if not ok then
    c:close()
    return nil, url.shown .. ": " .. message, name
  end
  return c
end

-- Returns the connection; one at a time makes it.
local function ready(self)
  while self.opening do scheduler.wait(self.opening) end
  if self.connection and not self.connection.gone then return self.connection end
  local op = {}
  self.opening = op
  local c, message, name = open(self)
  self.opening, self.connection = nil, c
  scheduler.finish(op)
  return c, message, name
end

-- May the call be tried again?
local function passes(name)
  if name:find "^E%u+$" and name ~= "ERR" and name ~= "EXECABORT" then return not LASTING[name] end
  return PASSING[name] == true
end

-- Tells the user of an error with which a call tries again: once, as long as one is in trouble.
local function tell(self, message, name)
  if not self.told[name] then self.say(message .. "; trying again") end
  self.told[name] = true
end

-- Sends a command until there is an answer, or an error that lasts.
local function try(self, words, pass)
  local pause = FIRST
  while true do
    if self.closed then return err.named("ECANCELED", "the link was closed") end
    local c, message, name = ready(self)
    local reply
    if c then reply, message, name = exchange(c, words) end
    if not message then return reply end
    if not passes(name) then return nil, message, name end
    pass(message, name)
    if c and REPLICA[name] then c:close(message, name) end
    if not self.ticker:wait(pause) then return err.named("ECANCELED", "interrupted") end
    pause = math.min(pause * 2, MOST)
  end
end

--- Sends a command and waits for its answer, as long as that takes.
---@async
---@param words (string|number)[]
---@return any reply nil with a message: it can never succeed
---@return string? message, string? name
function Link:call(words)
  local troubled = false
  local reply, message, name = try(self, words, function(text, code)
    if not troubled then self.troubled, troubled = self.troubled + 1, true end
    tell(self, text, code)
  end)
  if not troubled then return reply, message, name end
  self.troubled = self.troubled - 1
  if self.troubled == 0 then
    if not message then self.say(self.url.shown .. " answers again") end
    self.told = {}
  end
  return reply, message, name
end

--- Tells the user once that Redis refuses a command for whose answer no call waits, if waiting
--- cannot mend that.
---@param words (string|number)[]
---@param reply any
function Link:complain(words, reply)
  if not refused.lasting(reply) then return end
  say_once(self, (refused.message(reply.error, words, self.url.user)))
end

--- Sends a command now, and does not wait for its answer. False: there is no connection.
---@param words (string|number)[]
---@param done? fun(reply: any) gets its answer, or nil if none comes
---@return boolean
function Link:post(words, done)
  local c = self.connection
  if not c or c.gone then return false end
  c:send(function(reply)
    self:complain(words, reply)
    if done then done(reply) end
  end, words)
  return true
end

--- Ends the link, when all that was sent is answered. (To hang up before would lose commands: an
-- answer that nobody reads can make the other end drop what it has not read yet.)
---@async
function Link:close()
  local c = self.connection
  if c and not c.gone and not self.ticker.closed then exchange(c, { "PING" }) end
  self.closed = true
  if c then c:close() end
end

return M
