-- SPDX-License-Identifier: MIT
--
-- Iterates over the results of a campaign: `for result in c:results() do`.
--
-- Results are copies and may be kept. Results that the loop has not taken count as traces under
-- way, so a slow loop slows the campaign down, and memory stays bounded. If the loop is left early,
-- the campaign waits until c:stop() or the end of the program.

local scheduler = require "mtr.wait.scheduler"
local pending = require "mtr.wait.pending"

local M = {}

-- Makes the queue of results; each new result finishes the op `changed`.
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

--- Returns the iterator. It raises an environment error, because a loop cannot return it.
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
