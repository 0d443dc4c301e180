-- SPDX-License-Identifier: MIT
--
-- Makes the reference of the C interface of core/mtr.h, in the order of the header: each comment as
-- text, the declarations below it as they are. Lines of a comment that are indented are kept as
-- they are too: lists of errors, tables, examples.

local M = {}

local function add(blocks, kind, text)
  if text ~= "" then blocks[#blocks + 1] = { kind = kind, text = text, wide = kind == "code" } end
end

-- Marks the names of C in a text as code.
local function marked(text)
  text = text:gsub("|(%*?[%w_]+)|", "`%1`")
  return (text:gsub("%f[%w_`]mtr_[%w_]+%f[^%w_]", function(name) return "`" .. name .. "`" end)
    :gsub("%f[%w_`]MTR_[%u%d_]+%*?%f[^%w_]", function(name) return "`" .. name .. "`" end)
    :gsub("``", "`"))
end

-- Adds the text of a comment.
local function comment(blocks, text)
  local words, kept = {}, {}
  local function flush()
    add(blocks, "text", marked(table.concat(words, " ")))
    add(blocks, "code", table.concat(kept, "\n"):gsub("\n+$", ""))
    words, kept = {}, {}
  end
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    local indented = line:find "^  +%S" or line == "" and kept[1]
    if indented then
      if words[1] then flush() end
      kept[#kept + 1] = line
    else
      if kept[1] or line == "" then flush() end
      if line:find "^field   " then       -- the head of a table
        kept[1] = line
      elseif line ~= "" then
        words[#words + 1] = line
      end
    end
  end
  flush()
end

-- Returns the text of a comment without its marks.
local function bare(text)
  text = text:gsub("^/%*+ ?", "\n"):gsub("%s*%*/%s*$", ""):gsub("\n %* ?", "\n")
  return text:sub(2)
end

--- Reads the header.
---@param source string
---@return table[] about the text at its head
---@return table[] blocks the reference
function M.read(source)
  local about, blocks = {}, {}
  local head, rest = source:match "^(/%*.-%*/)\n(.*)$"
  comment(about, (bare(head):gsub("^[^\n]*\n\n", "")))
  rest = rest:match 'extern "C" {\n#endif\n(.-)\n#ifdef __cplusplus'
  local lines, code = {}, {}
  local function declared()
    add(blocks, "code", table.concat(code, "\n"):gsub("^\n+", ""):gsub("\n+$", ""))
    code = {}
  end
  for line in (rest .. "\n"):gmatch "([^\n]*)\n" do
    local title = line:match "^/%* %-%-%-%- (.-) %-%-%-%- %*/$"
    if title then
      declared()
      add(blocks, "section", title)
    elseif lines[1] or line:find "^/%*" then
      if not lines[1] then declared() end
      lines[#lines + 1] = line
      if line:find "%*/%s*$" then
        comment(blocks, bare(table.concat(lines, "\n")))
        lines = {}
      end
    else
      code[#code + 1] = line
    end
  end
  declared()
  return about, blocks
end

--- Returns the stop reasons with what the header says of each.
---@param source string
---@return table[] blocks
function M.stops(source)
  local blocks = {}
  local list = source:match "\nenum {\n(  MTR_STOP_NONE.-)\n};"
  for name, text in list:gmatch "MTR_STOP_([%u_]+),?%s+/%* (.-) %*/" do
    if name ~= "NONE" then
      blocks[#blocks + 1] = { kind = "item", term = "`" .. name:lower() .. "`",
        text = text:gsub("\n%s+%*", "") .. "." }
    end
  end
  return blocks
end

return M
