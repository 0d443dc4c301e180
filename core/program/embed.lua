-- SPDX-License-Identifier: MIT
--
-- Turns the Lua files whose names it reads, one per line, into a C file that carries
-- them, and compiles each into a file in a directory:
--
--   luajit core/program/embed.lua build/embed >build/embed.c
--
-- The assembler reads both, so nothing is converted to C, and error positions stay true. What is
-- compiled keeps names and line numbers, and the room of tables (see core/program/dump.lua).

local directory = ...

local here = arg[0]:match "^.*/" or "./"
local dump = dofile(here .. "dump.lua")

local PART = [[
__asm__(".pushsection .rodata\n"
        "embed_%d_%s:\n.incbin \"%s\"\n"
        "embed_%d_%s_end:\n.byte 0\n.popsection\n");
extern const char embed_%d_%s[], embed_%d_%s_end[];
]]

local ROW = [[
  {"%s", "@%s", embed_%d_text, embed_%d_text_end, embed_%d_code, embed_%d_code_end},
]]

local function part(i, what, path)
  io.write(PART:format(i, what, path, i, what, i, what, i, what))
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
end

local rows = {}

print '#include "program/embed.h"\n'
for path in io.lines() do
  local i = #rows + 1
  local chunk = path:gsub("^build/", "")
  local name = chunk:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
  local code = ("%s/%s"):format(directory, name)
  write(code, dump(read(path), "@" .. chunk))
  part(i, "text", path)
  part(i, "code", code)
  rows[i] = ROW:format(name, chunk, i, i, i, i)
end
print(("\nconst char embed_compiler[] = \"%s\";\n"):format(jit.version))
print("const struct embed_module embed_modules[] = {\n" .. table.concat(rows)
  .. "  {0, 0, 0, 0, 0, 0},\n};")
