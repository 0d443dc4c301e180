-- SPDX-License-Identifier: MIT
--
-- The manuals that `make doc` writes: what they name, that their examples run, and that the readers
-- of manuals have nothing to say against them.
local support = require "spec.support.harness.run"
local run = support.run

local function lines(command)
  local list = {}
  for line in run(command).out:gmatch "[^\n]+" do list[#list + 1] = line end
  return list
end

-- A page as man(1) shows it on a wide terminal.
local function shown(page)
  local got = run("MANWIDTH=300 LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l " .. page)
  assert.same({ 0, "" }, { got.status, got.err })
  return got.out
end

describe("the manuals", function()
  local pages

  setup(function()
    local got = run "build/mtrlua scripts/doc/main.lua $DIR/doc"
    assert.same({ 0, "", "" }, { got.status, got.out, got.err })
    pages = lines "ls $DIR/doc/man?/*"
  end)
  teardown(support.clean)

  it("have a page for mtrlua and for each program", function()
    local names = run("cd $DIR/doc/man1 && ls").out
    assert.truthy(names:find "mtrlua.1\n")
    for _, script in ipairs(lines "ls scripts/*.lua") do
      local name = script:match "([^/]*)%.lua$"
      assert.truthy(names:find("mtrlua-" .. name .. ".1\n", 1, true), name)
    end
  end)

  it("say of each program what it does, and --help too, in one line", function()
    local help = run("$MTR_PROGRAM --help").out
    for _, script in ipairs(lines "ls scripts/*.lua") do
      local name = script:match "([^/]*)%.lua$"
      local about = help:match("\n  " .. name:gsub("%-", "%%-") .. " +(%l[^\n]+)\n  ?%S")
        or help:match("\n  " .. name:gsub("%-", "%%-") .. " +(%l[^\n]+)\n\n")
      local title = shown("$DIR/doc/man1/mtrlua-" .. name .. ".1"):match "NAME\n.- %- ([^\n]*)\n"
      assert.equal(about, title:sub(1, #about), name)
    end
  end)

  it("are right for man and mandoc", function()
    for _, page in ipairs(pages) do
      assert.truthy(#shown(page) > 500)
      local got = run("mandoc -T lint " .. page)
      assert.same({ 0, "", page }, { got.status, got.out .. got.err, page })
    end
  end)

  it("name each option of each program, and the same words as --help", function()
    for _, script in ipairs(lines "ls scripts/*.lua") do
      local name = script:match "([^/]*)%.lua$"
      local text = shown("$DIR/doc/man1/mtrlua-" .. name .. ".1")
      local help = run("$MTR_PROGRAM " .. name .. " --help").out
      for option in help:gmatch "\n  (%-.-)  " do
        assert.truthy(text:find("\n       " .. option, 1, true), name .. ": " .. option)
      end
    end
  end)

  it("are the same in each run", function()
    run "build/mtrlua scripts/doc/main.lua $DIR/again"
    assert.same({ 0, "" }, { run("diff -r $DIR/doc $DIR/again").status,
      run("diff -r $DIR/doc $DIR/again").out })
  end)
end)
