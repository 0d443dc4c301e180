-- SPDX-License-Identifier: MIT
--
-- The commands of one client or file: those that wait for their turn, and those under way. Each has
-- a number, from 1.

local command = require "mtr.attach.command"
local jobs = require "mtr.attach.job"

local M = {}

-- Bytes of different payloads that commands may use: the library keeps each as long as the engine.
local PAYLOADS = 2 ^ 20

---@class mtr.AttachSource
---@field pool mtr.AttachPool
---@field writer mtr.AttachWriter
---@field hooks mtr.AttachHooks
---@field priority integer
---@field pass number how many turns it has had, divided by its priority
---@field queue { id: integer, command: mtr.AttachCommand }[] that wait, from index `first`
---@field first integer
---@field last integer
---@field jobs table<integer, mtr.Trace|true> under way, by number
---@field count integer how many are under way
---@field id integer of the last command
local Source = {}
Source.__index = Source

---@class mtr.AttachHooks
---@field put fun(text: string) takes a record
---@field started fun() a command has been started: there is room for another one
---@field settled fun() nothing waits, and nothing is under way
---@field may_start fun(): boolean

-- Returns what is wrong with the payload of a command, and notes it.
local function admit_payload(pool, payload)
  local known = pool.payloads or { bytes = 0 }
  pool.payloads = known
  if not payload or known[payload] then return nil end
  if known.bytes + #payload > PAYLOADS then return "option -p: too many different payloads" end
  known[payload], known.bytes = true, known.bytes + #payload
end

--- Takes a command, to be started when it is its turn: after a call of pool:fill().
---@param line string
---@return integer? id
---@return string? problem
function Source:accept(line)
  local read, problem = command.read(line)
  problem = problem or jobs.wrong(read) or admit_payload(self.pool, read.options.payload)
  if problem then return nil, problem end
  self.id, self.last = self.id + 1, self.last + 1
  self.queue[self.last] = { id = self.id, command = read }
  return self.id
end

--- How many commands wait.
---@return integer
function Source:waiting() return self.last - self.first + 1 end

--- Returns true if a command can be started.
---@return boolean
function Source:ready() return self.last >= self.first and self.hooks.may_start() end

-- Takes the end of a command.
local function ended(self, id, text)
  self.jobs[id], self.count = nil, self.count - 1
  self.hooks.put(text)
  self.pool:ended()
  self:settle()
end

--- Starts the next command.
function Source:start()
  local entry = self.queue[self.first]
  self.queue[self.first], self.first = nil, self.first + 1
  if not entry.command then
    self.pool.under_way = self.pool.under_way - 1
    self.hooks.started()
    return self:settle()
  end
  local id = entry.id
  self.jobs[id], self.count = true, self.count + 1
  local trace = jobs.start(self.pool.engine, entry.command, self.writer, function(text)
    ended(self, id, text)
  end)
  if trace then self.jobs[id] = trace end
  self.hooks.started()
end

--- Calls settled() if nothing is left to do.
function Source:settle()
  if self.count == 0 and self.last < self.first then self.hooks.settled() end
end

--- Stops a command: one under way gives what it has found, one that waits is forgotten.
---@param id integer
---@return boolean was there one?
function Source:halt(id)
  local trace = self.jobs[id]
  if trace then
    if trace ~= true then trace:stop() end
    return true
  end
  for at = self.first, self.last do
    local entry = self.queue[at]
    if entry.id == id and entry.command then
      entry.command = nil
      return true
    end
  end
  return false
end

--- Forgets the commands that wait.
function Source:forget()
  self.queue, self.first, self.last = {}, 1, 0
end

--- Forgets what waits, and stops what is under way.
function Source:stop()
  self:forget()
  for _, trace in pairs(self.jobs) do
    if trace ~= true then trace:stop() end
  end
end

--- Makes a source and adds it to a pool.
---@param pool mtr.AttachPool
---@param writer mtr.AttachWriter
---@param hooks mtr.AttachHooks
---@param priority? integer
---@return mtr.AttachSource
function M.new(pool, writer, hooks, priority)
  local self = setmetatable({ pool = pool, writer = writer, hooks = hooks,
    priority = priority or 1, pass = 0, queue = {}, first = 1, last = 0, jobs = {}, count = 0,
    id = 0 }, Source)
  pool:join(self)
  return self
end

return M
