-- SPDX-License-Identifier: MIT
--
-- The queue of those that go on: tasks, contexts of a host, and any objects with run(). They run
-- one after another, called by the outermost call (the end of a step, or the call that woke them),
-- never one inside another and never inside a hook.
--
-- In a host only so many run before its loop goes on; the rest runs soon.
--
-- Where the host may switch coroutines inside a hook, the hooks and batches of each coroutine are
-- its own: a hook that sleeps in the host delays nobody else.

local coro = require "mtr.wait.coro"
local context = require "mtr.wait.context"
local hosts = require "mtr.host"

local M = {}

local key, place = context.key, context.place

-- By coroutine: whether a batch or the queue runs in it, and whether a hook does.
local busy = setmetatable({}, { __mode = "k" })
local hooks = setmetatable({}, { __mode = "k" })

-- The key of mtr's own loop always has a value: to set it asks for no metamethod then.
local MAIN = context.MAIN
busy[MAIN], hooks[MAIN] = false, false

local function rest(here)
  if here == MAIN then busy[MAIN] = false else busy[here] = nil end
end

local ready, first, last = {}, 1, 0

-- How many may still run in this turn of the host's loop, and until which time of os.clock(), which
-- is looked at after every eighth. Those are all who may run: 64, or 1 ms of them.
local MOST, LOOK, SPAN = 64, 8, 0.001
local left, until_, rest_due = MOST, nil, false

local drain

-- Begins another turn.
local function again()
  left, until_, rest_due = MOST, nil, false
  drain()
end

-- Returns true if the rest of the queue must wait for the host's next turn.
local function spent()
  if rest_due then return true end
  left = left - 1
  if left % LOOK > 0 then return false end
  local now = os.clock()
  until_ = until_ or now + SPAN
  if left > 0 and now < until_ then return false end
  rest_due = true
  hosts.current.defer(again)
  return true
end

-- Runs the queue, unless a caller further up the stack will do it.
function drain()
  if first > last then return end
  local here = place()
  if busy[here] then return end
  busy[here] = true
  local host = hosts.current
  while first <= last do
    if host and spent() then
      rest(here)
      return
    end
    local entry = ready[first]
    ready[first], first = nil, first + 1
    entry.queued = false
    if not entry.done then entry:run() end       -- it may have ended after it was woken
  end
  first, last = 1, 0
  rest(here)
end

--- Says that the host's loop has gone on since the last call.
function M.turned()
  if not rest_due then left, until_ = MOST, nil end
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
  rest(here)
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
function M.in_hook()
  -- In mtr's own loop there is one key, so a hook is known in all coroutines inside it.
  return hooks[key()] == true or hosts.current ~= nil and coro.in_worker()
end

return M
