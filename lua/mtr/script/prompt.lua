-- SPDX-License-Identifier: MIT
--
-- The prompt of mtrlua -i: reads lines, runs each as a task, and shows its results. An incomplete
-- line goes on in the next one. Tasks and traces of earlier lines go on while a line is typed.
--
-- ^C ends a line that is typed or that runs, and what else is under way; the second one ends the
-- program, if the first could not end the line. Lines are edited by readline, which the system may
-- have; otherwise, and without a terminal, they are read as they come.

local compat = require "mtr.compat"
local lib = require "mtr.lib"
local err = require "mtr.base.err"
local loop = require "mtr.wait.loop"
local main_loop = require "mtr.wait.main_loop"
local scheduler = require "mtr.wait.scheduler"
local show = require "mtr.script.show"

local C, program = lib.C, lib.program
local M = {}

local SIZE, STDIN = 4096, 0
local buffer, rest, at_end = lib.new("char[?]", SIZE), "", false
local edited, terminal = false, false

-- Reads a line without readline. Returns nothing if there is no whole line yet.
local function plain_key()
  local n = C.mtr_read(STDIN, buffer, SIZE)
  if n > 0 then rest = rest .. lib.string(buffer, n) elseif n == 0 then at_end = true end
end

local function plain_line()
  local line, after = rest:match "^([^\n]*)\n(.*)$"
  if line then
    rest = after
    return true, line
  elseif at_end then
    line, rest = rest, ""
    return true, line ~= "" and line or nil
  end
end

local function begin(prompt)
  if edited then return program.prompt.begin(prompt) end
  if terminal then io.write(prompt) end
  io.flush()
end

local function key()
  if edited then return program.prompt.key() end
  plain_key()
  return plain_line()
end

-- Waits for a line while engines go on. Returns it, or nil at the end; or false after a signal.
local function read(prompt)
  begin(prompt)
  local done, line
  if not edited then done, line = plain_line() end
  while not done do
    local fds, engines = { STDIN, program.wake_fd }, loop.engines()
    for i, engine in ipairs(engines) do fds[2 + i] = C.mtr_fd(engine.c) end
    local ready = program.prompt.wait(fds)
    if program.interrupted() > 0 then
      program.prompt.finish()
      return false
    elseif ready == 1 then
      done, line = key()
    elseif ready == 2 then
      program.clear()
    elseif ready then
      loop.turn()
    end
  end
  return line
end

-- Compiles what was typed: as an expression, or as statements. Returns nil and the message; true
-- if more lines may make it right.
local function compile(text)
  -- The values pass through a function: a call right behind return would be a tail call, whose
  -- errors do not say where they happened.
  local chunk = compat.loadstring(("return (function(...) return ... end)(%s\n)"):format(
    (text:gsub("^%s*=", ""))), "=prompt")
  if chunk then return chunk end
  local message
  chunk, message = compat.loadstring(text, "=prompt")
  return chunk, message, message and message:find "near '<eof>'$" ~= nil
end

-- Reads lines until they can be compiled. Returns the chunk; nil: at the end; false: nothing to do.
local function take()
  local text, prompt = "", "> "
  while true do
    local line = read(prompt)
    if not line then return line end
    text = text == "" and line or text .. "\n" .. line
    local chunk, message, more = compile(text)
    if edited and text:find "%S" and not more then program.prompt.keep(text) end
    if chunk then return text:find "%S" and chunk or false end
    if not more then
      io.stderr:write(message, "\n")
      return false
    end
    prompt = ">> "
  end
end

local function print_all(n, results)
  local shown = {}
  for i = 2, n do shown[#shown + 1] = show.value(results[i]) end
  if shown[1] then io.write(table.concat(shown, "\t"), "\n") end
end

local function pack(...) return select("#", ...), { ... } end

-- Runs a chunk as a task, and shows what it returns.
local function run(chunk)
  jit.off(chunk, true)                 -- so that ^C can end it, see core/program/prompt.c
  local task = scheduler.go(function()
    local n, results = pack(xpcall(chunk, err.traceback))
    if results[1] then
      print_all(n, results)
    elseif err.is_interrupt(results[2]) then
      io.stderr:write "interrupted\n"
    else
      io.stderr:write(results[2], "\n")
    end
  end)
  while not task.done do
    if not loop.turn() and not task.done then
      task.stuck = true
      scheduler.wake(task)
    end
  end
end

-- After ^C: goes on as if nothing had happened. Returns false after another signal.
local function forgive()
  if program.interrupted() == 0 then return true end
  if not loop.halted then main_loop.on_wake() end
  loop.halted = false
  for _, engine in ipairs(loop.engines()) do engine.halted = false end
  return program.prompt.forgive()
end

--- Runs lines until the end of the input.
function M.run()
  local home = os.getenv "HOME"
  local name
  edited, name = program.prompt.editable(home and home ~= "" and home .. "/.mtrlua_history" or "")
  terminal = edited or name == "ELIBACC"
  if terminal then
    print(("mtrlua, %s. `mtr` is loaded; ^C ends a line, ^D the program."):format(jit.version))
  end
  if name == "ELIBACC" then
    print "Lines can be edited after: apt-get install libreadline8"
  end
  repeat
    local chunk = take()
    if chunk then run(chunk) end
    io.flush()
    if chunk == false and program.interrupted() > 0 and terminal then io.write "\n" end
  until chunk == nil or not forgive()
  if terminal then io.write "\n" end
end

return M
