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
    { "core/net/a.c", '#include "other/b.h"', "includes other/b.h, which is on no floor" },
    { "core/other/a.c", "", "is on no floor" },
    { "core/other.c", "", "is on no floor" },
    { "core/probe/a.h", '#include "mtr.h"' },
    { "core/wire/a.h", '#include "mtr.h"', "includes mtr.h below probe" },
    { "core/mtr.h", '#include "base/a.h"', "includes something of ours" },
    { "core/loop/a.c", "#include <uv.h>" },
    { "core/net/a.c", "#include <uv.h>", "includes uv.h" },
    { "core/mtr.c", "#include <uv/unix.h>", "includes uv.h" },
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
      "requires mtr.nowhere, which is on no floor" },
    { "lua/mtr/other.lua", "", "is on no floor: name it in spec/support/style/floors.lua" },
    { "lua/mtr/lib.lua", "ffi.cdef(require 'mtr.cdef') ffi.load 'mtr'" },
    { "lua/mtr/script/task.lua", "ffi.cdef [[int x;]]", "uses ffi.cdef or ffi.load" },
    { "lua/mtr/script/task.lua", "local C = ffi.load('mtr')", "uses ffi.cdef or ffi.load" },
    { "lua/mtr/script/task.lua", "require 'mtr.cdef'", "requires mtr.cdef" },
    { "scripts/a.lua", 'local mtr, json = require "mtr", require "cjson"' },
    { "scripts/a.lua", 'local task = require "mtr.script.task"', "requires mtr.script.task" },
  }
  for _, case in ipairs(cases) do
    local path, text, violation = unpack(case, 1, 3)
    local name = violation and "are broken when %s %s" or "are kept by %s: %s"
    it(name:format(path, violation or text:gsub("\n", " ")), function()
      assert.same({ violation and path .. ": " .. violation }, floors.check { [path] = text })
    end)
  end

  it("name a stranger in the top directory", function()
    assert.same({ "notes.txt" }, floors.strangers { ".git", "core", "notes.txt", "Makefile" })
  end)
end)
