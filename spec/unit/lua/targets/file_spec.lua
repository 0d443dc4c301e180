-- SPDX-License-Identifier: MIT
--
-- Lists as they are found: bad lines are told with their numbers, and reading goes on.
local addr = require "mtr.base.addr"
local lib = require "mtr.lib"
local targets = require "mtr.targets"
local mtr = require "mtr"
local run = require "spec.support.harness.run"

local bytes = lib.new "uint8_t[16]"

-- What is in a file with this text: addresses, "name NAME", "bad MESSAGE"; the error at its end.
local function drain(text, change)
  run.file("list", text)
  local chain = assert(targets.file(run.dir() .. "/list"))
  if change then chain = change(chain) end
  local list = {}
  while true do
    local kind, what, name = chain:next(bytes)
    if not kind then
      if name then list[#list + 1] = "error " .. what end
      return (table.concat(list, ", "):gsub(run.dir():gsub("%p", "%%%0") .. "/", ""))
    end
    list[#list + 1] = kind > 0 and addr.format(bytes, kind) or (kind == 0 and "name " or "bad ")
      .. what
  end
end

describe("a file of targets", function()
  teardown(run.clean)

  local ENDS = { LF = "\n", CR = "\r", ["CR LF"] = "\r\n" }
  local function wide(text, big) return (text:gsub(".", big and "\0%0" or "%0\0")) end
  for name, line_end in pairs(ENDS) do
    it("is the same in each encoding, with " .. name, function()
      local text = ("# all|10.0.0.1 # one||a.example|  2001:db8::1|10.0.0.1 x|300.1.2.3|"
        .. "10.0.0.4/31|"):gsub("|", line_end)
      local want = '10.0.0.1, name a.example, 2001:db8::1, bad EINVAL: list, line 6: a second '
        .. 'word, "x": a line has one target, bad EINVAL: list, line 7: "300.1.2.3" is not an IPv4 '
        .. 'or IPv6 address, 10.0.0.4, 10.0.0.5'
      for _, form in ipairs { text, "\239\187\191" .. text, "\255\254" .. wide(text),
        "\254\255" .. wide(text, true) } do
        assert.equal(want, drain(form))
      end
    end)
  end

  it("tells what is wrong with a line, with its number", function()
    for line, message in pairs {
      ["10.0.0.2\0"] = "the line contains a zero byte: is this a list?",
      ["10.0.0.2\0" .. "10.0.0.3"] = "the line contains a zero byte: is this a list?",
      ["300.1.2.3"] = '"300.1.2.3" is not an IPv4 or IPv6 address',
      ["10.0.0"] = '"10.0.0" is not an IPv4 or IPv6 address',
      ["10.0.0.0/33"] = '"10.0.0.0/33" is not a prefix such as 192.0.2.0/24 or 2001:db8::/120',
      ["10.0.0.1,10.0.0.2 3"] = 'a second word, "3": a line has one target',
      ["10.0.0.1 10.0.0.2"] = 'a second word, "10.0.0.2": a line has one target',
      [("x"):rep(70000)] = "the line is too long: is this a list?",
    } do
      local got = drain("10.0.0.1\n\n" .. line .. "\n10.0.0.9\n")
      local want = "10.0.0.1, bad EINVAL: list, line 3: " .. message
      assert.equal(want, got:sub(1, #want))
      assert.equal(", 10.0.0.9", got:sub(-10))
    end
    assert.equal('bad ENODEV: list, line 1: no such device: the zone in "fe80::1%nowhere"',
      drain "fe80::1%nowhere\n")
  end)

  it("may end without a newline, and says so if its last line is wrong", function()
    assert.equal("10.0.0.1, 10.0.0.2", drain "10.0.0.1\n10.0.0.2")
    assert.equal('10.0.0.1, bad EINVAL: list, line 2: "10.0." is not an IPv4 or IPv6 address; '
      .. "the file ends within this line: is it whole?", drain "10.0.0.1\n10.0.")
  end)

  it("without targets is an error", function()
    for _, text in ipairs { "", "\n\n", "# nothing\n", "\255\254", "\239\187\191" } do
      assert.equal("error ENODATA: there are no targets in list", drain(text))
      assert.equal("error ENODATA: there are no targets in list",
        drain(text, function(c) return c:shuffle(1) end))
    end
  end)

  it("that is a program is bad lines, and no end", function()
    local got = drain("\127ELF\2\1\1\0\0\0\nxx\1\0\0>\0\n10.0.0.1\n")
    local bad = "bad EINVAL: list, line %d: the line contains a zero byte: is this a list?"
    assert.equal(bad:format(1) .. ", " .. bad:format(2) .. ", 10.0.0.1", got)
  end)

  it("may have columns", function()
    local function column(n, separator)
      return function(c) return c:column(n, separator) end
    end
    assert.equal("10.0.0.2, bad EINVAL: list, line 2: there is no column 2, 10.0.0.4",
      drain("a 10.0.0.2 x\nb\n  c\t10.0.0.4\n", column(2)))
    assert.equal("10.0.0.1, name a b, 10.0.0.3",
      drain('10.0.0.1,x\n"a b",y\n 10.0.0.3 ,\n', column(1, ",")))
    assert.equal('10.0.0.1, bad EINVAL: list, line 2: a target must be an address, a prefix or a '
      .. 'name, got "", bad EINVAL: list, line 3: there is no column 3',
      drain("a,b,10.0.0.1\na,b,\na,b\n", column(3, ",")))
    assert.equal("2001:db8::1, 10.0.0.0, 10.0.0.1",
      drain("x|2001:db8::1\ny|10.0.0.0/31\n", column(2, "|")))
    assert.equal("10.0.0.4, 10.0.0.2",
      drain("a 10.0.0.2\nb 10.0.0.4\n", function(c) return c:column(2):shuffle(3) end))
  end)

  it("gives one or some random addresses of each prefix", function()
    run.file("list", "10.0.0.0/23\n2001:db8::/47\n192.0.2.1\n10.0.3.128/25\n")
    local got = {}
    for text in assert(targets.file(run.dir() .. "/list", { each = 24, each6 = 48 })) do
      got[#got + 1] = text
    end
    assert.equal("10.0.0.0 10.0.1.0 2001:db8:: 2001:db8:1:: 192.0.2.1 10.0.3.128",
      table.concat(got, " "))
    local count = {}
    for text in assert(targets.file(run.dir() .. "/list", { each = 24, random = 3, seed = 5 })) do
      local part = text:match "^10%.0%.%d" or text:match "^2001:db8:[01]:" or text
      count[part] = (count[part] or 0) + 1
    end
    assert.same({ 3, 3, 3, 1 }, { count["10.0.0"], count["10.0.1"], count["10.0.3"],
      count["192.0.2.1"] })
  end)

  it("gives its bad lines to on_error, and the campaign counts them and goes on", function()
    run.file("list", "10.0.0.2\n10.0.0.2 x\n300.1.2.3\na\0b\n10.0.0.2")
    local engine = assert(mtr.engine { sim = { nodes = { me = "10.0.0.1", dst = "10.0.0.2" },
      links = { { "me", "dst" } } } })
    local told = {}
    local summary = assert(mtr.campaign({
      engine = engine, targets = mtr.targets.file(run.dir() .. "/list"),
      on_error = function(message, target, name) told[#told + 1] = { message, target, name } end,
    }):run())
    assert.same({ 5, 2, 3 }, { summary.targets, summary.traces, summary.failed })
    assert.same({ EINVAL = 3 }, summary.errors)
    local place = "EINVAL: " .. run.dir() .. "/list, line "
    assert.same({
      { place .. '2: a second word, "x": a line has one target', "10.0.0.2 x", "EINVAL" },
      { place .. '3: "300.1.2.3" is not an IPv4 or IPv6 address', "300.1.2.3", "EINVAL" },
      { place .. "4: the line contains a zero byte: is this a list?", "a\0b", "EINVAL" },
    }, told)
    engine:close()
  end)

  it("that is empty or missing ends a campaign with its message", function()
    local engine = assert(mtr.engine { sim = { nodes = { me = "10.0.0.1" } } })
    run.file("list", "")
    local path = run.dir() .. "/list"
    local c = mtr.campaign { engine = engine, targets = mtr.targets.file(path):shuffle(1) }
    assert.same({ nil, "ENODATA: there are no targets in " .. path, "ENODATA" }, { c:run() })
    c = mtr.campaign { engine = engine, targets = mtr.targets.cidr "::1":exclude(path .. "x") }
    assert.equal("ENOENT", (select(3, c:run())))
    assert.error_matches(function()
      mtr.campaign { engine = engine, targets = assert(mtr.targets.file(path .. "x")):shuffle(1) }
    end, "ENOENT: no such file or directory: " .. path .. "x", 1, true)
    engine:close()
  end)

  it("on standard input is read once, and can be shuffled only if it is a file", function()
    run.file("list", "10.0.0.1\n10.0.0.2\n")
    run.file("read.lua", [[local chain = require("mtr").targets.stdin()
      if arg[1] then chain = chain:shuffle(1) end
      for target in chain do print(target) end]])
    local program = '"$MTR_PROGRAM" $DIR/read.lua'
    assert.equal("10.0.0.1\n10.0.0.2\n", run.run("cat $DIR/list | " .. program).out)
    assert.equal(2, select(2, run.run(program .. " x <$DIR/list").out:gsub("\n", "")))
    assert.truthy(run.run("cat $DIR/list | " .. program .. " x").err:find(
      "standard input can be read only once: write it to a file, and shuffle that", 1, true))
  end)
end)
