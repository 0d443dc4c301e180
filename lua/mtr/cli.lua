-- SPDX-License-Identifier: MIT
--
-- mtr.cli: the common part of command line programs over this library. The options are read from
-- the help text and parsed by lua-argparse. Targets are traced all at once, and their results are
-- written whole and in the order of the targets.
--
--     local cli = mtr.cli("watch", [[
--     usage: watch [options] TARGET...
--       -c, --count N           how many times (10)
--       -w, --timeout WAIT      how long to wait for an answer (2s)
--     ]])
--     local args = cli:parse(arg)                   -- { target = { "a", "b" }, count = 10 }
--     return cli:each(args.target, function(target, put) put(target .. "\n") return true end)
--
-- In the help text the line of an option begins with its names and the name of its value: N is a
-- number, WAIT a duration (a plain number is seconds), SIZE bytes, any other name a string. A line
-- that has only the name of an option of mtr.trace gets the description and default of that option;
-- {family} is a group of them. Only this file of the library prints and exits.

local compat = require "mtr.compat"
local lib = require "mtr.lib"
local config = require "mtr.engine.config"
local err = require "mtr.base.err"
local lines = require "mtr.base.lines"
local report = require "mtr.report"
local Lineup = require "mtr.script.lineup"
local view = require "mtr.names.view"
local help_text = require "mtr.script.help_text"
local option_help = require "mtr.script.option_help"
local option_values = require "mtr.script.option_values"
local Turns = require "mtr.script.turns"

local C = lib.C
---@class mtr.Cli
---@field name string name of the program
---@field help string
---@field flags table<string, { [1]: string, [2]: any }>
---@field args table<string, any> what parse() has returned
---@field taken table<string, true> options that were taken out of it
---@field file? string of --output FORMAT=FILE; "": standard output
local Cli = {}
Cli.__index = Cli

--- Makes the command line of a program.
---@param name string
---@param help string
---@param flags? table<string, { [1]: string, [2]: any }> what each flag sets, beside -4 -6 -I -U -T
---@return mtr.Cli
local function new(name, help, flags)
  return setmetatable({ name = name, help = option_help.complete(help), flags = flags or {},
    taken = {} }, Cli)
end

--- Ends the program because of wrong usage: status 2.
---@param message string
function Cli:usage(message)
  io.stderr:write(self.name, ": ", message, "\ntry: ", self.name, " --help\n")
  os.exit(2)
end

local function fail(self, message)
  io.stderr:write(self.name, ": ", message, "\n")
  os.exit(1)
end

-- Ends the program because argparse does not understand the command line.
local function misread(self, message)
  local name = message:match "^unknown option '%-%-(%w+)'"
  if lib.program and (config.command_line[name] or name == "grace") then
    self:usage(("--%s is an option of mtrlua; write it before the program: mtrlua --%s ... %s")
      :format(name, name, self.name))
  end
  self:usage(message)
end

--- Parses a command line; wrong usage and --help end the program. Names have underscores in place
--- of dashes; `target` is the list of targets, if the usage line has one.
---@param words string[]
---@return table<string, any>
function Cli:parse(words)
  local found, argparse = pcall(require, "argparse")
  if not found then fail(self, "needs the Lua module argparse: apt-get install lua-argparse") end
  local parser = argparse(self.name):help(self.help)
  parser.error = function(_, message) misread(self, message) end
  local targets, valued = help_text.read(self.help, self.flags, parser)
  local args = parser:parse(help_text.join_numbers(words, valued))
  if targets then
    args.target = lines.words(type(args.target) == "table" and args.target or { args.target })
  end
  if tonumber(args.protocol) then
    self:usage(("-p is the protocol; for the port: --port %s"):format(args.protocol))
  end
  if type(args.output) == "string" then
    args.output, self.file = args.output:match "^([^=]*)=?(.*)$"
  end
  self.args = args
  return args
end

Cli.take, Cli.list, Cli.choice = option_values.take, option_values.list, option_values.choice
Cli.number, Cli.outputs = option_values.number, option_values.outputs

-- Returns a message with options as on the command line. Values in quotes, schemes of URLs and "a
-- rate" stay.
local function named(self, bug)
  return (bug:gsub("()([%l_]+)()", function(from, name, behind)
    local before = bug:sub(1, from - 1)
    local _, quotes = before:gsub('\\"', ""):gsub('"', "")
    local value = quotes % 2 == 1 or bug:find("^://", behind) or before:find "%f[%a]an? $"
    local given = self.args[name] ~= nil or self.taken[name]
    return (value or not given) and name or "--" .. name:gsub("_", "-")
  end))
