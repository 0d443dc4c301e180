-- SPDX-License-Identifier: MIT
--
-- The tree keeps to its floors, and the check for that notices when it does not.
local floors = require "spec.support.style.floors"

local function lines(command)
  local list, pipe = {}, assert(io.popen(command))
  for line in pipe:lines() do
    list[#list + 1] = line
  end
  pipe:close()
  return list
end

local function tree()
  local files = {}
  for _, path in ipairs(lines("find core lua scripts -type f")) do
    local file = assert(io.open(path, "rb"))
    files[path] = file:read("*a")
    file:close()
  end
  return files
end

describe("floors", function()
  it("hold in this tree", function()
    local files = tree()
    assert.is_truthy(files["core/mtr.h"])
    assert.same({}, floors.check(files))
  end)

  it("hold in the top directory", function()
    assert.same({}, floors.strangers(lines("ls -A")))
  end)

  -- path, text, then the one violation, or none.
  local cases = {
    { "core/wire/a.c", '#include "wire/b.h"\n#include "base/c.h"\n' },
    { "core/wire/a.c", '#include "probe/b.h"', "includes probe/b.h from above" },
    { "core/base/a.c", '# include <x.h>\n#include  "wire/b.h"', "includes wire/b.h from above" },
    { "core/net/a.c", '#include "program/b.h"', "includes program/b.h from above" },
    { "core/net/raw/a.c", '#include "net/packet/b.h"', "includes net/packet/b.h from above" },
    { "core/net/host/a.c", '#include "net/raw/b.h"', "includes net/raw/b.h from above" },
    { "core/net/tape/a.c", '#include "net/sim/b.h"' },
    { "core/net/a.c", '#include "other/b.h"', "includes other/b.h, which is in no room" },
    { "core/other/a.c", "", "is in no room" },
    { "core/other.c", "", "is in no room" },
    { "core/probe/a.h", '#include "mtr.h"' },
    { "core/wire/a.h", '#include "mtr.h"', "includes mtr.h below probe" },
    { "core/mtr.h", '#include "base/a.h"', "includes something of ours" },
    { "core/loop/a.c", "#include <uv.h>" },
    { "core/net/a.c", "#include <uv.h>", "includes uv.h" },
    { "core/api/a.c", "#include <uv/unix.h>", "includes uv.h" },
    { "core/probe/a.c", "  now = clock_gettime (1, &t);", "reads a clock with clock_gettime" },
    { "core/probe/a.c", "/* time( */ x = run_time(1); // clock()\n" },
    { "core/probe/a.c", 's = "malloc(1)";' },
    { "core/wire/a.c", "x = malloc(1);", "allocates with malloc" },
    { "core/base/slab.c", "x = malloc(1);" },
    { "core/wire/a.c", "printf(x);", "does stdio with printf" },
    { "core/base/a.c", "x = rand();", "takes chance from outside with rand" },
    { "core/net/a.c", "fd = socket(1, 2, 3); x = malloc(1);" },
    { "core/loop/a.c", "fd = socket(1, 2, 3);", "uses the network with socket" },
    { "lua/mtr/engine/init.lua", 'local lib = require "mtr.lib"' },
    { "lua/mtr/engine/init.lua", 'local t = require "mtr.script.task"',
      "requires mtr.script.task from above" },
    { "lua/mtr/lib.lua", "local e = require('mtr.base.err')", "requires mtr.base.err from above" },
    { "lua/mtr/base/addr.lua", "local e = require [[mtr]]", "requires mtr from above" },
    { "lua/mtr/base/addr.lua", "pcall(require, 'mtr.script.task')",
      "requires mtr.script.task from above" },
    { "lua/mtr/script/task.lua", "-- require 'mtr.init'\n--[[ require 'mtr.cli' ]]" },
    { "lua/mtr/engine/pick.lua", "local r = require 'mtr.report.csv'",
      "requires mtr.report.csv from above" },
    { "lua/mtr/script/csv.lua", "local r = require 'mtr.report.jsonl'" },
    { "lua/mtr/script/task.lua", "require 'mtr.nowhere'",
      "requires mtr.nowhere, which is in no room" },
    { "lua/mtr/other.lua", "", "is in no room" },
    { "lua/mtr/strategy/a.lua", "local m = require 'mtr.strategy.builtin.mda'" },
    { "lua/mtr/strategy/builtin/parts/a.lua", "local m = require 'mtr.strategy.builtin.mda'",
      "requires mtr.strategy.builtin.mda from above" },
    { "lua/mtr/strategy/builtin/a.lua", "local r = require 'mtr.strategy.registry'",
      "requires mtr.strategy.registry from above" },
    { "lua/mtr/cli.lua", "local m = require 'mtr'", "requires mtr from above" },
    { "lua/mtr/lib.lua", "ffi.cdef(require 'mtr.cdef') ffi.load 'mtr'" },
    { "lua/mtr/script/task.lua", "ffi.cdef [[int x;]]", "uses ffi.cdef or ffi.load" },
    { "lua/mtr/script/task.lua", "local C = ffi.load('mtr')", "uses ffi.cdef or ffi.load" },
    { "lua/mtr/script/task.lua", "require 'mtr.cdef'", "requires mtr.cdef" },
    { "scripts/a.lua", 'local mtr, json = require "mtr", require "cjson"' },
    { "scripts/a.lua", 'local task = require "mtr.script.task"', "requires mtr.script.task" },
    { "scripts/doc/a.lua", 'local b, c = require "scripts.doc.b", require "mtr.base.check"' },
    { "scripts/doc/a.lua", 'local run = require "spec.support.harness.run"',
      "requires spec.support.harness.run" },
  }
  for _, case in ipairs(cases) do
    local path, text, violation = unpack(case, 1, 3)
    local name = violation and "are broken when %s %s" or "are kept by %s: %s"
    it(name:format(path, violation or text:gsub("\n", " ")), function()
      assert.same({ violation and path .. ": " .. violation }, floors.check { [path] = text })
    end)
  end

  -- Files of core/ by name, then what is reported of them.
  local A, B = "int a_x(void) { return b_x(); }", "int b_x(void) { return 1; }"
  local tangles = {
    ["are kept by an arrow from one file to another"] = { { ["base/a.c"] = A, ["base/b.c"] = B } },
    ["are broken by calls in a circle"] = {
      { ["base/a.c"] = A, ["base/b.c"] = "char c(void) { return '{'; }\n"
        .. "char *d(void) { return \"}\\\"}\"; }\nint b_x(void) { if (a_x()) return 2; }" },
      "circle: core/base/a -> core/base/b (b_x) -> core/base/a (a_x)" },
    ["are broken by calls in a circle, declared in a header of a third file"] = {
      { ["base/a.c"] = '#include "base/c.h"\n' .. A,
        ["base/c.h"] = "int a_x(void);\nint b_x(void);",
        ["base/b.c"] = '#include "base/c.h"\nint b_x(void) { return a_x(); }' },
      "circle: core/base/a -> core/base/b (b_x) -> core/base/a (a_x)" },
    ["are broken by calls in a circle through mtr.h"] = {
      { ["mtr.h"] = "int mtr_a(void);\nint mtr_b(void);",
        ["api/a.c"] = '#include "mtr.h"\nint mtr_a(void) { return mtr_b(); }',
        ["api/b.c"] = '#include "mtr.h"\nint mtr_b(void) { return mtr_a(); }' },
      "circle: core/api/a -> core/api/b (mtr_b) -> core/api/a (mtr_a)" },
    ["are broken by a call upward through mtr.h"] = {
      { ["mtr.h"] = "int mtr_a(void);", ["api/a.c"] = "int mtr_a(void) { return 1; }",
        ["loop/b.c"] = '#include "mtr.h"\nint b_x(void) { return mtr_a(); }' },
      "core/loop/b: uses mtr_a of core/api/a from above" },
    ["are broken by a header that uses who includes it"] = {
      { ["base/a.h"] = '#include "base/b.h"', ["base/b.h"] = "int b_x(void);",
        ["base/b.c"] = '#include "base/a.h"\nint b_x(void) { return 1; }' },
      "circle: core/base/a -> core/base/b (base/b.h) -> core/base/a (base/a.h)" },
    ["are broken by a circle of three"] = {
      { ["wire/a.c"] = A, ["wire/b.c"] = "int b_x(void) { return c_x(); }",
        ["wire/c.c"] = "static int d(void) { return a_x(); }\nint c_x(void) { return d(); }" },
      "circle: core/wire/a -> core/wire/b (b_x) -> core/wire/c (c_x) -> core/wire/a (a_x)" },
    ["are broken by a function whose address is taken"] = {
      { ["base/a.c"] = "int a_x(void) { return b_x(); }",
        ["base/b.c"] = "int b_x(void) { return run(&a_x); }" },
      "circle: core/base/a -> core/base/b (b_x) -> core/base/a (a_x)" },
    ["are broken by an inline function of a header"] = {
      { ["base/a.h"] = "static inline int a_x(void) { return b_x(); }",
        ["base/b.c"] = "int b_x(void) { return a_x(); }" },
      "circle: core/base/a -> core/base/b (b_x) -> core/base/a (a_x)" },
    ["do not mind a static function, a field, a struct or a text of the same name"] = {
      { ["base/a.c"] = "int a_x(void) { return b_x() + c_x(); }\nint same(void) { return 1; }",
        ["base/b.c"] = "static int same(void) { return 2; }\nint b_x(void) { return same(); }",
        ["base/c.c"] = 'int c_x(struct a_x *p) { p->a_x = p.a_x; put("a_x()"); /* a_x() */ }' } },
  }
  for name, case in pairs(tangles) do
    it(name, function()
      local files = {}
      for path, text in pairs(case[1]) do files["core/" .. path] = text end
      assert.same({ case[2] }, floors.check(files))
    end)
  end

  -- Files of lua/mtr by name, then what is reported of them.
  local rounds = {
    ["of two Lua files"] = { { ["base/a"] = 'require "mtr.base.b"',
      ["base/b"] = "local a = require('mtr.base.a')" },
      "lua/mtr/base/a.lua -> lua/mtr/base/b.lua (mtr.base.b) -> lua/mtr/base/a.lua (mtr.base.a)" },
    ["of three, behind one that is in none"] = { { ["base/a"] = 'require "mtr.base.b"',
      ["base/b"] = 'require "mtr.base.c"', ["base/c"] = 'require "mtr.base.d"',
      ["base/d"] = 'require "mtr.base.b"' },
      "lua/mtr/base/b.lua -> lua/mtr/base/c.lua (mtr.base.c) -> lua/mtr/base/d.lua (mtr.base.d)"
        .. " -> lua/mtr/base/b.lua (mtr.base.b)" },
    ["inside a function"] = {
      { ["base/a"] = 'return { b = function() return require "mtr.base.b" end }',
      ["base/b"] = 'require "mtr.base.a"' },
      "lua/mtr/base/a.lua -> lua/mtr/base/b.lua (mtr.base.b) -> lua/mtr/base/a.lua (mtr.base.a)" },
    ["of a room's init and a file"] = { { ["sim/init"] = 'require "mtr.sim.b"',
      ["sim/b"] = 'require "mtr.sim"' },
      "lua/mtr/sim/b.lua -> lua/mtr/sim/init.lua (mtr.sim) -> lua/mtr/sim/b.lua (mtr.sim.b)" },
    ["not in a comment"] = { { ["base/a"] = 'require "mtr.base.b"',
      ["base/b"] = '-- require "mtr.base.a"' } },
    ["not by two ways to one"] = { { ["base/a"] = 'require "mtr.base.b" require "mtr.base.c"',
      ["base/b"] = 'require "mtr.base.c"', ["base/c"] = "" } },
  }
  for name, case in pairs(rounds) do
    it("see a circle " .. name, function()
      local files = {}
      for path, text in pairs(case[1]) do files["lua/mtr/" .. path .. ".lua"] = text end
      assert.same({ case[2] and "circle: " .. case[2] }, floors.check(files))
    end)
  end

  it("name a stranger in the top directory", function()
    assert.same({ "notes.txt" }, floors.strangers { ".git", "core", "notes.txt", "Makefile" })
  end)
end)
