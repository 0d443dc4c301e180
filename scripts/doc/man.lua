-- SPDX-License-Identifier: MIT
--
-- Writes a page for man(1), in the macros man(7), which groff and mandoc both know.

local inline = require "scripts.doc.inline"

local M = {}

local WIDTH = 78
local SPECIAL = { ["\\"] = "\\e", ["-"] = "\\-", ["^"] = "\\(ha", ["~"] = "\\(ti", ["`"] = "\\(ga",
  ["'"] = "\\(aq" }

local function escape(text) return (text:gsub("[\\%-^~`']", SPECIAL)) end

-- A line of text must not look like a request.
local function guard(line) return line:find "^[.']" and "\\&" .. line or line end

-- Bold text is one word at the end of a line for the macro B, else it is set within the line.
local function styled(text)
  return inline.map(text, function(piece, code)
    return code and "\\fB" .. escape(piece) .. "\\fR" or escape(piece)
  end)
end

local function wrapped(text)
  local lines = inline.wrap(styled(text), WIDTH)
  for i, line in ipairs(lines) do lines[i] = guard(line) end
  return table.concat(lines, "\n")
end

-- Further paragraphs of an item stand on lines of their own.
local function paragraphs(text)
  local list = {}
  for line in text:gmatch "[^\n]+" do list[#list + 1] = wrapped(line) end
  return table.concat(list, "\n.IP\n")
end

local function unbroken(text)
  return (escape(text):gsub("[^\n]+", guard):gsub("\n\n", "\n\\&\n"))
end

local HEADINGS = { chapter = true, section = true }
local write = {}

function write.chapter(block) return ".SH " .. escape(block.text:upper()) end
function write.section(block) return ".SS " .. escape(block.text) end
function write.topic(block) return ".PP\n" .. wrapped("`" .. block.text .. "`") end
function write.text(block) return ".PP\n" .. wrapped(block.text) end
-- Code that is 80 columns wide begins at the margin.
function write.code(block)
  return (".PP\n.in %s\n.nf\n%s\n.fi\n.in"):format(block.wide and "0" or "+4n",
    unbroken(block.text))
end
function write.item(block)
  return ".TP\n" .. guard(styled(block.term)) .. "\n" .. paragraphs(block.text)
end

-- A table of two columns; the first row is its head.
function write.table(block)
  local wide, out = 0, {}
  for _, row in ipairs(block.rows) do wide = math.max(wide, #inline.plain(row[1])) end
  for i, row in ipairs(block.rows) do
    local mark = i == 1 and "`" or ""
    out[i] = (".TP %d\n%s\n%s"):format(wide + 3, guard(styled(mark .. row[1] .. mark)),
      wrapped(mark .. row[2] .. mark)) .. (i == 1 and "\n.PD 0" or "")
  end
  return table.concat(out, "\n") .. "\n.PD"
end

--- Returns a whole page.
---@param page { name: string, section: integer, title: string, blocks: table[] }
---@param about { version: string, date: string }
---@return string
function M.write(page, about)
  local out = { ('.TH "%s" "%d" "%s" "mtrlua %s" "%s"'):format(
    escape(page.name:upper()), page.section, about.date, about.version, page.manual) }
  out[#out + 1] = ".nh\n.ad l\n.SH NAME"
  out[#out + 1] = wrapped(page.name .. " - " .. page.title)
  for i, block in ipairs(page.blocks) do
    local text, above = write[block.kind](block), page.blocks[i - 1]
    -- A heading begins a paragraph by itself.
    if above and HEADINGS[above.kind] then text = text:gsub("^%.PP\n", "") end
    out[#out + 1] = text
  end
  return table.concat(out, "\n") .. "\n"
end

return M