end

--- Calls a function of the library. An option that it refuses is wrong usage, named as given.
---@param fn function
---@param ... any
---@return any ... its results
function Cli:call(fn, ...)
  local results = compat.pack(pcall(fn, ...))
  if results[1] then return compat.unpack(results, 2, results.n) end
  if err.is_interrupt(results[2]) then error(results[2], 0) end
  local bug = tostring(results[2]):match "^%S-:?%d*:? ?[%l.]+: (.*)" or error(results[2], 0)
  self:usage(named(self, bug))
end

--- Writes to standard output at once. Ends the program with status 1 if that fails. If a full disk
--- took only part of a line, that part is overwritten with blanks.
---@param text string
---@return true
function Cli:write(text)
  local code = C.mtr_write_lines(io.stdout, text, #text)
  if code == 0 then return true end
  local _, message, name = err.env(code)
  if name == "EPIPE" then os.exit(141) end
  fail(self, "standard output: " .. message:gsub("^%w+: (.)", string.upper))
end

--- Makes the reporter that --output names, for a kind of results. It writes to standard output, or
--- to the end of the file that is named too. Another word is wrong usage.
---@param kind string "trace", "mda", "pmtu" or "ping"
---@param opts? table options of the reporter
---@return mtr.Reporter
function Cli:reporter(kind, opts)
  local to_file = (self.file or "") ~= ""
  local word = self:choice("output", report.words(kind, to_file))
  local function write(text) return self:write(text) end
  return report.open(kind, word, to_file and self.file or report.binary(word) and "-" or write,
    opts)
end

--- Takes what is to be seen of addresses out of the options that were parsed. report() then waits
--- for it.
---@param formats string[] words of --output in which names are seen without --names
---@return mtr.View?
function Cli:shows(formats)
  if self.args.privacy then self:number("privacy", 0, 255, 0) end
  self.view = view.of(self.args, formats)
  return self.view
end

--- Passes values to a method of a reporter, if it has it. Ends the program with status 1 if that
--- fails, with 141 if nobody reads its output.
---@param reporter mtr.Reporter
---@param method string
---@param ... any
function Cli:pass(reporter, method, ...)
  if not reporter[method] then return end
  local ok, message, name = reporter[method](reporter, ...)
  if ok or not message then return end
  if name == "EPIPE" then os.exit(141) end
  fail(self, message)
end

local function interrupted() return lib.signals[0] > 0 end

-- Runs fn(i, target) for each target; returns the status of the program.
local function all(self, targets, turns, fn)
  return turns:run(targets, function(i, target)
    local well, message = fn(i, target)
    if well or not message then return well end
    io.stderr:write(self.name, ": ", err.target(target), ": ", message, "\n")
    return interrupted()
  end) and 0 or interrupted() and 0 or 1
end

--- Runs fn for each target, each in a task, all at once, and waits for all of them. Text that it
--- gives to put() is written in the order of the targets (see mtr.script.turns). fn returns true,
--- or nil and a message for standard error; after ^C that is not a failure.
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

--- Does the same for a reporter: the results that fn returns go to it in the order of the targets.
--- So do hops as they settle, if fn uses the on_hop that it is given.
---@async
---@param targets string[]
---@param reporter mtr.Reporter
---@param fn fun(target: string, on_hop?: function): mtr.Result?, string?
---@param well? fun(result: mtr.Result): boolean success? default: no error
---@return integer status of the program
function Cli:report(targets, reporter, fn, well)
  local turns = Turns.new()
  local function pass(i, method, a, b)
    turns:call(i, function() self:pass(reporter, method, a, b) end)
  end
  local lineup = self.view and Lineup.new(self.view, pass)
  if lineup then pass = function(...) lineup:pass(...) end end
  self:pass(reporter, "start", {})
  local status = all(self, targets, turns, function(i, target)
    pass(i, "begin", target)
    local function on_hop(trace, hop)
      pass(i, "hop", trace, i > turns.turn and hop:copy() or hop)
    end
    local result, message = fn(target, reporter.hop and on_hop or nil)
    if result then pass(i, "trace", result) end
    if lineup then lineup:wait(i) end
    if not result then return nil, message end
    return well and well(result) or not well and result.stop_reason ~= "error"
  end)
  self:pass(reporter, "finish", {})
  return status
end

return new
