-- SPDX-License-Identifier: MIT
--
-- Where reporters write: whole lines, to a file or a function, and what is said when that fails.
local sink = require "mtr.report.sink"
local run = require "spec.support.harness.run"

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

describe("a sink", function()
  teardown(run.clean)

  it("writes a file anew, each text at once", function()
    local path = run.file("out", "what was there before")
    local s = sink.new("text", path)
    assert.is_true(s:open())
    assert.is_true(s:write "a\nb\n")
    assert.equal("a\nb\n", read(path))
    assert.is_true(s:write "c\n")
    assert.equal("a\nb\nc\n", read(path))
    assert.is_true(s:close())
    assert.equal("closed file", io.type(s.file))
  end)

  it("gives a function what it is given, and back what that returns", function()
    local got = {}
    local s = sink.new("text", function(text)
      got[#got + 1] = text
      if #got == 2 then return nil, "EIO: no more", "EIO" end
      return true
    end)
    assert.is_true(s:open())
    assert.is_true(s:write "a\n")
    assert.same({ nil, "EIO: no more", "EIO" }, { s:write "b\n" })
    assert.same({ "a\n", "b\n" }, got)
    assert.is_true(s:close())
  end)

  it("is standard output unless told otherwise, and leaves that open", function()
    local got = run.run [[exec luajit -e '
      package.path = "build/lua/?.lua;lua/?.lua;lua/?/init.lua"
      local sink = require "mtr.report.sink"
      io.write "first "
      for _, out in ipairs { false, "-" } do
        local s = sink.new("text", out or nil)
        assert(s:open() and s:write "line\n" and s:close())
      end
      io.write "last"']]
    assert.same({ 0, "first line\nline\nlast", "" }, { got.status, got.out, got.err })
  end)

  it("says which file is full", function()
    local s = sink.new("text", "/dev/full")
    assert.is_true(s:open())
    local ok, message, name = s:write "a\n"
    assert.same({ nil, "ENOSPC" }, { ok, name })
    assert.truthy(message:find("writing /dev/full", 1, true), message)
    assert.is_true(s:close())
  end)

  it("reports that standard output has no reader", function()
    local got = run.run [[{ trap '' PIPE; luajit -e '
      package.path = "build/lua/?.lua;lua/?.lua;lua/?/init.lua"
      local s = require("mtr.report.sink").new "text"
      assert(s:open())
      local ok, message
      repeat ok, message = s:write "a\n" until not ok
      io.stderr:write(message)' 2>"$DIR/err"; } | true; cat "$DIR/err"]]
    assert.truthy(got.out:find "^EPIPE: .*writing standard output$", got.out)
  end)

  it("leaves no half line on a disk that fills up", function()
    local path = run.dir() .. "/limited"
    local got = run.run(([[ulimit -f 4; trap '' XFSZ; exec luajit -e '
      package.path = "build/lua/?.lua;lua/?.lua;lua/?/init.lua"
      local s = require("mtr.report.sink").new("text", "%s")
      assert(s:open())
      for _ = 1, 10 do
        local ok, message, name = s:write(("x"):rep(499) .. "\n" .. ("y"):rep(499) .. "\n")
        if not ok then print(name, message) break end
      end']]):format(path))
    assert.equal("", got.err)
    assert.truthy(got.out:find "^EFBIG\tEFBIG.*writing .*limited", got.out)
    local text = read(path)
    local rest = text:gsub("x+\n", ""):gsub("y+\n", "")
    assert.is_true(#text >= 2000 and rest:find "^ *$" ~= nil)
  end)

  it("makes control characters plain", function()
    assert.equal("a?[0m b??", sink.plain "a\27[0m b\n\127")
  end)
end)

describe("a reporter of a sink", function()
  it("writes what text() returns for each result, with its options", function()
    local got = {}
    local methods = {}
    local module = sink.reporter("demo", methods)
    function methods:text(result) return self.opts.before .. result .. "\n" end
    local reporter = module.new(function(text) got[#got + 1] = text return true end,
      { before = "> " })
    assert.is_true(reporter:start())
    assert.is_true(reporter:trace "one")
    assert.is_true(reporter:trace "two")
    assert.is_true(reporter:finish())
    assert.same({ "> one\n", "> two\n" }, got)
  end)
end)
