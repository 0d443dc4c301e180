-- SPDX-License-Identifier: MIT
--
-- Writes the manuals and the completions: mtrlua scripts/doc/main.lua OUTPUT-DIRECTORY, in the top
-- directory of the source. `make doc` runs it.
--
-- Everything comes from where the code has it: options from what the programs print with --help and
-- from the declarations that check them, functions and fields from the annotations, the C interface
-- from core/mtr.h. What only people can say stands in pages/*.md beside this file. A new program, a
-- new option and a new function are in the manuals without a change here.

package.path = "./?.lua;" .. package.path

local mtr = require "mtr"
local man = require "scripts.doc.man"
local markup = require "scripts.doc.markup"
local program_page = require "scripts.doc.program_page"
local completion = require "scripts.doc.completion"
local header = require "scripts.doc.header"
local html = require "scripts.doc.html"
local library = require "scripts.doc.library"
local programs = require "scripts.doc.programs"
local reference = require "scripts.doc.reference"
local text = require "scripts.doc.text"

local out = arg[1] or error("usage: mtrlua scripts/doc/main.lua OUTPUT-DIRECTORY", 0)

local function read(path, other)
  local file = io.open(path, "rb") or assert(io.open(other or path, "rb"))
  local all = file:read "*a"
  file:close()
  return all
end

local function write(path, bytes)
  local file = assert(io.open(out .. "/" .. path, "wb"))
  assert(file:write(bytes))
  file:close()
end

-- Version and date are those of the newest entry of the changelog. Where a Debian package is built,
-- debian/ is at the top.
local MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
local changelog = read("scripts/debian/changelog", "debian/changelog")
local day, month, year = changelog:match "\n %-%- [^\n]*, +(%d+) (%a%a%a) (%d+)"
local about = {
  version = changelog:match "%(([^)]*)%)",
  date = ("%s-%02d-%02d"):format(year, (MONTHS:find(month) + 2) / 3, day),
}

local all, mtrlua = programs.read "scripts", programs.mtrlua(arg[-1])

-- What the words in braces in pages/*.md stand for.
local made = {}
function made.usage() return program_page.usage(mtrlua) end
function made.options() return program_page.options(mtrlua) end
function made.status() return mtrlua.status end
function made.programs() return program_page.list(all) end
library.read(programs.lines "find lua -name '*.lua' | LC_ALL=C sort")
made.functions, made.classes = reference.functions, reference.classes
function made.head(path) return markup.head(read(path)) end
-- Options: a module, the name of their declaration in it, the class with their types, and the name
-- of another declaration whose options are left out.
function made.declared(words)
  local module, member, class, except = words:match "(%S+) (%S+) (%S+) ?(%S*)"
  local declarations = require(module)
  return reference.options(declarations[member], class, declarations[except])
end

function made.formats()
  local rows = { { "word", "what is written" } }
  for i, format in ipairs(mtr.report.list "any") do
    rows[i + 1] = { format.word, format.says or "for people" }
  end
  return { { kind = "table", rows = rows } }
end
function made.stops() return header.stops(read "core/mtr.h") end
local c_about, c_reference = header.read(read "core/mtr.h")
function made.libmtrAbout() return c_about end
function made.libmtrReference() return c_reference end

local function chapters(name, section, title)
  return { name = name, section = section, title = title, manual = "mtrlua",
    blocks = markup.read(read("scripts/doc/pages/" .. name .. ".md"), made) }
end

local pages = { chapters("mtrlua", 1, "traceroute engine that is programmed in Lua") }
for _, program in ipairs(all) do
  pages[#pages + 1] = program_page.page(program)
end
pages[#pages + 1] = chapters("mtr-lua", 3, "the Lua module of the traceroute engine mtrlua")
pages[#pages + 1] = chapters("libmtr", 3, "the C library of the traceroute engine mtrlua")

os.execute(("mkdir -p '%s/man1' '%s/man3'"):format(out, out))
for _, page in ipairs(pages) do
  write(("man%d/%s.%d"):format(page.section, page.name, page.section), man.write(page, about))
end
write("manual.html", html.write(pages, about))
write("manual.txt", text.write(pages, about))
write("mtrlua.bash", completion.bash(mtrlua, all))
write("_mtrlua", completion.zsh(mtrlua, all))
