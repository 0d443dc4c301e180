-- SPDX-License-Identifier: MIT
--
-- Every source file has a spec, and the check for that notices when one has not.
local coverage = require "spec.support.style.coverage"
local covered = require "spec.support.style.covered"

local function tree()
  local files = {}
  local pipe = assert(io.popen "find core lua spec -name '*.c' -o -name '*.lua'")
  for path in pipe:lines() do
    local file = assert(io.open(path, "rb"))
    files[path] = file:read("*a")
    file:close()
  end
  pipe:close()
  return files
end

describe("specs", function()
  it("are there for every file of this tree", function()
    local files = tree()
    assert.is_truthy(files["lua/mtr/init.lua"] and files["core/main.c"])
    assert.same({}, coverage.check(files, covered))
  end)

  local A, SPEC = "lua/mtr/base/a.lua", "spec/unit/lua/base/a_spec.lua"
  local C, OTHER = "core/wire/a.c", "spec/net/b_spec.lua"
  -- what it is, the files, the list, the one fault or none.
  local cases = {
    { "a spec of its own", { [A] = "", [SPEC] = "" }, {} },
    { "a C file's spec", { [C] = "", ["spec/unit/wire/a_spec.lua"] = "" }, {} },
    { "a listed spec", { [A] = "", [OTHER] = "uses a" }, { [A] = { OTHER, "uses a" } } },
    { "declarations alone", { [A] = "---@meta\n" }, {} },
    { "no spec", { [A] = "" }, {},
      A .. ": no " .. SPEC .. ", and no spec that covers it is listed" },
    { "no C spec", { [C] = "" }, {},
      C .. ": no spec/unit/wire/a_spec.lua, and no spec that covers it is listed" },
    { "a file that is gone", { [OTHER] = "a" }, { [A] = { OTHER, "a" } },
      A .. ": listed, but there is no such file" },
    { "a spec that has come", { [A] = "", [SPEC] = "", [OTHER] = "a" }, { [A] = { OTHER, "a" } },
      A .. ": listed, but it has " .. SPEC },
    { "a list for declarations", { [A] = "---@meta", [OTHER] = "a" }, { [A] = { OTHER, "a" } },
      A .. ": listed, but it needs no spec" },
    { "a listed spec that is gone", { [A] = "" }, { [A] = { OTHER, "a" } },
      A .. ": there is no " .. OTHER },
    { "a listed spec that uses it no more", { [A] = "", [OTHER] = "b" }, { [A] = { OTHER, "a" } },
      A .. ": " .. OTHER .. " does not say a" },
  }
  for _, case in ipairs(cases) do
    local name, files, list, fault = unpack(case, 1, 4)
    it((fault and "are missed with " or "are found with ") .. name, function()
      assert.same({ fault }, coverage.check(files, list))
    end)
  end
end)
