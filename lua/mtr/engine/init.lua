-- SPDX-License-Identifier: MIT
--
-- An engine: sockets, a rate, and the traces that share them. Several may live side by side.
--
-- step() drives it, called by a host whose loop watches fd(), or by mtr.wait.loop. In both cases
-- hooks run inside the step and tasks after it. An engine has no thread, prints nothing and changes
-- no signal handler. It belongs to one process: after a fork the child must open another engine;
-- there close() calls no callbacks, because the parent does.

local lib = require "mtr.lib"
local config = require "mtr.engine.config"
local err = require "mtr.base.err"
local bounded = require "mtr.engine.bounded"
local call = require "mtr.trace.call"
local dispatch = require "mtr.engine.dispatch"
local iterate = require "mtr.trace.iterate"
local instances = require "mtr.strategy.instances"
local rate = require "mtr.engine.rate"
local privileged = require "mtr.engine.privileged"
local loop = require "mtr.wait.loop"
local pending = require "mtr.wait.pending"
local scheduler = require "mtr.wait.scheduler"
local debug_log = require "mtr.engine.debug_log"
local prober = require "mtr.trace.prober"

local C = lib.C
local M = {}

---@class mtr.Engine
---@field c ffi.cdata* the library's engine; nil after close()
---@field rate number probes per second; 0: unlimited
---@field feeders { fed: fun(self: table) }[] called after each step
---@field work integer how many traces, timers and lookups are under way
---@field closed boolean
---@field closing boolean
---@field max_step number|false ms that a step may take; false: as long as it needs
---@field began number when the last such step began
---@field network? mtr.Sim
local Engine = {}
Engine.__index = Engine
M.Engine = Engine

local scratch_config = lib.new "struct mtr_config"

--- Opens an engine.
---@param opts? mtr.EngineOptions
---@return mtr.Engine?
---@return string? message, string? name
function M.open(opts)
  local kept, bug = config.fill(opts, scratch_config)
  if not kept then error(bug, 2) end
  local exclude, message, name = config.exclude(kept.exclude, kept.exclude_embedded)
  if name == err.BUG then error(message, 2) end
  if message then return nil, message, name end
  local sim, problem, code = config.network(kept.sim)
  if code == err.BUG then error(problem, 2) end
  if problem then return nil, problem, code end
  loop.disown()
  local most = bounded.most(scratch_config, opts, (kept.record or kept.replay) ~= nil)
  local c, why, kit = privileged.open(scratch_config, sim, kept.sockets)
  if not c then return nil, why, kit end
  local self = setmetatable({
    c = privileged.guard(c, kit), kit = kit, log = kept.log, ids = kept.ids,
    exclude = exclude, debug = kept.debug, pick = kept.pick, network = sim, abandoned = {},
    transport_name = lib.string(C.mtr_transport(c)), why = why, rooms = {}, crowds = {},
    max_probes = scratch_config.max_probes, rate = scratch_config.rate, feeders = {},
    halted = loop.halted, closed = false, closing = false, stepping = false, starts = 0,
    max_step = most or false, began = 0, watched = false,
  }, Engine)
  pending.prepare(self)
  dispatch.prepare(self)
  loop.add(self)
  if sim then sim:attach(self.c) end
  if self.log then self.log("info", ("transport %s: %s"):format(self.transport_name, why)) end
  return self
end

local function alive(engine, who)
  if engine.closed then error(who .. ": the engine is closed", 3) end
end

-- Calls fn as part of a step: nothing waits, and nothing steps this engine, until it returns.
local function inside(engine, fn)
  engine.stepping = true
  local ok, value = pcall(scheduler.inside, fn, engine)
  engine.stepping = false
  if not ok then error(value, 0) end
  return value
end

-- Does one step and hands out its batch.
local function work(engine)
  if engine.abandoned[1] then iterate.end_abandoned(engine) end
  local most = engine.max_step
  if most then engine.began = C.mtr_now(engine.c) end
  engine.starts = 0
  local n = C.mtr_step(engine.c)
  if engine.debug then debug_log.batch(engine, n) end
  if most and n > 0 then n = bounded.batch(engine, n) else dispatch.batch(engine, n) end
  if engine.feeders[1] then rate.feed(engine.feeders) end
  return n
end

local function end_all(engine)
  engine.max_step = false
  for i = 1, #engine.entries do
    local entry = engine.entries[i]
    if entry then entry:closed() end
  end
  while engine.work > 0 and work(engine) > 0 do end  -- luacheck: ignore 542
end

