-- SPDX-License-Identifier: MIT
--
-- Completes the help text of a program: a line that has only the name of an option of a trace gets
-- the description and the default of that option.
--
--       -m, --max-ttl N            becomes     -m, --max-ttl N         last TTL (30)
--       -q, --queries N (3)        becomes     -q, --queries N         answers wanted of ... (3)
--
-- The default in brackets is that of the program, if it differs from the library. A line that has a
-- description already does not change. A line such as {family} stands for the lines of a group that
-- several programs have: see GROUPS. {formats trace} is what mtr.report says of the formats of a
-- kind of results, and {formats trace table} that with another default.

local options = require "mtr.trace.options"
local report = require "mtr.report"

local COLUMN, WIDTH = 26, 98

-- Lines that are the same in several programs; {many} is for those that trace many targets.
local GROUPS = {
  family = [[
  -4                      IPv4 only
  -6                      IPv6 only]],
  protocol = [[
  -p, --protocol WORD
  -I                      the same as -p icmp
  -U                      the same as -p udp
  -T                      the same as -p tcp]],
  ttl = [[
  -f, --first-ttl N
  -m, --max-ttl N]],
  ends = [[
  --gap-limit N
  --loop-limit N
  --unreach-continue
  --stop-on-te-from-dst]],
  flow = [[
  --multipath WORD
  --flow N
  --source-port N
  --tcp-flags WORD]],
  from = [[
  -s, --source ADDRESS
  -i, --interface NAME]],
  shows = [[
  -n                      addresses only, no names
  --names                 names also in machine-readable output
  -A, --origin            the AS that announces each address, from Team Cymru's DNS; [private] and
                          such words for special addresses
  --privacy N             hide the first N hops, and the address of this host]],
  many = [[
  {family}
  {protocol}
  --port N
  {ttl}
  -q, --queries N
  --attempts N
  -w, --timeout WAIT
  --outstanding N         probes outstanding in each trace (8)
  {ends}
  {flow}]],
  packet = [[
  -l, --flow-label N
  -F, --dont-fragment
  --size N
  --mark N]],
}

local M = {}

-- Returns the words that may be given, with a mark at the default.
local function choice(words, default)
  local parts = {}
  for i, word in ipairs(words) do parts[i] = word == default and word .. " (default)" or word end
  return ": " .. table.concat(parts, ", ")
end

-- Returns the default of an option as text, or nil if it is a flag.
local function default_of(option)
  local default = option.default
  if type(default) == "table" then return ("udp %d, tcp %d"):format(default.udp, default.tcp) end
  if default == nil then return option.otherwise end
  return default ~= false and tostring(default) or nil
end

--- Returns the description of an option of a trace, and its default.
---@param option mtr.Option
---@param value? string name of its value in the help text: "WAIT" is a duration in seconds
---@param default? string the default of the program
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

-- Adds text to a line, in lines of WIDTH columns; further lines begin with `blanks`.
local function fill(line, text, blanks)
  local lines = {}
  for word in text:gmatch "%S+" do
    if #line + 1 + #word > WIDTH then
      lines[#lines + 1] = line
      line = blanks
    end
    line = line == "" and word or line .. " " .. word
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n")
end

-- Formats an option: its names, then its description.
local function layout(names, text)
  return fill(("  %-" .. COLUMN - 4 .. "s "):format(names), text, (" "):rep(COLUMN - 1))
end

-- Completes a line with {formats}: that of an option, or of a paragraph.
local function formats(line)
  local text, n = line:gsub("{formats (%l+) ?(%l*)}", function(kind, default)
    return report.about(kind, default ~= "" and default or nil)
  end)
  if n == 0 then return nil end
  local names, about = text:match "^  (%-.-)  +(.*)$"
  return names and layout(names, about) or fill("", text, "")
end

local function complete(line)
  local with_formats = formats(line)
  if with_formats then return with_formats end
  local group = line:match "^  {(%l+)}$"
  if group then
    local lines = GROUPS[group] or error(("cli: no group of options is %q"):format(group), 0)
    return (lines:gsub("[^\n]+", complete))
  end
  local bare, default = line:match "^(.-)%s+%(([^()]*)%)$"
  local names = (bare or line):match "^  (%-%-?%w.-)%s*$"
  if not names or names:find "  " then return line end
  local value = names:match " (%u+)$"
  local long = names:match "%-%-(%l[%l%-]*)"
  local option = long and options.trace.by_name[long:gsub("%-", "_")]
  if not option then
    error(("cli: %q is not an option of a trace: the help text must describe it"):format(names), 0)
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
