-- SPDX-License-Identifier: MIT
--
-- Options of a trace in the help text of a program: a line that only names one is completed with
-- the option's own words and default.
--
--       -m, --max-ttl N            becomes     -m, --max-ttl N         last TTL (30)
--       -q, --queries N (3)        becomes     -q, --queries N         answers wanted of ... (3)
--
-- The default in brackets is the program's, where it is not the library's. A line that has words of
-- its own stays as it is.

local options = require "mtr.trace.options"

local COLUMN, WIDTH = 26, 98

local M = {}

-- The words that may be given, with a mark at the default.
local function choice(words, default)
  local parts = {}
  for i, word in ipairs(words) do parts[i] = word == default and word .. " (default)" or word end
  return ": " .. table.concat(parts, ", ")
end

-- An option's default in words, or nil if it is a flag.
local function default_of(option)
  local default = option.default
  if type(default) == "table" then return ("udp %d, tcp %d"):format(default.udp, default.tcp) end
  if default == nil then return option.otherwise end
  return default ~= false and tostring(default) or nil
end

--- What an option of a trace is, and its default.
---@param option mtr.Option
---@param value? string what the help text calls its value: "WAIT" is a duration in seconds
---@param default? string the program's own
---@return string
function M.describe(option, value, default)
  default = default or default_of(option)
  local text = option.doc
  if value == "WAIT" then
    text = text .. ": seconds, or such as 250ms"
  elseif option.unit then
    text = text .. " in " .. option.unit
  end
  if option.words then return text .. choice(option.words, default) end
  return default and ("%s (%s)"):format(text, default) or text
end

-- A line of the help text: the names of an option, then its description in lines of WIDTH.
local function layout(names, text)
  local lines, line = {}, ("  %-" .. COLUMN - 4 .. "s "):format(names)
  for word in text:gmatch "%S+" do
    if #line + 1 + #word > WIDTH then
      lines[#lines + 1] = line
      line = (" "):rep(COLUMN - 1)
    end
    line = line .. " " .. word
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n")
end

local function complete(line)
  local bare, default = line:match "^(.-)%s+%(([^()]*)%)$"
  local names = (bare or line):match "^  (%-%-?%w.-)%s*$"
  if not names or names:find "  " then return line end
  local value = names:match " (%u+)$"
  local long = names:match "%-%-(%l[%l%-]*)"
  local option = long and options.trace.by_name[long:gsub("%-", "_")]
  if not option then
    error(("cli: %q is no option of a trace: the help text must say what it is"):format(names), 0)
  end
  return layout(names, M.describe(option, value, default))
end

--- Completes a help text.
---@param help string
---@return string
function M.complete(help)
  local lines = {}
  for line in help:gmatch "[^\n]*\n?" do
    lines[#lines + 1] = line:gsub("[^\n]+", complete)
  end
  return table.concat(lines)
end

return M
