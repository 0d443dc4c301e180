-- SPDX-License-Identifier: MIT
--
-- Reads the help texts of mtrlua and of the programs in scripts/, by running them up to the place
-- where each declares its command line (mtr.cli). Nothing else of them runs, and lua-argparse is
-- not needed.

local help = require "scripts.doc.help"
local mtr = require "mtr"

local M = {}

--- Returns the lines that a shell command prints.
---@param command string
---@return string[]
function M.lines(command)
  local pipe, lines = assert(io.popen(command)), {}
  for line in pipe:lines() do lines[#lines + 1] = line end
  pipe:close()
  return lines
end

-- Runs a script with these arguments until it calls mtr.cli; returns what that returns.
local function declared(path, ...)
  local new, arguments, cli = mtr.cli, arg, nil
  mtr.cli = function(...)
    cli = new(...)
    error(cli, 0)
  end
  _G.arg = { [0] = path, ... }
  pcall(assert(loadfile(path)))
  mtr.cli, _G.arg = new, arguments
  return cli or error(path .. ": it does not declare its command line with mtr.cli", 0)
end

-- Returns the commands that the help text of a program lists under "commands:", if it does: such
-- as those of fleet, each of which has a help text of its own.
local function commands(path, page)
  local found = {}
  for _, list in ipairs(page.lists) do
    for line in (list.heading == "commands" and list.text or ""):gmatch "[^\n]+" do
      local name, title = line:match "^(%l+).-  +(%S.*)$"
      local cli = declared(path, name)
      found[#found + 1] = { name = name, title = title, help = help.read(cli.help) }
    end
  end
  return found
end

--- Returns the programs in a directory, in alphabetical order. A program may have commands, which
--- have the same fields.
---@param directory string
---@return { name: string, title: string, help: table, commands: table[] }[]
function M.read(directory)
  local list = {}
  for _, path in ipairs(M.lines("LC_ALL=C ls " .. directory .. "/*.lua")) do
    local name, cli = path:match "([^/]*)%.lua$", declared(path, "--help")
    local file = assert(io.open(path, "rb"))
    local page = help.read(cli.help)
    list[#list + 1] = { name = name, title = help.title(file:read "*a", name), help = page,
      commands = commands(path, page) }
    file:close()
  end
  return list
end

--- Returns the help text of mtrlua itself.
---@param program string
---@return table
function M.mtrlua(program)
  return help.read(table.concat(M.lines(program .. " --help"), "\n") .. "\n")
end

return M
