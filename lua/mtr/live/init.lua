-- SPDX-License-Identifier: MIT
--
-- mtr.live: traces targets in rounds and shows what is found, like mtr(8): on a full screen if
-- standard output is a terminal, otherwise as lines.
--
--     mtr.live { targets = { "example.org" }, interval = "1s" }
--
-- The screen is drawn FRAME ms after something has come, and at once for a key. Errors of hooks
-- that come meanwhile are reported after the screen is given back.

local check = require "mtr.base.check"
local err = require "mtr.base.err"
local coro = require "mtr.wait.coro"
local task = require "mtr.script.task"
local Screen = require "mtr.screen"
local text = require "mtr.screen.text"
local columns = require "mtr.live.columns"
local keys = require "mtr.live.keys"
local lines = require "mtr.live.lines"
local page = require "mtr.live.page"
local Path = require "mtr.live.path"
local runner = require "mtr.live.runner"

local M = {}

local TICK, FRAME, CLOCK = 100, 500, 1000        -- ms

local function letters(value)
  if type(value) ~= "string" then return nil, "must be letters of columns" end
  local problem = columns.problem(value)
  if problem then return nil, problem end
  return value
end

local boolean = check.type "boolean"
local declaration = check.declare("live", {
  { name = "targets", kind = check.type "table", needed = true, doc = "addresses and names" },
  { name = "trace", kind = check.type "table", otherwise = "none", doc = "options of each trace" },
  { name = "interval", kind = check.duration(10, 36e5), default = "1s", unit = "ms",
    doc = "from the beginning of a round to that of the next" },
  { name = "rounds", kind = check.integer(1, 1e9), otherwise = "without end",
    doc = "how many rounds" },
  { name = "flows", kind = check.integer(1, 64), default = 1,
    doc = "flows that rounds use in turn, to see equal-cost paths" },
  { name = "columns", kind = letters, default = columns.DEFAULT, doc = "letters of the columns" },
  { name = "names", kind = boolean, default = true, doc = "show names in place of addresses" },
  { name = "origins", kind = boolean, default = false, doc = "show AS numbers" },
  { name = "privacy", kind = check.integer(0, 255), default = 0,
    doc = "how many of the first hops are hidden" },
  { name = "write", kind = check.type "function", otherwise = "io.write",
    doc = "takes the text that is written without a screen" },
  { name = "lines", kind = boolean, default = false, doc = "lines also on a terminal" },
})

---@class mtr.LiveOptions
---@field targets string[]
---@field trace? mtr.TraceOptions
---@field interval? number|string
---@field rounds? integer
---@field flows? integer
---@field columns? string
---@field names? boolean
---@field origins? boolean
---@field privacy? integer
---@field write? fun(text: string)
---@field lines? boolean

-- Returns the options in force.
local function options(opts)
  local o = { trace = {}, interval = 1000, rounds = math.huge, flows = 1, names = true,
    columns = columns.DEFAULT, origins = false, privacy = 0, lines = false, write = io.write }
  local bug = check.each(declaration, opts, function(option, value) o[option.name] = value end)
  if not bug and not (o.targets and o.targets[1]) then bug = "live: targets must not be empty" end
  local most, flow = 512 - o.flows, o.trace.flow
  if not bug and type(flow) == "number" and flow > most then
    bug = ("live: flow must be at most %d with %d flows, got %g"):format(most, o.flows, flow)
  end
  return o, bug
end

local function method_of(o)
  local interval = o.interval % 1000 == 0 and ("%d s"):format(o.interval / 1000)
    or ("%g ms"):format(o.interval)
  local flows = o.flows > 1 and (", %d flows"):format(o.flows) or ""
  return ("%s, a round every %s%s"):format(o.trace.protocol or "icmp", interval, flows)
end

local function view_of(paths, o)
  return { paths = paths, current = 1, mode = "table", scroll = 0, letters = o.columns,
    names = o.names, origins = o.origins, paused = false, method = method_of(o),
    style = text.new(text.environment()) }
end

local function keep_time(paths)
  local now = os.time()
  for _, path in ipairs(paths) do path.clock = now end
end

-- Returns true, and forgets it, if something has come since the last time.
local function fresh(paths)
  local any = false
  for _, path in ipairs(paths) do
    any = any or path.fresh
    path.fresh = false
  end
  return any
end

local function draw(screen, view)
  screen:show(page.lines(view, screen.rows, screen.columns, os.date "%H:%M:%S"))
end

-- Shows the screen until q is pressed or all is done.
local function show(screen, view, run)
  local since = FRAME
  function screen.on_key(key)
    if keys.press(view, key) == "quit" then run.over = true end
    run.paused = view.paused
    if key == "redraw" then screen:redraw() end
    draw(screen, view)
  end
  repeat
    keep_time(view.paths)
    since = since + TICK
    if screen:check() or since >= CLOCK or since >= FRAME and fresh(view.paths) then
      draw(screen, view)
      since = 0
    end
    task.sleep(TICK)
  until run.over or run:done()
end

-- Calls fn with errors of hooks kept for later.
local function quietly(fn, ...)
  local kept, before = {}, err.on_error
  err.on_error = function(message) kept[#kept + 1] = message end
  local ok, problem = coro.pcall(fn, ...)
  err.on_error = before
  return ok, problem, kept
end

local function on_screen(view, run)
  local screen, message, name = Screen.open()
  if not screen then return nil, message, name end
  local ok, problem, kept = quietly(show, screen, view, run)
  local width = screen.columns
  screen:close()
  run:stop()
  for i, path in ipairs(view.paths) do
    if i > 1 then io.write "\n" end
    io.write(table.concat(page.last(view, path, width), "\n"), "\n")
  end
  for _, text_of in ipairs(kept) do if err.on_error then err.on_error(text_of) end end
  if not ok then error(problem, 0) end
  return true
end

local function as_lines(paths, run, write)
  function run.on_answer(...) write(lines.answer(...)) end
  function run.on_silence(...) write(lines.silence(...)) end
  function run.on_failure(path) write(lines.failure(path)) end
  local ok, problem = coro.pcall(function()
    while not run:done() do
      keep_time(paths)
      task.sleep(TICK)
    end
  end)
  run:stop()
  if not ok then error(problem, 0) end
  return true
end

--- Shows targets until the user quits, or so many rounds were made.
---@async
---@param opts mtr.LiveOptions
---@return boolean? well false if a target could not be traced
---@return string? message, string? name if no engine can be opened
function M.run(opts)
  local o, bug = options(opts)
  if bug then error(bug, 2) end
  local paths = {}
  for i, target in ipairs(o.targets) do paths[i] = Path.new(target, o.interval, o.privacy) end
  keep_time(paths)
  local run, message, name = runner.start(paths, o)
  if not run then return nil, message, name end
  local ok
  if not o.lines and Screen.possible() then
    ok, message, name = on_screen(view_of(paths, o), run)
  else
    ok, message, name = as_lines(paths, run, o.write)
  end
  if not ok then return nil, message, name end
  for _, path in ipairs(paths) do
    if path.state == "failed" then return false end
  end
  return true
end

return M
