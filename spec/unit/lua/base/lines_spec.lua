-- SPDX-License-Identifier: MIT
--
-- Lists as editors of many systems write them.
local lines = require "mtr.base.lines"
local run = require "spec.support.harness.run"

-- What is read of a file with these bytes.
local function read(text)
  run.file("list", text)
  local file, list = assert(io.open(run.dir() .. "/list", "rb")), {}
  for line in lines.of(file) do list[#list + 1] = line end
  file:close()
  while list[#list] == "" do list[#list] = nil end
  return list
end

-- ASCII as UTF-16.
local function wide(text, big)
  return (text:gsub(".", function(c) return big and "\0" .. c or c .. "\0" end))
end

describe("the lines of a list", function()
  teardown(run.clean)

  local WANT = { "10.0.0.1", "b.example", "", "::1" }
  for name, text in pairs {
    ["LF"] = "10.0.0.1\nb.example\n\n::1\n",
    ["CR LF"] = "10.0.0.1\r\nb.example\r\n\r\n::1\r\n",
    ["CR"] = "10.0.0.1\rb.example\r\r::1\r",
    ["no end"] = "10.0.0.1\nb.example\n\n::1",
    ["all three"] = "10.0.0.1\rb.example\n\r\n::1",
  } do
    it(("ended by %s, in every encoding"):format(name), function()
      assert.same(WANT, read(text))
      assert.same(WANT, read("\239\187\191" .. text))
      assert.same(WANT, read("\255\254" .. wide(text)))
      assert.same(WANT, read("\254\255" .. wide(text, true)))
      assert.same(WANT, read(wide(text)))
      assert.same(WANT, read(wide(text, true)))
    end)
  end

  it("of standard input stand in for a dash among words", function()
    run.file("words.lua", [[print(table.concat(require "mtr.base.lines".words(arg), " "))]])
    local got = run.run([[printf 'x # no\r\n\n  y z\n' | "$MTR_PROGRAM" "$DIR"/words.lua a - b]])
    assert.same({ "a x y b\n", "" }, { got.out, got.err })
  end)

  it("may be short, or none", function()
    for text, want in pairs {
      [""] = {}, ["\n"] = {}, ["\r"] = {}, ["\239\187\191"] = {}, ["\255\254"] = {}, a = { "a" },
      ["a\n"] = { "a" }, ["\na"] = { "", "a" }, ["\239\187x"] = { "\239\187x" },
      ["\239"] = { "\239" }, ["ab"] = { "ab" }, ["a\nb"] = { "a", "b" },
    } do
      assert.same(want, read(text), ("%q"):format(text))
    end
  end)

  it("of UTF-16 come as UTF-8, pairs and halves of them too", function()
    assert.same({ "k\195\182", "\240\159\152\128", "\239\191\189x" },
      read "\255\254k\0\246\0\n\0\61\216\0\222\n\0\0\220x\0")
  end)

  it("come one by one while the file is being written", function()
    local got = run.run([[cd $DIR && mkfifo pipe && cat >slow.lua <<'END'
local file = io.open "pipe"
for line in require("mtr.base.lines").of(file) do io.write(line, "\n") io.flush() end
END
exec 4<>pipe; (timeout 120 "$MTR_PROGRAM" slow.lua; echo end) 4>&- >out &
echo x >&4; until grep -q x out; do sleep 0.02; done
echo 10.0.0.1 >&4; until grep -q 10 out; do sleep 0.02; done
exec 4>&-; wait; cat out]])
    assert.equal("x\n10.0.0.1\nend\n", got.out)
  end)
end)