-- Ends what is under way as "halted", and frees everything.
local function shut(engine)
  if not engine:forked() then
    inside(engine, end_all)
    loop.detach(engine)
  end
  debug_log.detours(engine)
  if engine.network then engine.network:detach(engine.c) end
  privileged.close(engine)
  engine.c, engine.closed, engine.work, engine.entries = nil, true, 0, {}
  engine.hop._engine, engine.reply._engine = nil, nil
  instances.forget()
  loop.remove(engine)
end

local function step(engine)
  local n = inside(engine, work)
  local more = engine.max_step and bounded.again(engine, n) and inside(engine, work) or 0
  if engine.closing then shut(engine) end
  return more < 0 and more or n + more
end

--- Does what is due, and hands out the events; never blocks. Call it when fd() is readable.
---@return integer? events number of events
---@return string? message, string? name
function Engine:step()
  alive(self, "step")
  if self.stepping then error("step: called inside a hook of this engine", 2) end
  -- Traces that hooks and tasks start are sent together, after the last of them has run.
  C.mtr_hold(self.c)
  self.held = true
  local ok, n = pcall(scheduler.batch, step, self)
  self.held = false
  if not self.closed then C.mtr_flush(self.c) end
  if not ok then error(n, 0) end
  if n < 0 then return err.env(n, not self.closed and lib.string(C.mtr_why(self.c)) or nil) end
  return n
end

--- Returns true in a forked child of the process that opened the engine.
---@return boolean
function Engine:forked() return not self.closed and C.mtr_forked(self.c) == 1 end

--- Waits until nothing is under way in this engine.
---@async
---@return true
function Engine:run()
  alive(self, "run")
  scheduler.check "run"
  while scheduler.pass() or self.work > 0 do
    if self.work > 0 then
      self.idle = self.idle or {}
      scheduler.wait(self.idle)
    end
  end
  return true
end

--- Closes the engine: what is under way ends as "halted", and callbacks are called. Inside a hook
--- this happens at the end of the step. Closing again does nothing.
---@return true
function Engine:close()
  if self.closing then return true end
  self.closing = true
  if not self.stepping then scheduler.batch(shut, self) end
  return true
end

local function halt_all(engine)
  for i = 1, #engine.entries do
    local entry = engine.entries[i]
    if entry and entry.halt then entry:halt() end
  end
end

--- Ends every trace as "halted", and every later trace as soon as it starts.
function Engine:halt()
  self.halted = true
  scheduler.inside(halt_all, self)
end

--- Returns the descriptor that is readable when step() has work, also for timers. From now on the
--- caller drives this engine; a host (mtr.host) does not any more.
---@return integer
function Engine:fd()
  alive(self, "fd")
  loop.taken(self)
  return C.mtr_fd(self.c)
end

--- Returns the seconds until step() is due, or nil if nothing is planned; for cqueues.
---@return number?
function Engine:timeout()
  local ms = self:timeout_ms()
  return ms >= 0 and ms / 1000 or nil
end

--- Returns the milliseconds until step() is due, or -1 if nothing is planned; for poll(2).
---@return number
function Engine:timeout_ms() return alive(self, "timeout") or C.mtr_timeout(self.c) end

-- For cqueues, with timeout, and for luasocket.
Engine.pollfd, Engine.getfd = Engine.fd, Engine.fd
function Engine.events() return "r" end
function Engine.dirty() return false end

--- Returns all counters of the engine.
---@return table<string, number>
function Engine:stats()
  alive(self, "stats")
  return debug_log.stats(self)
end

--- Returns the transport in use: its name, what it can do, and why it was chosen. `detour` says why
--- the transport packet last sent a probe through raw (stats().detours counts them). `ordinary` is
--- true if it needs no privilege.
---@return { name: string, capabilities: table<string, boolean>, why: string, detour?: string,
--- ordinary: boolean }
function Engine:transport() return alive(self, "transport") or debug_log.transport(self) end

--- Returns the engine's time in ms: the host's monotonic clock, or a simulation's or recording's.
---@return number
function Engine:now() return alive(self, "now") or C.mtr_now(self.c) end

--- Returns the simulated network of the engine, or nil.
---@return mtr.Sim?
function Engine:sim() return self.network end
Engine.trace, Engine.probe, Engine.hops = call.trace, call.probe, iterate.iterate
Engine.prober, Engine.set_rate = prober.open, rate.set
--- Does the same as mtr.go.
function Engine.go(_, fn, ...) return scheduler.go(fn, ...) end

--- Reports the error of a hook once: to the reporter, this engine's log or standard error.
---@param text string
---@private
function Engine:report(text) err.report(text, self.log) end
return M
