-- SPDX-License-Identifier: MIT
--
-- Runs a command of the user for each event: the event is on its standard input, as JSON in one
-- line. Text of the network is never in a command line.
--
-- The commands run in the background, one after the other, so that they see events in order. What
-- they print goes to standard error. If one takes longer than the limit, it goes on, and the next
-- one begins. At most 1000 events wait; further ones are dropped and counted.

local task = require "mtr.script.task"
local json = require "mtr.record.json"
local scheduler = require "mtr.wait.scheduler"

local MOST, LIMIT_S, EVERY = 1000, 60, "20ms"
local SHAPE = json.shape { "type", "event", "time", "target", "dst" }

local M = {}

---@class mtr.EventHook
---@field command string
---@field queue string[]
---@field dropped integer
---@field running? mtr.Task
local Hook = {}
Hook.__index = Hook

--- Makes a hook.
---@param command string for sh, as the user gave it
---@return mtr.EventHook
function M.new(command)
  return setmetatable({ command = command, queue = {}, dropped = 0 }, Hook)
end

local function exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

-- Starts the command with a text as its input. The file is removed when it ends.
local function start(self, path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
  os.execute(("{ trap 'rm -f %s' EXIT; exec <%s >&2; %s\n} &"):format(path, path, self.command))
end

local function run(self)
  while self.queue[1] do
    local path, deadline = os.tmpname(), os.time() + LIMIT_S
    start(self, path, table.remove(self.queue, 1))
    while exists(path) and os.time() < deadline do task.sleep(EVERY) end
  end
  self.running = nil
end

--- Runs the command for an event, once those before it are done.
---@param event table
function Hook:call(event)
  if #self.queue >= MOST then
    self.dropped = self.dropped + 1
    return
  end
  self.queue[#self.queue + 1] = json.encode(event, SHAPE) .. "\n"
  self.running = self.running or scheduler.go(run, self)
end

--- Waits until the commands of all events are done.
---@async
function Hook:finish()
  if self.running then task.wait_all(self.running) end
end

return M
