-- SPDX-License-Identifier: MIT
--
-- The arguments of topologies: finds a topology by name and reads its arguments, positional (`chain
-- 8`) or named (`chain hops=8`, or `{ hops = 8 }` from Lua). Each value is checked against its
-- range; the message about a wrong name shows the nearest right one.

local M = {}

---@class lab.Param
---@field name string
---@field default integer|string|boolean?
---@field min integer?      a number, from here
---@field max integer?      to here
---@field one_of string[]?  or one of these words; with neither, on or off

--- What every topology takes.
---@type lab.Param[]
M.common = { { name = "limits", default = false } }

--- What those with a destination node take.
---@type lab.Param[]
M.services = {
  { name = "udp", min = 1, max = 65535 },
  { name = "tcp", min = 1, max = 65535 },
}

local FLAGS = { on = true, off = false, ["1"] = true, ["0"] = false, yes = true, no = false }
FLAGS["true"], FLAGS["false"] = true, false

-- Levenshtein's distance, one row at a time.
local function distance(a, b)
  local row = {}
  for j = 0, #b do
    row[j] = j
  end
  for i = 1, #a do
    local corner = row[0]
    row[0] = i
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      corner, row[j] = row[j], math.min(row[j] + 1, row[j - 1] + 1, corner + cost)
    end
  end
  return row[#b]
end

--- The name most like `word`.
---@param word string
---@param names string[]
---@return string?
function M.nearest(word, names)
  local best, least
  for _, name in ipairs(names) do
    local d = distance(word, name)
    if not least or d < least then
      best, least = name, d
    end
  end
  return best
end

--- Find a topology by name or alias; nil and a message that names the nearest.
---@param list lab.Topology[]
---@param name string
---@return lab.Topology?
---@return string?
function M.find(list, name)
  local names = {}
  for _, topology in ipairs(list) do
    if topology.name == name or topology.alias == name then
      return topology
    end
    names[#names + 1] = topology.name
    names[#names + 1] = topology.alias
  end
  local nearest = M.nearest(tostring(name), names)
  return nil, ("unknown topology '%s': did you mean '%s'?"):format(tostring(name), nearest)
end

--- All parameters of a topology, its own first.
---@param topology lab.Topology
---@return lab.Param[]
function M.of(topology)
  local all = {}
  for _, group in ipairs({ topology.params, topology.nobody and {} or M.services, M.common }) do
    for _, param in ipairs(group) do
      all[#all + 1] = param
    end
  end
  return all
end

-- One value; nil and what would have been right.
local function value(param, v)
  local text = tostring(v)
  if param.one_of then
    for _, word in ipairs(param.one_of) do
      if word == text then
        return word
      end
    end
    return nil, "one of " .. table.concat(param.one_of, ", ")
  elseif param.min then
    local n = tonumber(v)
    if n and n >= param.min and n <= param.max and n % 1 == 0 then
      return n
    end
    return nil, ("a whole number from %d to %d"):format(param.min, param.max)
  elseif FLAGS[text] ~= nil then
    return FLAGS[text]
  end
  return nil, "on or off"
end

-- Arguments as a list of { key, value }; no key where an argument has only a place.
local function entries(args)
  local list = {}
  for i, v in ipairs(args) do
    local key, text = tostring(v):match("^(%w+)=(.*)$")
    list[i] = { key = key, value = key and text or v }
  end
  for key, v in pairs(args) do
    if type(key) ~= "number" then
      list[#list + 1] = { key = key, value = v }
    end
  end
  return list
end

--- Read a topology's arguments: a table with every parameter in it, or nil and a message.
---@param topology lab.Topology
---@param args table
---@return table?
---@return string?
function M.read(topology, args)
  local all, o, names = M.of(topology), {}, {}
  for i, param in ipairs(all) do
    o[param.name], names[i], all[param.name] = param.default, param.name, param
  end
  local place = 0
  for _, entry in ipairs(entries(args)) do
    local key, v = entry.key, entry.value
    local param = key and all[key]
    if not key then
      place = place + 1
      param = topology.params[place]
      if not param then
        return nil, ("%s: too many arguments: %s"):format(topology.name, tostring(v))
      end
    elseif not param then
      local hint = ("did you mean '%s'?"):format(M.nearest(tostring(key), names))
      return nil, ("%s: unknown parameter '%s': %s"):format(topology.name, key, hint)
    end
    local good, want = value(param, v)
    if good == nil then
      local what = ("%s: %s must be %s"):format(topology.name, param.name, want)
      return nil, ("%s, not '%s'"):format(what, tostring(v))
    end
    o[param.name] = good
  end
  return o
end

return M
