-- SPDX-License-Identifier: MIT
--
-- Reads the arguments of a program from its help text and gives them to lua-argparse: the
-- positional argument from the usage line, the options from the lines that begin with their names.
-- A line that cannot be read is an error at once.

local err = require "mtr.base.err"

local M = {}

-- Text that is not a number is passed on: the function that gets it says what it accepts.
local CONVERT = {}
function CONVERT.N(text) return tonumber(text) or text end
function CONVERT.WAIT(text, names)
  if text:find "^[%d.]+$" then return text .. "s" end
  return text:find "^[%d.]+%l+$" and text or nil,
    ("%s must be such as 2 (seconds) or 250ms, got '%s'"):format(names, text)
end
local UNITS = { [""] = 1, K = 1e3, M = 1e6, G = 1e9 }
function CONVERT.SIZE(text, names)
  local n, unit = text:match "^(%d+)([KMG]?)B?$"
  return n and tonumber(n) * UNITS[unit] or nil,
    ("%s must be such as 20000, 500K or 20M, got '%s'"):format(names, text)
end

-- Flags of many programs: the name and value that each sets.
local FLAGS = {
  ["-4"] = { "family", 4 }, ["-6"] = { "family", 6 },
  ["-I"] = { "protocol", "icmp" }, ["-U"] = { "protocol", "udp" }, ["-T"] = { "protocol", "tcp" },
}

-- Raises an error: a help text that cannot be read is a bug of its author.
local function unreadable(what, line)
  error(("cli: cannot read the %s %s of the help text"):format(what, err.show(line)), 0)
end

-- What may stand there, and how many of it argparse takes.
local POSITIONAL = { TARGET = 1, ["TARGET..."] = "+", ["FILE..."] = "+", ["[TARGET...]"] = "*",
  NAME = 1 }

-- Returns the name of the positional argument in the usage line: one of POSITIONAL, or nil. Behind
-- the name of the program there may be a command, in small letters.
local function positional(help)
  local usage = help:match "usage:[^\n]*" or ""
  local rest, found = usage:match "^usage:%s*%S+(.*)" or "", nil
  rest = (rest .. " "):gsub("^ %l+%f[ ]", "")
  for word in rest:gmatch "%S+" do
    local target = POSITIONAL[word]
    if found or not target and word ~= "[options]" then unreadable("usage line", usage) end
    found = target and word or nil
  end
  return found
end

-- Adds an option; adds its names to `valued` if it has a value. With "..." behind the value it may
-- be given several times, and its values are a list.
local function add(flags, parser, spec, valued)
  local names, value, more = spec:match "^(.*) (%u+)(%.*)$"
  for name in (names or spec):gmatch "%S+" do
    if not name:find "^%-%w$" and not name:find "^%-%-%w[%w-]*$" then
      unreadable("option line", spec)
    end
    valued[name] = value and true or nil
  end
  local short = flags[spec] or FLAGS[spec]
  if names then
    local convert = CONVERT[value]
    local long = names:match "%-%-%S+" or names
    parser:option(names):count(more == "..." and "*" or "?"):convert(function(text)
      if convert then return convert(text, long) end
      return text
    end)
  elseif short then
    parser:flag(spec):action(function(args) args[short[1]] = short[2] end)
  elseif not spec:find "help" then
    parser:flag(spec)
  end
end

--- Returns the words in a new list, in which a negative number is one word with the option before
--- it: -q -1 becomes -q-1, which argparse does not take for two options.
function M.join_numbers(words, valued)
  local list = {}
  for _, word in ipairs(words) do
    local before = list[#list]
    if word:find "^%-%d" and valued[before] then
      list[#list] = before .. (before:find "^%-%-" and "=" or "") .. word
    else
      list[#list + 1] = word
    end
  end
  return list
end

--- Adds the arguments in a help text to a parser. Returns true if there are targets, and the names
--- of the options that have a value. FILE... in the usage line is the list of files `file`, NAME is
--- the string `name`.
---@param help string
---@param flags table<string, { [1]: string, [2]: any }> the name and value that each flag sets
---@param parser table of lua-argparse
---@return boolean targets
---@return table<string, true> valued
function M.read(help, flags, parser)
  local targets, valued = positional(help), {}
  local name = targets and targets:lower():match "%l+"
  if name then parser:argument(name):args(POSITIONAL[targets]) end
  for spec in help:gsub(",", ""):gmatch "\n  (%-.-)  " do add(flags, parser, spec, valued) end
  return name == "target", valued
end

return M
