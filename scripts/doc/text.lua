-- SPDX-License-Identifier: MIT
--
-- Writes all pages as one plain text, to read and to search without any tool.

local inline = require "scripts.doc.inline"

local M = {}

local WIDTH = 78

-- Breaks a text into lines that are indented.
local function indented(text, by)
  local lines = inline.wrap(inline.plain(text), WIDTH - by)
  return (" "):rep(by) .. table.concat(lines, "\n" .. (" "):rep(by))
end

local write = {}

function write.chapter(block) return "\n" .. block.text:upper() end
function write.section(block) return "\n  " .. block.text end
function write.text(block) return "\n" .. indented(block.text, 4) end
function write.code(block)
  local by = block.wide and "" or "        "
  return "\n" .. by .. block.text:gsub("\n([^\n])", "\n" .. by .. "%1")
end
function write.item(block)
  local out = { "\n    " .. inline.plain(block.term) }
  for line in block.text:gmatch "[^\n]+" do out[#out + 1] = indented(line, 8) end
  return table.concat(out, "\n")
end
function write.table(block)
  local wide, out = 0, { "" }
  for _, row in ipairs(block.rows) do wide = math.max(wide, #inline.plain(row[1])) end
  for _, row in ipairs(block.rows) do
    local rest = indented(row[2], wide + 6)
    out[#out + 1] = ("    %-" .. wide .. "s  "):format(inline.plain(row[1])) .. rest:sub(wide + 7)
  end
  return table.concat(out, "\n")
end

--- Returns the text.
---@param pages { name: string, section: integer, title: string, blocks: table[] }[]
---@param about { version: string, date: string }
---@return string
function M.write(pages, about)
  local out = { ("The manuals of mtrlua %s, %s."):format(about.version, about.date), "" }
  for _, page in ipairs(pages) do
    out[#out + 1] = ("    %-22s %s"):format(("%s(%d)"):format(page.name, page.section),
      inline.plain(page.title))
  end
  for _, page in ipairs(pages) do
    local name = ("%s(%d)"):format(page.name, page.section)
    out[#out + 1] = ("\n%s\n%s\n\n%s"):format(("="):rep(WIDTH), name:upper(),
      indented(page.title, 4))
    for _, block in ipairs(page.blocks) do out[#out + 1] = write[block.kind](block) end
  end
  return table.concat(out, "\n") .. "\n"
end

return M
