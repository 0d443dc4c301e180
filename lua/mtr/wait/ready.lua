-- SPDX-License-Identifier: MIT
--
-- The queue of those that go on: tasks, contexts of a host, and any objects with run(). They run
-- one after another, called by the outermost call (the end of a step, or the call that woke them),
-- never one inside another and never inside a hook.
--
-- Where the host may switch coroutines inside a hook, the hooks and batches of each coroutine are
-- its own: a hook that sleeps in the host holds up nobody else.

local context = require "mtr.wait.context"

local M = {}

local key, place = context.key, context.place

-- By coroutine: whether a batch or the queue runs in it, and whether a hook does.
local busy = setmetatable({}, { __mode = "k" })
local hooks = setmetatable({}, { __mode = "k" })

local ready, first, last = {}, 1, 0

-- Runs the queue, unless a caller further up the stack will do it.
local function drain()
  if first > last then return end
  local here = place()
  if busy[here] then return end
  busy[here] = true
  while first <= last do
    local entry = ready[first]
    ready[first], first = nil, first + 1
    entry.queued = false
    entry:run()
  end
  first, last = 1, 0
  busy[here] = nil
end

--- Queues an object with run(), to go on when no hook and no other one runs.
---@param entry { run: fun(self: table), queued?: boolean, done?: boolean }
function M.wake(entry)
  if entry.queued or entry.done then return end
  entry.queued = true
  last = last + 1
  ready[last] = entry
  drain()
end

--- Returns true if something is in the queue.
---@return boolean
function M.any() return first <= last end

--- Calls fn as the outermost call: what it wakes runs after it. Returns two values.
---@param fn function
---@param a? any its arguments: a fixed number, so that LuaJIT compiles the call
function M.batch(fn, a, b, c)
  local here = place()
  if busy[here] then return fn(a, b, c) end
  busy[here] = true
  local ok, value, more = pcall(fn, a, b, c)
  busy[here] = nil
  drain()
  if not ok then error(value, 0) end
  return value, more
end

local function as_hook(fn, a)
  local here = key()
  local outer = hooks[here]
  hooks[here] = true
  local ok, value = pcall(fn, a)
  hooks[here] = outer
  if not ok then error(value, 0) end
  return value
end

--- Calls fn as a hook: it cannot wait, and what it wakes runs after it has returned.
---@param fn function
---@param a? any its argument
function M.inside(fn, a) return M.batch(as_hook, fn, a) end

--- Returns true if a hook runs in the running coroutine.
---@return boolean
function M.in_hook() return hooks[key()] == true end

return M
