-- SPDX-License-Identifier: MIT
--
-- Keeps the list of open engines, and drives them: mtr's own loop, or what a host (mtr.host) calls
-- when the descriptor of an engine is readable.
--
-- mtrlua uses turn() to drive its engines, and so does a plain Lua program whenever a call has to
-- wait. A program that watches engine:fd() itself and calls engine:step() drives that engine alone.
-- An engine in which something is under way is not collected, nor one that a host drives. Another
-- one that nobody refers to is collected, and its finalizer closes it.

local xpcall = require "mtr.compat".xpcall
local lib = require "mtr.lib"
local err = require "mtr.base.err"
local hosts = require "mtr.host"
local main_loop = require "mtr.wait.main_loop"

local C = lib.C
local M = {}

-- The open engines, oldest first, up to `count`; some may have been collected.
local engines, count = setmetatable({}, { __mode = "v" }), 0
local busy = {}                        -- keeps those in which something is under way
local deferred = {}                    -- functions to call soon, in their order

--- Called when the loop of the host calls us.
function M.on_turn() end

--- Set after ^C: traces of engines that are opened later end as they start.
M.halted = false

-- Does a step in a host. There is no caller who could get its error.
local function pump(engine)
  if engine.closed or engine.stepping then return end
  M.on_turn()
  local ok, events, message = xpcall(engine.step, err.traceback, engine)
  if not ok then err.report(events) elseif not events then engine:report(message) end
end

-- Returns the open engines, and closes the gaps that collected ones and |closed| leave.
local function tidy(closed)
  local list = {}
  for i = 1, count do
    local engine = engines[i]
    engines[i] = nil
    if engine and engine ~= closed then list[#list + 1] = engine end
  end
  for i, engine in ipairs(list) do engines[i] = engine end
  count = #list
  return list
end

-- Lets the host drive an engine.
local function attach(engine, host)
  engine.watched = host.watch(C.mtr_fd(engine.c), function() pump(engine) end)
  if host.keep then host.keep(engine.watched, engine.work > 0) end
end

local function run_first()
  local fn = table.remove(deferred, 1)
  if fn then fn() end
end

local function take_over(host)
  for _, engine in ipairs(tidy()) do
    if not engine.taken then attach(engine, host) end
  end
  for _ = 1, #deferred do host.defer(run_first) end
end

hosts.on_found = take_over

--- Tells the host that an engine has got something to do, or has nothing left.
---@param engine mtr.Engine
function M.changed(engine)
  local host = hosts.current
  if host.keep then host.keep(engine.watched, engine.work > 0, engine.awaited) end
end

--- Adds an open engine.
---@param engine mtr.Engine
function M.add(engine)
  local host = hosts.enter()
  count = count + 1
  engines[count] = engine
  if host and not engine.watched then attach(engine, host) end
end

-- If no more traces than this are under way, a new one is sent at once.
local FEW = 8

--- Lets loop.sent() send at once what is started before it, so that the host need not wake up to
--- send it. Call it before a call in a host that starts something and waits. Returns false if many
--- traces are under way: then the next step sends several together, which costs less.
---@param engine mtr.Engine
---@return boolean
function M.send_now(engine)
  if not engine.watched or engine.held or engine.work > FEW then return false end
  C.mtr_hold(engine.c)
  engine.awaited = true
  return true
end

--- Sends what was started since send_now() has returned true.
---@param engine mtr.Engine
function M.sent(engine)
  engine.awaited = false
  C.mtr_flush(engine.c)
end

--- Stops the host from driving an engine. Must come before its descriptor is closed.
---@param engine mtr.Engine
function M.detach(engine)
  local handle = engine.watched
  engine.watched = false
  if handle then hosts.current.unwatch(handle) end
end

--- Notes that the caller of engine:fd() drives this engine from now on.
---@param engine mtr.Engine
function M.taken(engine)
  engine.taken = true
  M.detach(engine)
end

--- Keeps an engine from being collected, because something is under way in it.
---@param engine mtr.Engine
function M.keep(engine) busy[engine] = true end

--- Lets an engine be collected, when nobody refers to it.
---@param engine mtr.Engine
function M.let_go(engine) busy[engine] = nil end

--- Removes a closed engine.
---@param engine mtr.Engine
function M.remove(engine)
  busy[engine] = nil
  tidy(engine)
end

--- In a forked child: closes the engines of the parent, which nothing here can drive.
function M.disown()
  for _, engine in ipairs(M.engines()) do
    if engine:forked() then engine:close() end
  end
end

--- Returns the open engines, oldest first, in a new list.
---@return mtr.Engine[]
function M.engines() return tidy() end

--- Returns an engine in which something is under way; nil: there is none.
---@return mtr.Engine?
function M.busy() return (next(busy)) end

--- Returns how many traces, timers and lookups are under way in all engines.
---@return integer
function M.work()
  local n = #deferred
  for engine in pairs(busy) do n = n + engine.work end
  return n
end

-- Returns the host if its loop drives the engines now.
local function driver()
  local host = hosts.current
  if host and (not host.active or host.active()) then return host end
end

M.driver = driver

--- Calls fn in the next turn. For work that must happen after the current call has returned, and
--- for which no engine is there to wait in.
---@param fn fun()
function M.defer(fn)
  hosts.enter()
  deferred[#deferred + 1] = fn
  local host = driver()
  if host then host.defer(run_first) end
end

--- Returns why a wait outside of tasks and of the host's coroutines is not possible here; nil: it
--- is.
---@return string?
function M.stuck()
  local host = driver()
  if not host then return nil end
  if not host.turn then return "no coroutine of " .. host.name .. " runs here" end
  return host.stuck and host.stuck()
end

local function run_deferred()
  if not deferred[1] then return false end
  local list = deferred
  deferred = {}
  for _, fn in ipairs(list) do fn() end
  return true
end

--- Waits until an engine has work, and steps every engine; in a host lets the host do that. Returns
--- false if nothing is under way, so that the wait would never end.
---@return boolean
function M.turn()
  local host = driver()
  if host then
    local left = M.work() > 0
    return host.turn() or left
  end
  if run_deferred() then return true end
  local only = engines[1]
  if only and count == 1 then
    -- There is no loop here, so that LuaJIT compiles the loop around it.
    if only.work == 0 then return false end
    main_loop.one(only)
    return true
  end
  if M.work() == 0 then return false end
  main_loop.all(tidy)
  return true
end

return M
