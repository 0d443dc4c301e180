-- SPDX-License-Identifier: MIT
--
-- What may be given as a strategy, and by which names.
local mtr = require "mtr"
local registry = require "mtr.strategy.registry"
local annotations = require "spec.support.style.annotations"

local function raised(fn, ...)
  local ok, message = pcall(fn, ...)
  assert.is_false(ok)
  return (message:gsub("^.-:%d+: ", ""))
end

describe("strategies", function()
  it("have the names that they were given", function()
    local mine = { next = function() end }
    mtr.strategy.register("mine", mine)
    assert.equal(mine, registry.kind "mine")
    local fn = function() end
    mtr.strategy.register("mine", fn)
    assert.equal(fn, registry.kind "mine")
  end)

  it("are tables and functions too", function()
    local s, fn, run = { next = print }, function() end, { run = print }
    for _, value in ipairs { s, fn, run } do assert.equal(value, (registry.kind(value))) end
  end)

  it("are built in, and loaded once", function()
    for _, name in ipairs { "sequential", "rounds", "random", "doubletree", "mda", "pmtu" } do
      assert.equal(mtr.strategy[name], registry.kind(name))
      assert.equal(name, mtr.strategy[name].name)
    end
    assert.equal(mtr.strategy.window, registry.kind "window-lua")
    assert.equal(registry.SWEEP, registry.kind "window")
    assert.is_nil(mtr.strategy.nothing)
  end)

  it("of unknown names name the nearest one", function()
    local value, wanted, hint = registry.kind "doubletre"
    assert.is_nil(value)
    assert.truthy(wanted:find "^must be one of doubletree, mda, ")
    assert.equal('; did you mean "doubletree"?', hint)
    assert.is_nil((select(3, registry.kind "xyzzy")))
  end)

  for message, value in pairs {
    ["register: x must be a table or a function, got 5"] = 5,
    ["register: x must be a table with the function next or run"] = {},
    ["register: x must be a table whose done is a function, got 1"] = { next = print, done = 1 },
  } do
    it("are refused: " .. message, function()
      assert.equal(message, raised(mtr.strategy.register, "x", value))
    end)
  end

  it("need a name to be registered, and not the sweep's", function()
    local s = { next = print }
    assert.equal("register: the name must be a string, got 7", raised(mtr.strategy.register, 7, s))
    assert.equal('register: the name "window" is reserved',
      raised(mtr.strategy.register, "window", s))
  end)

  it("that are built in take their fields, and no others", function()
    local rounds = mtr.strategy.rounds { rounds = 3 }
    assert.same({ 3, 1000, "rounds" }, { rounds.rounds, rounds.interval, rounds.name })
    assert.equal(10, mtr.strategy.rounds.rounds)
    assert.equal('strategy rounds: unknown option "rouns"; did you mean "rounds"?',
      raised(mtr.strategy.rounds, { rouns = 3 }))
    assert.equal('strategy rounds: rounds must be a number, got "3"',
      raised(mtr.strategy.rounds, { rounds = "3" }))
    assert.equal('strategy rounds: unknown option "next"', raised(mtr.strategy.rounds,
      { next = print }))
  end)

  it("that are built in are those that README names, with the default", function()
    local readme = io.open "README.md":read "*a"
    local list = readme:match "name of a built%-in one:(.-)%. %[lua/"
    local names, wanted = {}, { "window", unpack(registry.built_in) }
    for name in list:gmatch "`([%l%-]+)`" do names[#names + 1] = name end
    table.sort(names)
    table.sort(wanted)
    assert.same(wanted, names)
  end)

  it("that are built in add themselves to the class mtr.Strategies, each in its file", function()
    local n = 0
    for path in io.popen "ls lua/mtr/strategy/builtin/*.lua":lines() do
      local name = path:match "([^/]*)%.lua$"
      local field = annotations.fields(path, "mtr.Strategies")[name]
      assert.truthy(field and field.type:find "^mtr%.BuiltIn .+", path)
      assert.equal("table", type(mtr.strategy[name]))
      n = n + 1
    end
    assert.equal(#registry.built_in, n)
  end)
end)
