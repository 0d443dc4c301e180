-- SPDX-License-Identifier: MIT
--
-- Writes all pages as one page of HTML, with a list of contents; it needs nothing from the network.
-- Each page and each thing that is explained has an anchor, so that others can link to it.

local inline = require "scripts.doc.inline"

local M = {}

local STYLE = [[
:root { color-scheme: light dark; --line: #8885; }
body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 sans-serif; }
pre, code { font: .9rem/1.4 monospace; }
pre { overflow-x: auto; padding: .6rem; border: 1px solid var(--line); border-radius: .3rem; }
h1 { border-top: 1px solid var(--line); padding-top: 1rem; }
dt { margin-top: .6rem; } dd { margin-left: 2rem; } dd p { margin: .2rem 0; }
td, th { text-align: left; vertical-align: top; padding: .1rem 1.5rem .1rem 0; }
]]

local ESCAPES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }
local function escape(text) return (text:gsub('[&<>"]', ESCAPES)) end

local function styled(text)
  return inline.map(text, function(piece, code)
    return code and "<code>" .. escape(piece) .. "</code>" or escape(piece)
  end)
end

local write, anchors = {}, {}

-- Returns a name for an anchor that no other has.
local function anchor(text)
  local base = inline.plain(text):gsub("[^%w_.-]+", "-"):gsub("^%-+", ""):gsub("%-+$", "")
  local name, n = base, 2
  while anchors[name] do name, n = base .. "-" .. n, n + 1 end
  anchors[name] = true
  return name
end

function write.chapter(block) return "<h2>" .. escape(block.text) .. "</h2>" end
function write.section(block)
  return ('<h3 id="%s">%s</h3>'):format(anchor(block.text), escape(block.text))
end
function write.text(block) return "<p>" .. styled(block.text) .. "</p>" end
function write.code(block) return "<pre>" .. escape(block.text) .. "</pre>" end
function write.item(block)
  local out = { ('<dt id="%s">%s</dt><dd>'):format(anchor(block.term), styled(block.term)) }
  for line in block.text:gmatch "[^\n]+" do out[#out + 1] = "<p>" .. styled(line) .. "</p>" end
  return table.concat(out, "\n") .. "</dd>"
end
function write.table(block)
  local out = { "<table>" }
  for i, row in ipairs(block.rows) do
    local cell = i == 1 and "th" or "td"
    for c, text in ipairs(row) do
      out[#out + 1] = ("%s<%s>%s</%s>"):format(c == 1 and "<tr>" or "", cell, styled(text), cell)
    end
    out[#out] = out[#out] .. "</tr>"
  end
  return table.concat(out, "\n") .. "</table>"
end

--- Returns the page.
---@param pages { name: string, section: integer, title: string, blocks: table[] }[]
---@param about { version: string, date: string }
---@return string
function M.write(pages, about)
  local out, list = {}, {}
  for _, page in ipairs(pages) do
    local name = ("%s(%d)"):format(page.name, page.section)
    local id = anchor(page.name)
    list[#list + 1] = ('<li><a href="#%s">%s</a> %s</li>'):format(id, name, styled(page.title))
    out[#out + 1] = ('<h1 id="%s">%s</h1>\n<p>%s</p>'):format(id, name, styled(page.title))
    local inside
    for _, block in ipairs(page.blocks) do
      if (block.kind == "item") ~= (inside == true) then
        inside = not inside
        out[#out + 1] = inside and "<dl>" or "</dl>"
      end
      out[#out + 1] = write[block.kind](block)
    end
    if inside then out[#out + 1] = "</dl>" end
  end
  return ('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
    .. '<meta name="viewport" content="width=device-width">\n<title>mtrlua %s</title>\n<style>%s'
    .. "</style></head><body>\n<p>The manuals of mtrlua %s, %s.</p>\n<ul>\n%s\n</ul>\n%s\n"
    .. "</body></html>\n"):format(about.version, STYLE, about.version, about.date,
    table.concat(list, "\n"), table.concat(out, "\n"))
end

return M
