-- SPDX-License-Identifier: MIT
--
-- Which C file uses which other one. A header and the .c of its name count as one file, named
-- without the ending: "core/probe/ask". An arrow goes to each header that is included, and to the
-- file that defines a function that is named in a body, by whatever header it was declared.
--
-- It reads text, not meaning: what a macro hides escapes it, and a local variable that has the name
-- of another file's function counts as its use.
local M = {}

---The text without comments, strings and what is in quotes, each replaced by a blank.
function M.strip(text)
  local out, at = {}, 1
  text = text:gsub("\\.", "")
  while true do
    local i = text:find("[\"'/]", at)
    if not i then break end
    local open = text:sub(i, i + 1)
    local close = open == "/*" and "*/" or open == "//" and "\n" or open:match("^[\"']")
    local _, last = i, i
    if close then _, last = text:find(close, i + (#close == 2 and 2 or 1), true) end
    out[#out + 1] = text:sub(at, i - 1) .. (close == "\n" and "\n" or close and " " or "/")
    at = (last or #text) + 1
  end
  out[#out + 1] = text:sub(at)
  return table.concat(out)
end

-- The functions that |text| defines, { [name] = "static" or "global" }, and the words in bodies.
local function read(text)
  local defines, words = {}, {}
  local depth, parens, name, before, static = 0, 0, nil, nil, false
  local code = ("\n" .. M.strip(text)):gsub("\n%s*#[^\n]*", "\n"):gsub("[^%w_%s]", " %0 ")
  local older
  for token in code:gmatch("%S+") do
    if token == "{" then
      if depth == 0 and name then defines[name] = static and "static" or "global" end
      depth = depth + 1
    elseif token == "}" then
      depth = depth - 1
    elseif depth > 0 then
      local field = before == "." or before == "struct" or (older == "-" and before == ">")
      if not field then words[token] = true end
    elseif token == "(" then
      if parens == 0 then name = name or before end
      parens = parens + 1
    elseif token == ")" then
      parens = parens - 1
    elseif token == "static" then
      static = true
    end
    if depth == 0 and (token == ";" or token == "}") then name, static = nil, false end
    older, before = before, token
  end
  return defines, words
end

-- The path in the tree that an #include "name" in |path| means: compilers look beside the file
-- first, then in core/.
function M.included(files, path, name)
  local beside = path:match("^(.*/)") .. name
  return files[beside] and beside or "core/" .. name
end

local function stem(path)
  return (path:gsub("%.[ch]$", ""))
end

---@param files table<string, string> text by path; what is not C is left alone
---@return table arrows { [file] = { [other file] = why } }
function M.find(files)
  local home, parts, arrows = {}, {}, {}
  for path, text in pairs(files) do
    if path:find("%.[ch]$") and path ~= "core/mtr.h" then
      local defines, words = read(text)
      parts[path] = { defines = defines, words = words }
      arrows[stem(path)] = arrows[stem(path)] or {}
      for name, kind in pairs(defines) do
        if kind == "global" or path:find("%.h$") then home[name] = stem(path) end
      end
    end
  end
  for path, part in pairs(parts) do
    local from = stem(path)
    -- Of several reasons the first by name, so that a report is the same each time.
    local function add(to, why)
      if to ~= from and why < (arrows[from][to] or "~") then arrows[from][to] = why end
    end
    for name in files[path]:gmatch('#%s*include%s*"([^"\n]*)"') do
      local target = M.included(files, path, name)
      if files[target] and target ~= "core/mtr.h" then add(stem(target), name) end
    end
    for word in pairs(part.words) do
      if home[word] and not part.defines[word] then add(home[word], word) end
    end
  end
  return arrows
end

return M
