-- SPDX-License-Identifier: MIT
--
-- The values of options in a command line (see mtr.cli): words of a choice, whole numbers, lists
-- with commas, outputs such as csv=out.csv. A wrong one ends the program as wrong usage.

local M = {}

local function option(name) return "--" .. (name:gsub("_", "-")) end

--- Returns an option of the table of parse() and removes it there. nil: it was not given, also if
--- it may be given several times.
---@param self mtr.Cli
---@param name string
---@return any
function M.take(self, name)
  local value = self.args[name]
  self.args[name], self.taken[name] = nil, value ~= nil or nil
  if type(value) == "table" and not value[1] then return nil end
  return value
end

--- Takes an option that is words with commas between them; nil: there are none.
---@param self mtr.Cli
---@param name string
---@return string[]?
function M.list(self, name)
  local list = {}
  for word in (M.take(self, name) or ""):gmatch "[^,%s]+" do list[#list + 1] = word end
  return list[1] and list or nil
end

--- Returns the value of an option that must be one of some words; the first word is its default.
---@param self mtr.Cli
---@param name string as in the table of parse()
---@param words string[]
---@return string
function M.choice(self, name, words)
  local value = self.args[name] or words[1]
  for _, word in ipairs(words) do
    if word == value then return value end
  end
  local last = #words
  self:usage(("%s must be %s or %s, got '%s'"):format(option(name),
    table.concat(words, ", ", 1, last - 1), words[last], value))
  return value
end

--- Returns the value of an option that must be a whole number.
---@param self mtr.Cli
---@param name string as in the table of parse()
---@param least integer
---@param most integer
---@param default integer
---@return integer
function M.number(self, name, least, most, default)
  local n = self.args[name] or default
  if type(n) == "number" and n >= least and n <= most and n % 1 == 0 then return n end
  self:usage(("%s must be %d..%d, got %s"):format(option(name), least, most, n))
  return default
end

--- Takes --output, which may be given several times: FORMAT, or FORMAT=FILE; no two in one file.
---@generic T
---@param self mtr.Cli
---@param default string the format if it is not given
---@param formats string[] those that there are
---@param make fun(format: string, path: string): T, string? path "-" is standard output
---@return T[] what make has returned
---@return string[] given the texts of the options; what make has returned behind T instead
function M.outputs(self, default, formats, make)
  local given, known = M.take(self, "output") or { default }, {}
  local taken, made, texts = {}, {}, {}
  for _, format in ipairs(formats) do known[format] = true end
  for i, text in ipairs(given) do
    local format, path = text:match "^([^=]*)=?(.*)$"
    if not known[format] then
      self:usage(("--output must be one of %s, or one with =FILE; got '%s'"):format(
        table.concat(formats, ", "), text))
    end
    path = path ~= "" and path or "-"
    if taken[path] then self:usage(("two outputs cannot share '%s'"):format(path)) end
    taken[path] = true
    made[i], texts[i] = make(format, path)
    texts[i] = texts[i] or text
  end
  return made, texts
end

return M
