-- SPDX-License-Identifier: MIT
--
-- mtr.cli: what command line programs over this library have in common, so that a script is about
-- what it measures. Options are read off the help text, lua-argparse does the parsing; results of
-- targets that are under way side by side are written whole and in the order of the targets.
--
--     local cli = mtr.cli("watch", [[
--     usage: watch [options] TARGET...
--       -c, --count N           how many times (10)
--       -w, --timeout WAIT      how long to wait for an answer (2s)
--     ]])
--     local args = cli:parse(arg)                   -- { target = { "a", "b" }, count = 10 }
--     return cli:each(args.target, function(target, put) put(target .. "\n") return true end)
--
-- In the help text an option's line begins with its names, then what its value is called: N is a
-- number, WAIT a duration (bare numbers are seconds), anything else a string. A line that only
-- names an option of mtr.trace is completed with what it is and its default. Unlike all else in
-- this library it prints and exits: it is for programs.

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local lines = require "mtr.base.lines"
local loop = require "mtr.wait.loop"
local report = require "mtr.report"
local help_text = require "mtr.script.help_text"
local option_help = require "mtr.script.option_help"
local Turns = require "mtr.script.turns"

local C = lib.C

---@class mtr.Cli
---@field name string of the program
---@field help string
---@field flags table<string, { [1]: string, [2]: any }>
local Cli = {}
Cli.__index = Cli

--- A program's command line.
---@param name string
---@param help string
---@param flags? table<string, { [1]: string, [2]: any }> what flags set, beside -4 -6 -I -U -T
---@return mtr.Cli
local function new(name, help, flags)
  return setmetatable({ name = name, help = option_help.complete(help), flags = flags or {} }, Cli)
end

--- Ends the program over wrong usage: status 2.
---@param message string
function Cli:usage(message)
  io.stderr:write(self.name, ": ", message, "\ntry: ", self.name, " --help\n")
  os.exit(2)
end

local function fail(self, message)
  io.stderr:write(self.name, ": ", message, "\n")
  os.exit(1)
end

