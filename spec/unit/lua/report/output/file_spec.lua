-- SPDX-License-Identifier: MIT
--
-- Files of results: appended to, locked, cut back to whole records.
local output_file = require "mtr.report.output.file"
local fds = require "spec.support.harness.fds"
local run = require "spec.support.harness.run"

local read = run.read

describe("an output file", function()
  local open

  before_each(function() open = fds() end)
  after_each(function() assert.equal(open, fds()) end)
  teardown(run.clean)

  it("is made, appended to, and overwritten only if asked to", function()
    local path = run.dir() .. "/made"
    for _, case in ipairs { { "a\n" }, { "a\na\n" }, { "a\n", overwrite = true } } do
      local file = assert(output_file.open(path, { overwrite = case.overwrite }))
      assert.is_true(file:put("a\n", 2))
      assert.equal(#case[1], file.length)
      assert.is_true(file:close())
      assert.equal(case[1], read(path))
    end
  end)

  it("ends a last line that has no end; binary files and restored ones have no lines", function()
    for _, case in ipairs { { "torn", {}, "torn\nx" }, { "torn", { binary = true }, "tornx" },
      { "", {}, "x" }, { "whole\n", {}, "whole\nx" }, { "torn", { length = 2 }, "tox" } } do
      local path = run.file("torn", case[1])
      local file = assert(output_file.open(path, case[2]))
      file:put("x", 1, { 1 })
      file:close()
      assert.equal(case[3], read(path))
    end
  end)

  it("is refused while this process writes to it, and while another one does", function()
    local path = run.dir() .. "/locked"
    local file = assert(output_file.open(path, {}))
    local script = ([[luajit -e '
      package.path = "build/lua/?.lua;lua/?.lua;lua/?/init.lua"
      print(require("mtr.report.output.file").open("%s", { overwrite = true }))']]):format(path)
    file:put("kept\n", 5)
    local self = io.open "/proc/self/stat"
    local pid = self:read "*n"
    self:close()
    assert.equal(("nil\tEAGAIN: %s: another process writes to it (process %d)\tEAGAIN\n"):format(
      path, pid), run.run(script).out)
    assert.equal("kept\n", read(path))
    local again, message, name = output_file.open(path, {})
    assert.is_nil(again)
    assert.equal("EAGAIN", name)
    assert.equal("EAGAIN: " .. path
      .. ": another process writes to it, or another reporter of this one", message)
    file:close()
    assert.truthy(run.run(script).out:find "^table")
  end)

  it("is cut back to where it was whole", function()
    local path = run.file("longer", "one\ntwo\nthr")
    local file = assert(output_file.open(path, { length = 8 }))
    file:put("3\n", 2)
    file:close()
    assert.equal("one\ntwo\n3\n", read(path))
  end)

  it("is not the file of the state if it is shorter", function()
    local path = run.file("shorter", "one\n")
    local file, message, name = output_file.open(path, { length = 8 })
    assert.same({ nil, "EINVAL" }, { file, name })
    assert.equal("EINVAL: " .. path .. " has 4 bytes, but the state says 8: it was changed, or is "
      .. "another file", message)
    assert.equal("one\n", read(path))
  end)

  it("is no terminal if the format is binary", function()
    if not run.has "script" then return pending "needs script(1)" end
    local got = run.run [[script -qec "luajit -e '
      package.path = [=[build/lua/?.lua;lua/?.lua;lua/?/init.lua]=]
      local file = require [=[mtr.report.output.file]=]
      print(file.open([=[-]=], { binary = true }))
      print(file.open([=[-]=], {}) ~= nil)'" /dev/null]]
    assert.truthy(got.out:find("nil\tEINVAL: standard output is a terminal, and the format is "
      .. "binary\tEINVAL", 1, true), got.out)
    assert.truthy(got.out:find "true")
  end)

  it("keeps the whole records that a full disk has room for", function()
    for _, case in ipairs { { "bin", "{ binary = true }" }, { "txt", "{}" },
      { "gz", "{}" } } do
      local path = run.dir() .. "/limited." .. case[1]
      local got = run.run(([[ulimit -f 8; trap '' XFSZ; exec luajit -e '
        package.path = "build/lua/?.lua;lua/?.lua;lua/?/init.lua;?.lua"
        local file = assert(require("mtr.report.output.file").open("%s", %s))
        local ends, text, r = {}, {}, require("spec.support.harness.random")(1)
        for i = 1, 40 do
          for j = 1, 31 do text[#text + 1] = string.char(96 + r(26)) end
          text[#text + 1] = "\n"
          ends[i] = i * 32
        end
        text = table.concat(text)
        for _ = 1, 9 do
          local ok, message, name = file:put(text, #text, %s and ends)
          if not ok then print(name) break end
        end']]):format(path, case[2], tostring(case[1] == "bin")))
      assert.same({ "EFBIG\n", "" }, { got.out, got.err })
      local packed = case[1] == "gz"
      local text = packed and run.run("gzip -dc " .. path) or { out = read(path), err = "" }
      assert.equal("", text.err)
      assert.equal(0, #text.out % (packed and 1280 or 32))
      assert.is_true(#text.out >= (packed and 3 * 1280 or 4096))
    end
  end)

  it("says what cannot be opened", function()
    local file, message, name = output_file.open(run.dir() .. "/none/out", {})
    assert.same({ nil, "ENOENT" }, { file, name })
    assert.truthy(message:find("/none/out", 1, true))
  end)
end)
