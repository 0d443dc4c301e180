-- SPDX-License-Identifier: MIT
--
-- Makes the page of a program, and parts of the page of mtrlua, from what they print with --help.

local M = {}

local function add(blocks, kind, text, term)
  blocks[#blocks + 1] = { kind = kind, text = text, term = term }
end

local function add_all(blocks, more)
  for _, block in ipairs(more) do blocks[#blocks + 1] = block end
end

--- Returns a list of options, with the headings that they have in the help text.
---@param help table from help.read
---@return table[] blocks
function M.options(help)
  local blocks, heading = {}, nil
  for _, option in ipairs(help.options) do
    if option.heading ~= heading and option.heading and not option.heading:find "^options" then
      add(blocks, "section", option.heading:gsub("^%l", string.upper))
    end
    heading = option.heading
    add(blocks, "item", option.text, "`" .. option.spec .. "`")
  end
  return blocks
end

--- Returns the lines of a usage, without the texts beside them.
---@param help table from help.read
---@return table[] blocks
function M.usage(help)
  local blocks = {}
  for _, usage in ipairs(help.usage) do
    add(blocks, "text", "`" .. (usage:match "^(.-)%s%s" or usage) .. "`")
  end
  return blocks
end

--- Returns the programs, each with its first sentence.
---@param programs { name: string, title: string }[]
---@return table[] blocks
function M.list(programs)
  local blocks = {}
  for _, program in ipairs(programs) do
    add(blocks, "item", program.title, ("`mtrlua-%s`(1)"):format(program.name))
  end
  return blocks
end

-- Adds examples. In a help text they have the name of the program only, and may have a comment
-- beside them, which gets a line of its own here.
local function add_examples(blocks, text, name)
  text = ("\n" .. text):gsub("\n" .. name:gsub("%-", "%%-") .. "%f[^%w-]", "\nmtrlua " .. name)
  if not text:find "%S    *%S" then return add(blocks, "code", text:sub(2)) end
  for line in text:gmatch "[^\n]+" do
    local command, comment = line:match "^(.-%S)   +(%S.*)$"
    if comment then add(blocks, "text", comment:gsub("^%l", string.upper) .. ":") end
    add(blocks, "code", command or line)
  end
end

local function add_usage(blocks, help)
  for _, usage in ipairs(help.usage) do add(blocks, "text", "`mtrlua " .. usage .. "`") end
end

-- Adds the commands of a program, and a chapter for each.
local function add_commands(blocks, program)
  add(blocks, "chapter", "Commands")
  for _, command in ipairs(program.commands) do
    add(blocks, "item", command.title, "`" .. command.name .. "`")
  end
  for _, command in ipairs(program.commands) do
    add(blocks, "chapter", ("The command %s"):format(command.name))
    add_usage(blocks, command.help)
    add_all(blocks, command.help.about)
    add_all(blocks, M.options(command.help))
  end
end

--- Returns the page of a program.
---@param program { name: string, title: string, help: table, commands: table[] } of programs.read
---@return table page for a writer
function M.page(program)
  local name, help, blocks = program.name, program.help, {}
  add(blocks, "chapter", "Synopsis")
  add_usage(blocks, help)
  add(blocks, "chapter", "Description")
  add_all(blocks, help.about)
  add(blocks, "text", "The program is a script of `mtrlua`(1). Options of mtrlua, such as `--rate`"
    .. " and `--sim`, go before its name: see `mtrlua`(1), which also describes privileges, signals"
    .. " and output formats.")
  if help.options[1] then add(blocks, "chapter", "Options") end
  if help.options[2] then
    add(blocks, "text", "The value in brackets at the end of a description is the default.")
  end
  add_all(blocks, M.options(help))
  if program.commands[1] then add_commands(blocks, program) end
  for _, list in ipairs(help.lists) do
    local heading = list.heading or "examples"
    if heading ~= "commands" then
      add(blocks, "chapter", heading == "example" and "Examples" or heading:match "^[^,]*")
      add_examples(blocks, list.text, name)
    end
  end
  if help.status[1] then
    add(blocks, "chapter", "Exit status")
    add_all(blocks, help.status)
  end
  add(blocks, "chapter", "See also")
  add(blocks, "text", "`mtrlua`(1), `mtr-lua`(3)")
  return { name = "mtrlua-" .. name, section = 1, title = program.title, manual = "mtrlua",
    blocks = blocks }
end

return M
