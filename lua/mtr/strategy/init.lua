-- SPDX-License-Identifier: MIT
--
-- mtr.strategy: the built-in strategies, and names for strategies of users.
--
--     mtr.trace(dst, { strategy = "mda" })
--     mtr.trace(dst, { strategy = mtr.strategy.mda { confidence = 99 } })
--     mtr.strategy.register("mine", { next = function(self, now) ... end })
--
-- A built-in strategy is a table, like that of a user. A call of it returns another table, which
-- inherits from it and has some fields set. Each is loaded when it is first used.

local each = require "mtr.base.each"
local err = require "mtr.base.err"
local strict = require "mtr.base.strict"
local registry = require "mtr.strategy.registry"

--- Built-in strategies by name, and register(). Each file adds its own.
---@class mtr.Strategies
local M = {}

---@class mtr.BuiltIn: mtr.Strategy
---@operator call(table): mtr.Strategy

local FILES = {
  sequential = "sequential", ["window-lua"] = "window", rounds = "rounds", random = "random",
  doubletree = "doubletree", mda = "mda", pmtu = "pmtu",
}

-- A call of a built-in strategy may set the fields that have a default.
local callable = {}

function callable.__call(base, fields)
  local derived, names = setmetatable({}, { __index = base }), {}
  for name, value in each(base) do
    if type(value) ~= "function" then names[#names + 1] = name end
  end
  for name, value in each(fields or {}) do
    if base[name] == nil or type(base[name]) == "function" then
      error(err.unknown("strategy " .. base.name, name, names), 2)
    end
    if type(value) ~= type(base[name]) and base[name] ~= false then
      error(("strategy %s: %s must be a %s, got %s"):format(
        base.name, name, type(base[name]), err.show(value)), 2)
    end
    derived[name] = value
  end
  return derived
end

local function load(file)
  local s = require("mtr.strategy.builtin." .. file)
  if not getmetatable(s) then setmetatable(s, callable) end
  return s
end

registry.load = function(name) return load(FILES[name]) end
for name in pairs(FILES) do registry.built_in[#registry.built_in + 1] = name end

M.register = registry.register

return setmetatable(M, { __index = function(_, name)
  local all = { register = true }
  for _, file in pairs(FILES) do
    if file == name then return load(name) end
    all[file] = true
  end
  return (strict.missing("mtr.strategy", name, all))
end })
