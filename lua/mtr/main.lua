-- SPDX-License-Identifier: MIT
--
-- What mtrlua does with a compiled script: runs it as a task, drives every engine until nothing is
-- left to do, and says with which status to exit.
--
-- The first ^C halts the traces of all engines, whose results the script sees; what only waits, and
-- what is started later, raises. The second one ends the process from the signal handler, not here.

-- Room for compiled code. In LuaJIT's own (1000 traces, in pieces of 64 KiB) a script of some size
-- is compiled, thrown away and compiled again for ever, and each piece costs system calls whenever
-- a trace is added. Said before anything is loaded: loading already compiles, and the first piece
-- keeps the size it was made with, to be full, and followed by the next, in the middle of a run.
jit.opt.start("maxtrace=8000", "maxmcode=32768", "sizemcode=1024")

local lib = require "mtr.lib"
local config = require "mtr.engine.config"
local coro = require "mtr.wait.coro"
local default = require "mtr.engine.default"
local err = require "mtr.base.err"
local interrupt = require "mtr.wait.interrupt"
local loop = require "mtr.wait.loop"
local scheduler = require "mtr.wait.scheduler"

local exit = os.exit
local BAD_USAGE, INTERRUPTED = 2, 130

local program = lib.program

-- A program that is installed takes no module from the folder it is called in.
local function absolute(path)
  local kept = {}
  for entry in path:gmatch "[^;]+" do
    if entry:find "^/" then kept[#kept + 1] = entry end
  end
  return table.concat(kept, ";")
end

local function say(text) io.stderr:write("mtrlua: ", text, "\n") end

local function on_wake()
  if program.interrupted() > 0 and not loop.halted then
    loop.halted = true
    interrupt.wake_idle(scheduler.wake)
    for _, engine in ipairs(loop.engines()) do engine:halt() end
  end
  program.clear()
end

-- The script's own status: a whole number that it returned.
local function returned(task)
  local status = task.results and task.results[1]
  return type(status) == "number" and status % 1 == 0 and status >= 0 and status <= 255 and status
end

local function drive(task)
  while loop.turn() do end  -- luacheck: ignore 542
  if not task.done then
    -- The script waits and nothing is left that could end the wait: it gets that as an error.
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
    say((bug:gsub("^engine: ", "--")))
    return BAD_USAGE
  end
  coroutine.resume, coroutine.wrap = coro.resume, coro.wrap  -- luacheck: ignore 122
  err.reporter = say
  loop.wake_fd, loop.on_wake = program.wake_fd, on_wake
  local task = scheduler.go(chunk, ...)
  drive(task)
  for _, engine in ipairs(loop.engines()) do engine:close() end
  if returned(task) and returned(task) > 0 then exit(returned(task)) end
  if err.reports > 0 then return 1 end
  return program.interrupted() > 0 and INTERRUPTED or 0
end
