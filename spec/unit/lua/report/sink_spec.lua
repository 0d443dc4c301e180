-- SPDX-License-Identifier: MIT
--
-- Where reporters write: whole lines, to a file or a function, and what is said when that fails.
local sink = require "mtr.report.sink"
local fds = require "spec.support.harness.fds"
local random = require "spec.support.harness.random"
local run = require "spec.support.harness.run"

local read = run.read

describe("a sink", function()
  teardown(run.clean)

  it("appends to a file, each text at once", function()
    local path, open = run.file("out", "before\n"), fds()
    local s = sink.new("text", path)
    assert.is_true(s:open())
    assert.is_false(s:fresh())
    assert.is_true(s:write "a\nb\n")
    assert.equal("before\na\nb\n", read(path))
    assert.is_true(s:write "c\n")
    assert.equal("before\na\nb\nc\n", read(path))
    assert.is_true(s:close())
    assert.is_nil(s.file.file)
    assert.is_true(s:close())
    assert.equal(open, fds())
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
    assert.is_true(#text >= 2000)
    assert.equal("", rest)
  end)

  it("is cut back to what save() said, with the records that it had collected", function()
    local path = run.dir() .. "/saved.txt"
    for _, kind in ipairs { {}, { buffered = true }, { binary = true } } do
      local s = sink.new("text", path, { overwrite = true }, kind)
      assert.is_true(s:open("head\n", "tail\n"))
      assert.is_true(s:fresh())
      s:write "one\n"
      local data, fd = s:save()
      assert.same({ length = 9, sum = data.sum }, data)
      assert.equal("number", type(data.sum))
      assert.equal("number", type(fd))
      s:write "lost\n"
      assert.is_true(s:close())
      assert.equal("head\none\nlost\ntail\n", read(path))
      s = sink.new("text", path, { overwrite = true }, kind)
      s:restore(data)
      assert.is_true(s:open("head\n", "tail\n"))
      assert.is_false(s:fresh())
      s:write "two\n"
      assert.is_true(s:close())
      assert.equal("head\none\ntwo\ntail\n", read(path))
    end
  end)

  it("collects records if it is buffered, until there is no room or update() is called", function()
    local path = run.dir() .. "/buffered"
    local s = sink.new("text", path, nil, { buffered = true })
    s:open()
    s:write "a\n"
    assert.equal("", read(path))
    s:update()
    assert.equal("a\n", read(path))
    local long = ("x"):rep(sink.SIZE - 3) .. "\n"
    s:write "b\n"
    s:write(long)
    assert.equal("a\n", read(path))
    s:write "c\n"
    assert.is_true("a\nb\n" .. long == read(path))
    s:write(long .. long)
    assert.is_true("a\nb\n" .. long .. "c\n" .. long .. long == read(path))
    s:close()
  end)

  it("packs what it writes into a .gz, whole after each update", function()
    local path = run.dir() .. "/packed.gz"
    for i = 1, 2 do
      local s = sink.new("text", path)
      s:open "head\n"
      assert.equal(i == 1, s:fresh())
      s:write "a\n"
      s:update()
      assert.equal(("head\na\n"):sub(i == 1 and 1 or 6),
        run.run("gzip -dc " .. path).out:sub(i == 1 and 1 or 10))
      s:write "b\n"
      s:close()
    end
    assert.equal("head\na\nb\na\nb\n", run.run("gzip -dc " .. path).out)
  end)

  it("rotates when it is buffered, or packed, each part with its head and tail", function()
    for _, name in ipairs { "buffered.txt", "packed.txt.gz" } do
      local s = sink.new("text", run.dir() .. "/" .. name, { rotate = { size = 5000 } },
        { buffered = true })
      assert.is_true(s:open("head\n", "tail\n"))
      local r, lines = random(4), {}
      for i = 1, 3000 do
        lines[i] = ("%x%x\n"):format(r(2147483646), r(2147483646))
        assert.is_true(s:write(lines[i]))
      end
      assert.is_true(s:close())
      local parts, n = {}, 0
      repeat
        n = n + 1
        local path = ("%s/%s"):format(run.dir(), (name:gsub("%.", (".%04d."):format(n), 1)))
        local packed = name:find "gz"
        local ok, text = pcall(packed and function(p)
          local got = run.run("gzip -dc " .. p)
          return assert(got.status == 0 and got.out)
        end or read, path)
        if ok then
          local body = assert(text:match "^head\n(.*)tail\n$")
          assert.is_true(packed ~= nil or #text <= 5000 + #"head\ntail\n")
          parts[n] = body
        end
      until not ok
      assert.is_true(n > 4)
      assert.is_true(table.concat(lines) == table.concat(parts))
    end
  end)

  it("changes its head and tail while it is open", function()
    local path = run.dir() .. "/frame"
    local s = sink.new("text", path .. ".txt", { rotate = { size = 8 } })
    assert.is_true(s:rotates())
    s:open("one\n", "1\n")
    s:write "a\n"
    s:frame "two\n"
    s:write "bbbbb\n"
    s:frame(nil, "2\n")
    s:close()
    assert.equal("one\na\n1\n", read(path .. ".0001.txt"))
    assert.equal("two\nbbbbb\n2\n", read(path .. ".0002.txt"))
    local text = ""
    s = sink.new("text", function(piece) text = text .. piece return true end)
    assert.is_false(s:rotates())
    s:open "head\n"
    s:frame(nil, "tail\n")
    s:close()
    assert.equal("head\ntail\n", text)
  end)

  it("rotates by size: each part has whole records, a head and a tail", function()
    local base = run.dir() .. "/parts"
    local s = sink.new("text", base .. ".txt", { rotate = { size = 20 } })
    assert.is_true(s:open("head\n", "tail\n"))
    for i = 1, 5 do s:write(("line%d\n"):format(i)) end
    s:close()
    assert.equal("head\nline1\nline2\ntail\n", read(base .. ".0001.txt"))
    assert.equal("head\nline3\nline4\ntail\n", read(base .. ".0002.txt"))
    assert.equal("head\nline5\ntail\n", read(base .. ".0003.txt"))
    s = sink.new("text", base .. ".txt", { rotate = { size = 20 } })
    s:open("head\n", "tail\n")
    assert.is_false(s:fresh())
    s:write "line6\n"
    s:close()
    assert.equal("head\nline6\ntail\n", read(base .. ".0004.txt"))
  end)

  it("rotates only at save() when states are saved, so that nothing is twice", function()
    local base = run.dir() .. "/saving"
    local function open(data)
      local s = sink.new("text", base .. ".txt", { rotate = { size = 10 } })
      if data then s:restore(data) end
      assert.is_true(s:open "head\n")
      return s
    end
    local s = open()
    local first = s:save()
    for i = 1, 3 do s:write(("line%d\n"):format(i)) end
    local second = s:save()                    -- begins part 2
    assert.same({ length = 5, sum = first.sum, part = 1, next = 2 }, first)
    assert.same({ length = 5, sum = second.sum, part = 2, next = 3 }, second)
    s:write "line4\n"
    s:close()
    s = open(second)                           -- line4 is lost
    s:write "line5\n"
    s:close()
    assert.equal("head\nline1\nline2\nline3\n", read(base .. ".0001.txt"))
    assert.equal("head\nline5\n", read(base .. ".0002.txt"))
    s = open(first)                            -- everything is lost, part 2 is written anew
    s:write "line6\n"
    s:write "line7\n"
    s:save()
    s:write "line8\n"
    s:close()
    assert.equal("head\nline6\nline7\n", read(base .. ".0001.txt"))
    assert.equal("head\nline8\n", read(base .. ".0002.txt"))
  end)

  it("fails for good if the next part cannot be opened", function()
    local base = run.dir() .. "/taken"
    local s = sink.new("text", base .. ".txt", { rotate = { size = 10 } })
    s:open()
    s:write "line1\n"
    run.run(("mkdir %s.0002.txt"):format(base))
    s.file.parts.next = 2
    local ok, message, name = s:write "line2\n"
    assert.same({ nil, "EISDIR" }, { ok, name })
    assert.same({ nil, message, name }, { s:write "line3\n" })
    assert.is_true(s:close())
    assert.equal("line1\n", read(base .. ".0001.txt"))
  end)

  it("refuses to write after a failure, with the same message", function()
    local s = sink.new("text", "/dev/full")
    s:open()
    local first = { s:write "a\n" }
    assert.same(first, { s:write "b\n" })
    assert.same({ nil, "ENOSPC" }, { first[1], first[3] })
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
