-- SPDX-License-Identifier: MIT
--
-- Reads the chapters that people wrote (pages/*.md) into blocks: a small part of Markdown.
--
--     # Chapter       ## Section        paragraphs       ``` code ```
--     - `term`: what it is              | tables |       {name}: the blocks that a function makes
--
-- A block is a table with `kind`: "chapter", "section", "topic", "text", "code", "item", "table".
-- All but tables have `text` (see inline.lua); an item also has `term`, what it explains; a table
-- has `rows` of cells, of which the first is its head. Code that is 80 columns wide has `wide`. A
-- word behind the name in {braces} is the argument of its function. Writers (man.lua, html.lua,
-- text.lua) turn blocks into pages.

local M = {}

local function cells(line)
  local row = {}
  for cell in line:gmatch "|%s*([^|]-)%s*%f[|]" do row[#row + 1] = cell end
  return row
end

-- Each takes the lines of one kind from number i on; returns a block and the next number.
local take = {}

function take.code(lines, i)
  local text = {}
  i = i + 1
  while lines[i] and not lines[i]:find "^```" do
    text[#text + 1] = lines[i]
    i = i + 1
  end
  return { kind = "code", text = table.concat(text, "\n") }, i + 1
end

function take.table(lines, i)
  local rows = {}
  while lines[i] and lines[i]:find "^|" do
    if not lines[i]:find "^|[-|]+$" then rows[#rows + 1] = cells(lines[i]) end
    i = i + 1
  end
  return { kind = "table", rows = rows }, i
end

local function begins(line)
  return line:find "^[#|{]" or line:find "^%- " or line:find "^```"
end

-- A paragraph or an item goes on up to an empty line or the next block.
local function rest(lines, i, text)
  text = { text }
  while lines[i + 1] and lines[i + 1] ~= "" and not begins(lines[i + 1]) do
    i = i + 1
    text[#text + 1] = lines[i]:match "^%s*(.*)"
  end
  return table.concat(text, " "), i + 1
end

function take.item(lines, i)
  local term, first = lines[i]:match "^%- (`.-`): (.*)"
  if not term then error("an item without a term: " .. lines[i], 0) end
  local text, after = rest(lines, i, first)
  return { kind = "item", term = term, text = text }, after
end

function take.text(lines, i)
  local text, after = rest(lines, i, lines[i])
  return { kind = "text", text = text }, after
end

local KINDS = { { "^```", "code" }, { "^|", "table" }, { "^%- ", "item" }, { "", "text" } }
local HEADS = { ["#"] = "chapter", ["##"] = "section", ["###"] = "topic" }

--- Reads blocks.
---@param source string
---@param made table<string, fun(): table[]> the blocks for a line such as {options}, by its word
---@return table[]
function M.read(source, made)
  local lines, blocks, i = {}, {}, 1
  for line in source:gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  while lines[i] do
    local line = lines[i]
    local word, argument = line:match "^{(%w+) ?([^}]*)}$"
    local level, head = line:match "^(#+) (.*)"
    if word then
      for _, block in ipairs(made[word](argument)) do blocks[#blocks + 1] = block end
      i = i + 1
    elseif level then
      blocks[#blocks + 1] = { kind = HEADS[level], text = head }
      i = i + 1
    elseif line == "" then
      i = i + 1
    else
      for _, kind in ipairs(KINDS) do
        if line:find(kind[1]) then
          blocks[#blocks + 1], i = take[kind[2]](lines, i)
          break
        end
      end
    end
  end
  return blocks
end

--- Reads the comment at the head of a file of Lua, without the licence and the name of the file.
---@param source string
---@return table[]
function M.head(source)
  local blocks, text = {}, source:match "^[^\n]*\n%-%-\n(.-)\n[^-]" or ""
  for part in (text .. "\n--\n"):gmatch "(.-)\n%-%-\n" do
    if part:find "^%-%-     " then
      text = ("\n" .. part):gsub("\n%-%-     ", "\n"):sub(2)
      blocks[#blocks + 1] = { kind = "code", text = text }
    else
      text = ("\n" .. part):gsub("\n%-%- ?", " "):sub(2)
      blocks[#blocks + 1] = { kind = "text", text = text }
    end
  end
  return blocks
end

return M
