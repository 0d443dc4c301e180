-- SPDX-License-Identifier: MIT
--
-- Reads the text that a program prints with --help: its usage, options, examples and the rest.
--
-- The text has paragraphs, and lists whose lines begin with two blanks: a line that begins with a
-- dash is an option, any other one an example. The line before a list can be its heading, which
-- ends with ":". A paragraph "Exit status: 0 done, 1 ..." says what the program returns.

local M = {}

local function text_block(text) return { kind = "text", text = text } end

-- Returns the names of an option, the name of its value or nil, and true if it can be repeated.
local function parts(spec)
  local names, value, more = spec:match "^(.-) (%u[%u%-=]*)(%.*)$"
  local list = {}
  for name in (names or spec):gmatch "%-[^%s,]+" do list[#list + 1] = name end
  return list, value, more == "..."
end

-- Takes an option from line i on; returns it and the number of the next line.
local function option(lines, i)
  local spec, text = lines[i]:match "^  (%-.-)  +(.*)$"
  if not spec then spec, text = lines[i]:match "^  (%-.*)$", "" end
  while lines[i + 1] and lines[i + 1]:find "^         +%S" do
    i = i + 1
    text = text .. " " .. lines[i]:match "^%s*(.*)"
  end
  local names, value, more = parts(spec)
  return { spec = spec, names = names, value = value, more = more, text = text }, i + 1
end

-- Takes the other lines of a list.
local function examples(lines, i)
  local list = {}
  while lines[i] and lines[i]:find "^  [^%-]" do
    list[#list + 1] = lines[i]:sub(3)
    i = i + 1
  end
  return table.concat(list, "\n"), i
end

local function paragraph(lines, i)
  local list = {}
  while lines[i] and lines[i]:find "^%S" and not (list[1] and lines[i]:find "^[%l ]+:$") do
    list[#list + 1] = lines[i]
    i = i + 1
  end
  return table.concat(list, " "), i
end

--- Reads a help text. The result has `usage`, a list of lines; `options`, each with `names`,
--- `value`, `more`, `text`, `spec` and the `heading` above it or nil; and blocks: `about`, the
--- paragraphs; `lists`, examples with their headings; `status`, the exit status.
---@param help string
---@return table
function M.read(help)
  local lines, i, heading = {}, 1, nil
  local page = { usage = {}, options = {}, about = {}, lists = {}, status = {} }
  for line in help:gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  while lines[i] do
    local line = lines[i]
    if line:find "^usage:" or (page.usage[1] and not page.about[1] and line:find "^       %S") then
      page.usage[#page.usage + 1] = line:sub(8)
      i = i + 1
    elseif line:find "^  %-" then
      local found
      found, i = option(lines, i)
      found.heading = heading
      page.options[#page.options + 1] = found
    elseif line:find "^  %S" then
      local text
      text, i = examples(lines, i)
      page.lists[#page.lists + 1] = { heading = heading, text = text }
    elseif line == "" then
      i, heading = i + 1, nil
    elseif line:find "^[%l].*:$" then
      heading, i = line:sub(1, -2), i + 1
    else
      local text
      text, i = paragraph(lines, i)
      local status = text:match "^Exit status: (.*)"
      if status then page.status = M.status(status)
      else page.about[#page.about + 1] = text_block(text) end
    end
  end
  return page
end

--- Makes a list of the numbers in the sentence about the exit status.
---@param text string
---@return table[] blocks
function M.status(text)
  local sentence, rest = text:match "^(.-%.) (.*)"
  local blocks, from = {}, 1
  sentence = (sentence or text):gsub("%.$", "")
  while from do
    local stop, next_one = sentence:match("(),%s+()%d", from)
    local part = sentence:sub(from, (stop or 0) - 1)
    local number, what = part:match "^(%d+ or %d+) (.*)"
    if not number then number, what = part:match "^(%d+) (.*)" end
    blocks[#blocks + 1] = { kind = "item", term = "`" .. number .. "`", text = what }
    from = next_one
  end
  if rest then blocks[#blocks + 1] = text_block(rest) end
  return blocks
end

--- Returns the first sentence of the head of a script, which begins "-- NAME: ".
---@param source string
---@param name string
---@return string
function M.title(source, name)
  local head = source:match("\n%-%- " .. name:gsub("%-", "%%-") .. ": (.-)\n%-%-\n")
    or source:match("\n%-%- " .. name:gsub("%-", "%%-") .. ": (.-)\n\n")
    or error("scripts/" .. name .. ".lua: its head does not begin '" .. name .. ": '", 0)
  head = head:gsub("\n%-%- ", " ")
  return (head:match "^(.-)[.:] %u" or head:match "^(.-)[.:]$" or head):gsub("%.$", "")
end

return M
