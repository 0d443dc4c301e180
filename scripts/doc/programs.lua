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

-- Runs a script until it calls mtr.cli; returns what that returns.
local function declared(path)
  local new, cli = mtr.cli, nil
  mtr.cli = function(...)
    cli = new(...)
    error(cli, 0)
  end
  pcall(assert(loadfile(path)))
  mtr.cli = new
  return cli or error(path .. ": it does not declare its command line with mtr.cli", 0)
end

--- Returns the programs in a directory, in alphabetical order.
---@param directory string
---@return { name: string, title: string, help: table, flags: table }[]
function M.read(directory)
  local list = {}
  for _, path in ipairs(M.lines("LC_ALL=C ls " .. directory .. "/*.lua")) do
    local name, cli = path:match "([^/]*)%.lua$", declared(path)
    local file = assert(io.open(path, "rb"))
    list[#list + 1] = { name = name, title = help.title(file:read "*a", name),
      help = help.read(cli.help) }
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
