-- SPDX-License-Identifier: MIT
--
-- In programs that ran for minutes options vanished: "targets ... got nil", or a hook or an engine
-- was gone without a word. LuaJIT of March 2022 compiles some loops over pairs() so that they end
-- too early. Which ones depends on what is compiled before; so options of many shapes are checked
-- here, again and again, by a fresh copy of the check for each shape. Without mtr.base.each two of
-- five shapes lost some.
local run = require "spec.support.harness.run"

local PROGRAM = [[
local function fresh(name)
  package.loaded[name] = nil
  return require(name)
end

local function compiled() for _ = 1, 100 do end end

local LIST = { 1, 2, 3, 4, 5 }
local function through(value) for _ in pairs(value) do end return value end
local function along(value) for i = 1, #value do value[i] = value[i] end return value end

-- Returns a declaration of 20 options, and a value for each.
local function options(check)
  local kinds = {
    { through, LIST }, { along, LIST }, { check.integer(1, 100), 5 }, { check.type "string", "x" },
    { check.type "function", print }, { check.type "boolean", true },
    { check.word({ icmp = 1, udp = 2, tcp = 3 }, { "icmp", "udp", "tcp" }), "udp" },
  }
  local list, values = {}, {}
  for i = 1, 20 do
    local kind = kinds[math.random(#kinds)]
    list[i] = { name = "option" .. i, kind = kind[1] }
    values[list[i].name] = kind[2]
  end
  return check.declare("test", list), list, values
end

-- Returns how many options were lost with this seed.
local function lost(seed)
  math.randomseed(seed)
  local check = fresh "mtr.base.check"
  local declaration, list, values = options(check)
  local sets, count, gone = {}, 0, 0
  for i = 1, 10 do
    sets[i] = { opts = {}, count = 0 }
    for _, option in ipairs(list) do
      if math.random() < 0.35 then
        sets[i].opts[option.name] = values[option.name]
        sets[i].count = sets[i].count + 1
      end
    end
  end
  local takes = {
    function() count = count + 1 end,
    function(_, value) count = count + 1; if type(value) == "table" then through(value) end end,
    function(option, value, into) count = count + 1; if into then into[option.name] = value end end,
  }
  for _ = 1, 20000 do
    if math.random() < 0.7 then compiled() end
    local set = sets[math.random() < 0.8 and 1 or math.random(10)]
    local take = takes[math.random() < 0.7 and 1 or math.random(3)]
    count = 0
    assert(not check.each(declaration, set.opts, take, math.random() < 0.5 and {} or nil))
    gone = gone + set.count - count
  end
  return gone
end

local total = 0
for seed = 1, 20 do total = total + lost(seed) end
print(total)
]]

describe("options", function()
  teardown(run.clean)

  it("are all found, however long the program runs", function()
    run.file("lost.lua", PROGRAM)
    local got = run.run '"$MTR_PROGRAM" "$DIR/lost.lua"'
    assert.equal("0\n", got.out, got.err)
  end)
end)