-- "-" stands for targets from standard input, one a line, # and what follows is a comment.
local function read_targets(given)
  local targets = {}
  for _, target in ipairs(given) do
    if target ~= "-" then targets[#targets + 1] = target end
    for line in target == "-" and lines.of(io.stdin) or function() end do
      targets[#targets + 1] = line:gsub("#.*", ""):match "%S+"
    end
  end
  return targets
end

--- Parses a command line; wrong usage and --help end the program. Names have underscores for
--- dashes; `target` is the list of targets, if the help text's usage line has one.
---@param words string[]
---@return table<string, any>
function Cli:parse(words)
  local found, argparse = pcall(require, "argparse")
  if not found then fail(self, "needs the Lua module argparse: apt-get install lua-argparse") end
  local parser = argparse(self.name):help(self.help)
  parser.error = function(_, message) self:usage(message) end
  local targets = help_text.read(self.help, self.flags, parser)
  local args = parser:parse(words)
  if targets then
    args.target = read_targets(type(args.target) == "table" and args.target or { args.target })
  end
  if tonumber(args.protocol) then
    self:usage(("-p is the protocol; for the port: --port %s"):format(args.protocol))
  end
  self.args = args
  return args
end

--- An option that is one of some words, the first of which is its default.
---@param name string as in parse()'s table
---@param words string[]
---@return string
function Cli:choice(name, words)
  local value = self.args[name] or words[1]
  for _, word in ipairs(words) do
    if word == value then return value end
  end
  local last = #words
  self:usage(("--%s must be %s or %s, got '%s'"):format(name:gsub("_", "-"),
    table.concat(words, ", ", 1, last - 1), words[last], value))
  return value
end

--- An option that is a whole number which the program itself has a use for.
---@param name string as in parse()'s table
---@param least integer
---@param most integer
---@param default integer
---@return integer
function Cli:number(name, least, most, default)
  local n = self.args[name] or default
  if type(n) == "number" and n >= least and n <= most and n % 1 == 0 then return n end
  self:usage(("--%s must be %d..%d, got %s"):format(name:gsub("_", "-"), least, most, n))
  return default
end

--- Calls a function of the library with what the command line said: an option that it refuses is
--- wrong usage, told in the command line's words.
---@param fn function
---@param ... any
---@return any ... what it returns
function Cli:call(fn, ...)
  local results = { pcall(fn, ...) }
  if results[1] then return unpack(results, 2, table.maxn(results)) end
  local bug = tostring(results[2]):match "^%S-:?%d*:? ?%l+: (.*)" or error(results[2], 0)
  self:usage((bug:gsub("[%l_]+", function(name)
    return self.args[name] ~= nil and "--" .. name:gsub("_", "-") or name
  end)))
end

--- Writes to standard output at once. Ends the program with status 1 if that takes no more; a
--- record that a full disk took in part is blanked out.
---@param text string
---@return true
function Cli:write(text)
  local code = C.mtr_write_lines(io.stdout, text, #text)
  if code == 0 then return true end
  local _, message, name = err.env(code)
  if name == "EPIPE" then os.exit(141) end
  fail(self, "standard output: " .. message:gsub("^%w+: (.)", string.upper))
end

--- The reporter that --output names, of those for one kind of results; it writes to standard
--- output. Another word is wrong usage.
---@param kind string "trace", "mda", "pmtu" or "ping"
---@param opts? table of the reporter
---@return mtr.Reporter
function Cli:reporter(kind, opts)
  local word = self:choice("output", report.words(kind))
  return report.open(kind, word, function(text) return self:write(text) end, opts)
end

--- Calls a method of a reporter, if it has it. Ends the program with status 1 if that fails.
---@param reporter mtr.Reporter
---@param method string
---@param ... any
function Cli:pass(reporter, method, ...)
  if not reporter[method] then return end
  local ok, message = reporter[method](reporter, ...)
  if not ok and message then fail(self, message) end
end

-- Runs fn(i, target) for each target; the status of the program.
local function all(self, targets, turns, fn)
  return turns:run(targets, function(i, target)
    local well, message = fn(i, target)
    if well or not message then return well end
    io.stderr:write(self.name, ": ", target, ": ", message, "\n")
    return loop.halted
  end) and 0 or loop.halted and 0 or 1
end

--- Runs fn for each target, each in a task, side by side, and waits for all of them. What it puts
--- out is written in the order of the targets (see mtr.script.turns). fn returns true if all is
--- well; nil and a message for standard error if not; after ^C that is no failure.
---@async
---@param targets string[]
---@param fn fun(target: string, put: fun(text: string), i: integer): boolean?, string?
---@return integer status of the program: 1 if a target failed, else 0
function Cli:each(targets, fn)
  local turns = Turns.new()
  return all(self, targets, turns, function(i, target)
    return fn(target, function(text) turns:call(i, self.write, self, text) end, i)
  end)
end

--- The same where each target has a result that goes to a reporter, in the order of the targets,
--- and so do hops as they settle, if fn gives them to the on_hop that it gets.
---@async
---@param targets string[]
---@param reporter mtr.Reporter
---@param fn fun(target: string, on_hop?: function): mtr.Result?, string?
---@param well? fun(result: mtr.Result): boolean default: it did not end with an error
---@return integer status of the program
function Cli:report(targets, reporter, fn, well)
  local turns = Turns.new()
  local function pass(i, method, a, b)
    turns:call(i, function() self:pass(reporter, method, a, b) end)
  end
  self:pass(reporter, "start", {})
  local status = all(self, targets, turns, function(i, target)
    pass(i, "begin", target)
    local function on_hop(trace, hop)
      pass(i, "hop", trace, i > turns.turn and hop:copy() or hop)
    end
    local result, message = fn(target, reporter.hop and on_hop or nil)
    if not result then return nil, message end
    pass(i, "trace", result)
    return well and well(result) or not well and result.stop_reason ~= "error"
  end)
  self:pass(reporter, "finish", {})
  return status
end

return new
