-- SPDX-License-Identifier: MIT
--
-- Runs a compiled script in mtrlua: runs it as a task, drives every engine until nothing is left to
-- do, and returns the exit status.
--
-- The first ^C halts the traces of all engines; the script gets their results. Plain waits and
-- later starts raise. The second ^C ends the process in the signal handler, and not here.

-- Sets the room for compiled code. With LuaJIT's default (1000 traces, in blocks of 64 KiB) the
-- code of a larger script is compiled, discarded and compiled again all the time, and each block
-- costs system calls whenever a trace is added. This must come before modules are loaded: loading
-- already compiles, and the first block keeps the size that it was made with.
jit.opt.start("maxtrace=8000", "maxmcode=32768", "sizemcode=1024")

local lib = require "mtr.lib"
local config = require "mtr.engine.config"
local coro = require "mtr.wait.coro"
local default = require "mtr.engine.default"
local err = require "mtr.base.err"
local interrupt = require "mtr.wait.interrupt"
local loop = require "mtr.wait.loop"
local main_loop = require "mtr.wait.main_loop"
local scheduler = require "mtr.wait.scheduler"

local exit = os.exit
local BAD_USAGE, UNMET, INTERRUPTED = 2, 99, 130

local program = lib.program

-- An installed program loads no modules from the current directory.
local function absolute(path)
  local kept = {}
  for entry in path:gmatch "[^;]+" do
    if entry:find "^/" then kept[#kept + 1] = entry end
  end
  return table.concat(kept, ";")
end

-- Returns the message of an engine for the command line: options are named as they are there. A
-- message about one option begins with its name; one without a value is about several options.
local function on_command_line(bug)
  local text = bug:gsub("^engine: ", "")
  if text:find ", got " then return (text:gsub("^[%w_]+", config.command_line)) end
  return (text:gsub('[%w_."]+', config.command_line))
end

-- Returns true if a campaign has missed one of its thresholds.
local function unmet()
  local thresholds = package.loaded["mtr.campaign.thresholds"]
  return thresholds and thresholds.unmet > 0
end

local function say(text) io.stderr:write("mtrlua: ", text, "\n") end

local function on_wake()
  if program.interrupted() > 0 and not loop.halted then
    loop.halted = true
    interrupt.wake_idle(scheduler.wake)
    for _, engine in ipairs(loop.engines()) do engine:halt() end
  end
  program.clear()
  local steps = program.speed()
  if steps ~= 0 then require "mtr.campaign.running".change(steps, say) end
end

-- Returns the status of the script: the whole number that it returned.
local function returned(task)
  local status = task.results and task.results[1]
  return type(status) == "number" and status % 1 == 0 and status >= 0 and status <= 255 and status
end

local function drive(task)
  while loop.turn() do end  -- luacheck: ignore 542
  if not task.done then
    -- The script waits, and nothing is left that could end the wait: this raises an error in it.
    task.stuck = true
    scheduler.wake(task)
    return drive(task)
  end
end

--- Runs a script.
---@param chunk function
---@param ... any its arguments
---@return integer status
return function(chunk, ...)
  if program.installed then
    package.path, package.cpath = absolute(package.path), absolute(package.cpath)
  end
  local _, bug = config.fill(default.options(), lib.new "struct mtr_config")
  if bug then
    say(on_command_line(bug))
    return BAD_USAGE
  end
  coroutine.resume, coroutine.wrap = coro.resume, coro.wrap  -- luacheck: ignore 122
  err.on_error = say
  err.all_frames = program.options.log == "debug"
  main_loop.wake_fd, main_loop.on_wake = program.wake_fd, on_wake
  if program.prompt then rawset(_G, "mtr", require "mtr") end
  if program.sandbox then
    local ok, message = require "mtr.sandbox".enter(chunk, program.sandbox)
    if message then say(message) end
    if not ok then return 1 end
  end
  local task = scheduler.go(chunk, ...)
  drive(task)
  if program.prompt and program.interrupted() == 0 then require "mtr.script.prompt".run() end
  for _, engine in ipairs(loop.engines()) do engine:close() end
  if default.unfollowed() then err.report(default.unfollowed()) end
  if returned(task) and returned(task) > 0 then exit(returned(task)) end
  if err.reports > 0 then return 1 end
  if program.interrupted() > 0 then return INTERRUPTED end
  return unmet() and UNMET or 0
end
