-- SPDX-License-Identifier: MIT
--
-- The module "mtr": the interface for scripts and hosts.
--
--     local mtr = require "mtr"
--     local result = assert(mtr.trace("192.0.2.7", { protocol = "udp" }))
--     for _, hop in ipairs(result.hops) do print(hop.ttl, hop.addr or "*", hop.rtt) end
--
-- The functions of this module use the default engine, which is opened on first use. Other engines
-- (mtr.engine) have the same functions as methods. Requiring the module opens nothing.

local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local find_binary = require "mtr.script.find_binary"
local host = require "mtr.host"
local check = require "mtr.base.check"
local err = require "mtr.base.err"
local strict = require "mtr.base.strict"
local words = require "mtr.record.words"
local options = require "mtr.trace.options"
local coro = require "mtr.wait.coro"
local loop = require "mtr.wait.loop"
local scheduler = require "mtr.wait.scheduler"
local default = require "mtr.engine.default"
local strategy = require "mtr.strategy"
local Semaphore = require "mtr.wait.semaphore"
local task = require "mtr.script.task"

-- The fields are what is loaded on first use, see LAZY.
---@class mtr
---@field version string
---@field campaign fun(opts: mtr.CampaignOptions): mtr.Campaign
---@field targets mtr.targets
---@field report mtr.Reports
---@field readable fun(fd: integer, on_done?: fun(err: string?)): true?, string?, string?
---@field stream fun(fd: integer, opts?: mtr.StreamOptions): mtr.Stream
---@field serve fun(opts: mtr.ServeOptions): mtr.Server?, string?, string?
---@field cli fun(name: string, help: string, flags?: table): mtr.Cli
---@field sim mtr.sim
---@field warnings fun(result: mtr.Result, ...: mtr.Result): mtr.Warning[]
---@field sockets mtr.sockets
---@field plan fun(opts: mtr.CampaignOptions): string?, string?, string?
---@field outcome fun(summary: mtr.Summary): string[]
---@field payloads mtr.payloads
---@field mtrp mtr.mtrp
local M = { version = require "mtr.base.version" }

M.engine, M.configure, M.default = default.open, default.configure, default.get
M.go, M.wait_all, M.wait_any = task.go, task.wait_all, task.wait_any
M.sleep, M.with_timeout, M.semaphore = task.sleep, task.with_timeout, Semaphore.new
M.coroutine, M.strategy, M.host = coro, strategy, host
M.find_binary, M.parse_ip = find_binary.find, addr.parse_ip
M.addr_class, M.addr_family, M.mark, M.errno = addr.class, addr.family, words.mark, err.number
M.plain = err.target                   -- foreign text, short and safe for a terminal

-- Without a default engine: raises a caller's bug first; then returns the reason, and also gives it
-- to the callback.
local function unavailable(declaration, opts, on_done, message, name)
  local bug = check.each(declaration, opts, function() end)
  if bug then error(bug, 3) end
  if type(on_done) == "function" then scheduler.defer(function() on_done(message, nil) end) end
  return nil, message, name
end

--- Traces the path to an address or a name: see mtr.TraceOptions. Waits and returns the result;
--- with on_done it returns the trace at once.
---@async without on_done
---@param dst string
---@param opts? mtr.TraceOptions
---@param on_done? fun(err: string?, result: mtr.Result?)
---@return mtr.Result|mtr.Trace|nil
---@return string? message, string? name
function M.trace(dst, opts, on_done)
  local e, message, name = default.get()
  if not e then return unavailable(options.trace, opts, on_done, message, name) end
  return e:trace(dst, opts, on_done)
end

--- Sends one probe: see mtr.ProbeOptions. Waits and returns the reply, or a table with timeout =
--- true; with on_done it returns at once.
---@async without on_done
---@param opts mtr.ProbeOptions
---@param on_done? fun(err: string?, reply: mtr.Reply?)
---@return mtr.Reply|mtr.Trace|nil
---@return string? message, string? name
function M.probe(opts, on_done)
  local e, message, name = default.get()
  if not e then return unavailable(options.probe, opts, on_done, message, name) end
  return e:probe(opts, on_done)
end

--- Iterates over the hops of a trace as they settle: `for hop in mtr.hops(dst) do`.
---@async
---@param dst string
---@param opts? mtr.TraceOptions
---@return mtr.Hops
function M.hops(dst, opts)
  local e, message = default.get()
  if not e then
    unavailable(options.hops, opts)
    error("hops: " .. message, 0)
  end
  return e:hops(dst, opts)
