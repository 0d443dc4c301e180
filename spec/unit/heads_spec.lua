-- SPDX-License-Identifier: MIT
--
-- What lint.lua says of the heads of Lua files: their first sentence, and how they require modules.
local heads = require "spec.support.style.heads"

local HEAD = "-- SPDX-License-Identifier: MIT\n--\n-- Says what it is.\n"

local function faults(text, path)
  local list = {}
  heads.check(path or "lua/mtr/a.lua", text, function(n, message)
    list[#list + 1] = n .. " " .. message
  end)
  return list
end

describe("the head of a Lua file", function()
  it("is a licence and a sentence", function()
    assert.same({}, faults(HEAD))
    assert.same({}, faults("#!/usr/bin/env luajit\n" .. HEAD))
    local none = "no head: the licence, an empty comment, and what the file is"
    assert.same({ "1 " .. none }, faults(HEAD:gsub("\n%-%-\n.*", "\nlocal x = 1\n")))
    assert.same({ "1 " .. none }, faults "local x = 1\n")
    assert.same({ "2 " .. none }, faults "#!/usr/bin/env luajit\nlocal x = 1\n")
  end)

  it("does not begin with the name of the file", function()
    local named = HEAD:gsub("Says", "a.lua: says")
    assert.same({ "3 the head begins with the file's name, not with a sentence" }, faults(named))
    assert.same({}, faults(named, "lua/mtr/b.lua"))
  end)

  -- what stands below the head, and the fault in its last line, if any
  for name, case in pairs {
    ["a module"] = { 'local c = require "mtr.b.c"' },
    ["a member of a module"] = { 'local d = require "mtr.b.c".d' },
    ["a class in a module"] = { 'local C = require "mtr.b.c".class' },
    ["a class of two words"] = { 'local TwoWords = require "mtr.b.two_words"' },
    ["a plural"] = { 'local cs = require "mtr.b.c"\nlocal replies = require "mtr.b.reply"' },
    ["a room and its module"] = { 'local b_c = require "mtr.b.c"' },
    ["a module of others"] = { 'local uv = require "luv"' },
    ["a module whose name is computed"] = { 'local c = require("mtr." .. x)\nrequire(x)' },
    ["a text that is no code"] = { 'f [[\nlocal a = require("mtr.b")]] -- require("mtr.c")\n'
      .. [[f("local a = require('mtr.b')")]] },
    ["parentheses"] = { 'local c = require("mtr.b.c")', 'write require "MODULE"' },
    ["parentheses in a function"] = { 'f()\n  g(require( "mtr.c" ).d)', 'write require "MODULE"' },
    ["other quotes"] = { "local c = require 'mtr.b.c'", 'write require "MODULE"' },
    ["brackets"] = { "local c = require [[mtr.b.c]]", 'write require "MODULE"' },
    ["another name"] = { 'local x = require "mtr.b.c"', "x is no name for mtr.b.c" },
    ["another name in a function"] = { '  local x = require "mtr.b.c"',
      "x is no name for mtr.b.c" },
    ["another name for a member"] = { 'local x = require "mtr.b.c".d',
      "x is no name for mtr.b.c.d" },
    ["two modules in a line"] = { 'local b, c = require "mtr.b", require "mtr.c"',
      "two modules in one line" },
    ["something else in the line"] = { 'local M, c = {}, require "mtr.c"',
      "a module beside something else in one line" },
    ["code above"] = { 'local b = require "mtr.b"\nlocal X = b.X\nlocal c = require "mtr.c"',
      "a module below other code, which begins in line 5" },
    ["a function above"] = { 'local function b()\nend\nlocal c = require "mtr.c"',
      "a module below other code, which begins in line 4" },
    ["a path above"] = { 'package.path = "x"\nlocal jitted = pcall(require, "ffi")\n'
      .. 'if jitted then\n  f()\nend\nlocal c = require "mtr.c"' },
  } do
    it((case[2] and "is at fault with " or "may have ") .. name, function()
      local _, lines = case[1]:gsub("\n", "")
      assert.same({ case[2] and ("%d %s"):format(lines + 4, case[2]) }, faults(HEAD .. case[1]))
    end)
  end
end)
