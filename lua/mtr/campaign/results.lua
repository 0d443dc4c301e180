-- SPDX-License-Identifier: MIT
--
-- A campaign's results in a for loop: `for result in c:results() do`.
--
-- Results are copies and may be kept. Those that were not taken yet count as traces under way, so a
-- slow loop slows the campaign down and memory stays bounded. A loop that is left early leaves the
-- campaign waiting: c:stop() ends it, and the end of the program does.

local scheduler = require "mtr.wait.scheduler"
local pending = require "mtr.wait.pending"

local M = {}

-- Takes results in order; `changed` is finished whenever there is a new one.
local function attach(c)
  local queue = { first = 1, last = 0, changed = {} }
  c.queue = function(result)
    queue.last = queue.last + 1
    queue[queue.last] = result
    c.unread = c.unread + 1
    scheduler.finish(queue.changed)
  end
  return queue
end

local function take(c, queue)
  local result = queue[queue.first]
  queue[queue.first], queue.first = nil, queue.first + 1
  c.unread = c.unread - 1
  if not c.done then
    pending.remember(c.engine, c.cohort)
    scheduler.wake(c.pump)
  end
  return result
end

--- The iterator; an environment error has no other way out of a loop and is raised.
---@async
---@param c mtr.Campaign
---@param start fun(): any, string?
---@return fun(): mtr.Result?
function M.iterate(c, start)
  local queue = attach(c)
  local ok, message = start()
  if not ok then error("results: " .. message, 3) end
  return function()
    scheduler.check "results"
    while queue.first > queue.last do
      if c.done then
        if c.failure then error("results: " .. c.failure, 2) end
        return nil
      end
      queue.changed = {}
      scheduler.wait_first { queue.changed, c }
    end
    return take(c, queue)
  end
end

return M