end

--- Opens a prober, which sends any number of single probes to one address: see mtr.ProberOptions.
---@param dst string
---@param opts? mtr.ProberOptions
---@return mtr.Prober?
---@return string? message, string? name
function M.prober(dst, opts)
  local e, message, name = default.get()
  if not e then return unavailable(options.prober, opts, nil, message, name) end
  return e:prober(dst, opts)
end

--- Makes empty statistics per hop. Results are added to them, or traces add to them as they go: see
--- mtr.Stats. The module is loaded on first use, because few scripts need it.
---@return mtr.Stats
function M.stats() return require "mtr.script.stats".new() end

--- Waits until nothing is under way in any engine: all tasks have ended, or wait for something that
--- can never happen.
---@async
---@return true
function M.run()
  scheduler.check "run"
  local busy = true
  while busy do
    busy = scheduler.pass()
    local e = loop.busy()
    if e then
      busy = true
      e:run()
    end
    if not busy and not scheduler.context().suspend then busy = loop.work() > 0 and loop.turn() end
  end
  return true
end

--- Returns the time in ms, for differences: the time of the default engine, or of an open one. In a
--- simulated network and in a replay it is the time of that network or recording.
---@return number
function M.now()
  local e, message = default.for_timers()
  if not e then error("now: " .. message, 2) end
  return e:now()
end

--- Returns true if SIGINT (^C) or SIGTERM has interrupted the program; only in mtrlua. Then traces
--- and campaigns under way end as "halted" and give their results. Plain waits (sleep, semaphores,
--- reading) and later starts raise "mtr: interrupted", so that loops end. A script that has more to
--- do catches this error; it has five seconds, or the time of mtrlua --grace.
---@return boolean
function M.interrupted() return lib.signals[0] > 0 end

--- Sets the function that gets the errors of hooks and tasks, with their tracebacks. With nil, the
--- default, they go to standard error.
---@param fn? fun(text: string)
function M.on_error(fn) err.on_error = fn end

-- Modules that many programs do not use are loaded on first use.
local LAZY = {}
function LAZY.campaign() return require "mtr.campaign".new end
function LAZY.targets() return require "mtr.targets" end
function LAZY.report() return require "mtr.report" end
function LAZY.readable() return require "mtr.script.readable" end
function LAZY.stream() return require "mtr.script.stream".open end
function LAZY.serve() return require "mtr.serve".open end
function LAZY.attach() return require "mtr.attach" end
function LAZY.fleet() return require "mtr.fleet" end
function LAZY.cli() return require "mtr.cli" end
function LAZY.watch() return require "mtr.change".new end
function LAZY.event_line() return require "mtr.change.text".line end
function LAZY.event_hook() return require "mtr.change.command".new end
function LAZY.sim() return require "mtr.sim" end
function LAZY.warnings() return require "mtr.script.warnings".of end
function LAZY.sockets() return require "mtr.engine.socket_set" end
function LAZY.plan() return require "mtr.script.plan".of end
function LAZY.outcome() return require "mtr.script.outcome".of end
function LAZY.target_options() return require "mtr.script.target_options".chain end
function LAZY.payloads() return require "mtr.script.payloads" end
function LAZY.live() return require "mtr.live".run end
function LAZY.prefixes() return require "mtr.names.prefixes" end
function LAZY.names() return require "mtr.names" end
function LAZY.mtrp() return require "mtr.script.mtr_packet" end

-- The names of everything in the module.
local function names()
  local all = {}
  for name in pairs(M) do all[name] = true end
  for name in pairs(LAZY) do all[name] = true end
  return all
end

--- Switches strict mode: to read a field that this module or a result can never have raises an
--- error. It is on in mtrlua, and off in other hosts.
---@param on boolean
function M.strict(on) strict.on = on == true end

return setmetatable(M, { __index = function(_, key)
  local load = LAZY[key]
  if not load then return (strict.missing("mtr", key, names())) end
  local value = load()
  if type(value) == "table" and not getmetatable(value) then
    setmetatable(value, { __index = function(module, name)
      local all = {}
      for known in pairs(module) do all[known] = true end
      return (strict.missing("mtr." .. key, name, all))
    end })
  end
  M[key] = value
  return value
end })
