-- SPDX-License-Identifier: MIT
--
-- What cpp printed is kept, and never longer than it is true.
local run = require "spec.support.harness.run"

local top = run.run("pwd").out:match "[^\n]+"

describe("cpp", function()
  teardown(run.clean)
  before_each(function() run.run "rm -rf $DIR/tree; mkdir -p $DIR/tree/core" end)

  -- What processes of their own get for this command, |n| at once, in a tree of one header.
  local function texts(command, n)
    local script = run.file("ask.lua", ([[package.path = "%s/?.lua"
      io.write(tostring(require "spec.support.harness.cpp".text(%q)), "\n")]]):format(top, command))
    return run.run(("cd $DIR/tree; for i in $(seq %d); do luajit %s & done; wait"):format(
      n or 1, script)).out
  end

  local function header(text) run.file("tree/core/a.h", text) end

  it("is run once for a command", function()
    header "int x;"
    for _ = 1, 3 do assert.equal("made\n\n", texts "echo >>count; echo made") end
    assert.equal("1\n", run.run("wc -l <$DIR/tree/count").out)
  end)

  it("is run again when a header changes, with the same length and time too", function()
    header "int x;\n"
    run.run "touch -d 2020-01-01 $DIR/tree/core/a.h"
    assert.equal("int x;\n\n", texts "cpp -P core/a.h")
    header "int y;\n"
    run.run "touch -d 2020-01-01 $DIR/tree/core/a.h"
    assert.equal("int y;\n\n", texts "cpp -P core/a.h")
    assert.equal("1\n", run.run("ls $DIR/tree/build/cpp | wc -l").out)
  end)

  it("is run again when a header comes", function()
    header "int x;\n"
    assert.equal("int x;\n\n", texts "cat core/*.h")
    run.file("tree/core/b.h", "int y;\n")
    assert.equal("int x;\nint y;\n\n", texts "cat core/*.h")
  end)

  it("that fails gives nothing and keeps nothing", function()
    header "int x;"
    for _ = 1, 2 do assert.equal("nil\n", texts "echo >>count; false") end
    assert.equal("2\n", run.run("wc -l <$DIR/tree/count").out)
  end)

  it("may be asked by many at once", function()
    header "int x;\n"
    assert.equal(("int x;\n\n"):rep(12), texts("cpp -P core/a.h", 12))
  end)

  it("works where nothing can be kept", function()
    header "int x;\n"
    run.file("tree/build", "a file")
    assert.equal("int x;\n\n", texts "cpp -P core/a.h")
  end)

  -- The library of this command in that tree, or nil, and how often the command has run.
  local function library(command)
    local script = run.file("make.lua", ([[package.path = "%s/?.lua"
      io.write(tostring(require "spec.support.harness.cpp".library(%q)), "\n")]]):format(top,
      command))
    local path = run.run("cd $DIR/tree; luajit " .. script).out:match "[^\n]+"
    return path, run.run("wc -l <$DIR/tree/count").out
  end

  it("keeps a library until a header changes", function()
    header "int x;\n"
    local make = "echo >>count; cp core/a.h"
    local first, times = library(make)
    assert.same({ first, times }, { library(make) })
    assert.equal("1\n", times)
    assert.equal("int x;\n", run.read(run.dir() .. "/tree/" .. first))
    header "int y;\n"
    local second
    second, times = library(make)
    assert.equal("2\n", times)
    assert.equal("int y;\n", run.read(run.dir() .. "/tree/" .. second))
  end)

  it("has no library where the compiler fails", function()
    header "int x;\n"
    for i = 1, 2 do assert.same({ "nil", i .. "\n" }, { library "echo >>count; false" }) end
  end)
end)
