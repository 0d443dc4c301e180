-- SPDX-License-Identifier: MIT
--
-- The commands of one client or file: those that wait for their turn, and those under way. Each has
-- a number, from 1.

local lib = require "mtr.lib"
local command = require "mtr.attach.command"
local jobs = require "mtr.attach.job"
local plains = require "mtr.attach.plain"

local C = lib.C
local M = {}

-- Bytes of different payloads that commands may use: the library keeps each as long as the engine.
local PAYLOADS = 2 ^ 20

---@class mtr.AttachSource
---@field pool mtr.AttachPool
---@field writer mtr.AttachWriter
---@field hooks mtr.AttachHooks
---@field priority integer
---@field pass number how many turns it has had, divided by its priority
---@field queue table<integer, mtr.AttachCommand|mtr.AttachPlain|false> that wait, from index
--- `first` to `last`; false: halted
---@field targets table<integer, string> those of mtr.AttachPlain, at the same indexes
---@field first integer
---@field last integer
---@field plain4 mtr.AttachPlain|false the last one for IPv4
---@field plain6 mtr.AttachPlain|false the last one for IPv6
---@field jobs table<integer, mtr.Trace|true|integer> under way, by number: an integer is the handle
--- of a trace of mtr.AttachPlain
---@field count integer how many are under way
---@field id integer of the last command
local Source = {}
Source.__index = Source

---@class mtr.AttachHooks
---@field put fun(text: string|ffi.cdata*, size: integer?) takes a record: a string, or memory of a
--- size, which is used again
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

-- Puts a command into the queue; returns its number.
local function add(self, item, target)
  local id, last = self.id + 1, self.last + 1
  self.id, self.last, self.queue[last] = id, last, item
  if target then self.targets[last] = target end
  return id
end

-- The number of the command at a place in the queue.
local function number(self, at) return self.id - self.last + at end

-- Takes a command that is not like the last one. If more of its kind may come, they are known then
-- by the text before their targets.
local function accept(self, line)
  local read, problem = command.read(line)
  problem = problem or jobs.wrong(read) or admit_payload(self.pool, read.options.payload)
  if problem then return nil, problem end
  local before = line:match "^(.*%s)[%x.:]+$"
  local plain = before and plains.new(self, read, before)
  if not plain then return add(self, read) end
  if plain.family == 4 then self.plain4 = plain else self.plain6 = plain end
  return add(self, plain, read.dst)
end

--- Takes a command that differs only in its target from one that was right; see accept().
---@param line string
---@return integer? id nil: it is another one
function Source:again(line)
  local plain = self.plain4
  local target = plain and plain:target(line)
  if target then return add(self, plain, target) end
  plain = self.plain6
  target = plain and plain:target(line)
  return target and add(self, plain, target)
end

--- Takes a command, to be started when it is its turn: after a call of pool:fill().
---@param line string
---@return integer? id
---@return string? problem
function Source:accept(line)
  local id, problem = self:again(line), nil
  if not id then
    id, problem = accept(self, line)
  end
  return id, problem
end

--- How many commands wait.
---@return integer
function Source:waiting() return self.last - self.first + 1 end

--- Returns true if a command can be started.
---@return boolean
function Source:ready() return self.last >= self.first and self.hooks.may_start() end

--- Takes the end of a command, and its record.
---@param id integer
---@param text string|ffi.cdata*
---@param size? integer of memory
function Source:finished(id, text, size)
  self.jobs[id], self.count = nil, self.count - 1
  self.hooks.put(text, size)
  self.pool:ended()
  self:settle()
end

-- Starts a command that has an object of its own.
local function start_job(self, id, read)
  self.jobs[id] = true
  local trace = jobs.start(self.pool.engine, read, self.writer, function(text)
    self:finished(id, text)
  end)
  if trace then self.jobs[id] = trace end
end

-- Starts a plain trace. If that fails, a job says so in its record.
local function start_plain(self, id, plain, target)
  local handle = plain:start(id, target)
  if handle then
    self.jobs[id] = handle
    return
  end
  return start_job(self, id, plain:command_to(target))
end

--- Starts the next command.
function Source:start()
  local at = self.first
  local item, target, id = self.queue[at], self.targets[at], number(self, at)
  self.queue[at], self.targets[at], self.first = nil, nil, at + 1
  if not item then
    self.pool.under_way = self.pool.under_way - 1
    self.hooks.started()
    return self:settle()
  end
  self.count = self.count + 1
  if target then start_plain(self, id, item, target) else start_job(self, id, item) end
  self.hooks.started()
end

--- Calls settled() if nothing is left to do.
function Source:settle()
  if self.count == 0 and self.last < self.first then self.hooks.settled() end
end

-- Stops what is under way.
local function stop(self, job)
  if job == true then return end
  if type(job) == "table" then return job:stop() end
  local c = self.pool.engine.c
  if c then C.mtr_stop(c, job, C.MTR_STOP_HALTED, 0, 0) end
end

--- Stops a command: one under way gives what it has found, one that waits is forgotten.
---@param id integer
---@return boolean was there one?
function Source:halt(id)
  local job, at = self.jobs[id], id - number(self, 0)
  if job then
    stop(self, job)
    return true
  end
  if at < self.first or at > self.last or not self.queue[at] then return false end
  self.queue[at], self.targets[at] = false, nil
  return true
end

--- Forgets the commands that wait.
function Source:forget()
  self.queue, self.targets, self.first, self.last = {}, {}, 1, 0
end

--- Forgets what waits, and stops what is under way.
function Source:stop()
  self:forget()
  for _, job in pairs(self.jobs) do stop(self, job) end
end

--- Makes a source and adds it to a pool.
---@param pool mtr.AttachPool
---@param writer mtr.AttachWriter
---@param hooks mtr.AttachHooks
---@param priority? integer
---@return mtr.AttachSource
function M.new(pool, writer, hooks, priority)
  local self = setmetatable({ pool = pool, writer = writer, hooks = hooks,
    priority = priority or 1, pass = 0, queue = {}, targets = {}, first = 1, last = 0, jobs = {},
    count = 0, id = 0, plain4 = false, plain6 = false }, Source)
  pool:join(self)
  return self
end

return M
