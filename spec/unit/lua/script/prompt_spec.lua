-- SPDX-License-Identifier: MIT
--
-- The prompt of mtrlua -i, on a terminal and with lines that come from a pipe.
local runs = require "spec.support.harness.run"
local run = runs.run

local NET = [[return { nodes = { me = "192.0.2.1", r = "198.51.100.1", web = "203.0.113.9" },
  links = { { "me", "r", delay = "2ms" }, { "r", "web", delay = "5ms" } } }]]

-- Types at the prompt on a terminal; returns what it showed.
local function typed(steps, before)
  runs.file("net.lua", NET)
  runs.file("steps", steps)
  local got = run((before or "") .. "HOME=$DIR python3 spec/support/real/typed.py $DIR/steps "
    .. "$MTR_PROGRAM --sim $DIR/net.lua -i")
  assert.same({ 0, "" }, { got.status, got.err }, got.out)
  return got.out
end

-- Gives it lines without a terminal.
local function piped(lines, options)
  runs.file("net.lua", NET)
  runs.file("lines", lines)
  return run("$MTR_PROGRAM --sim $DIR/net.lua " .. (options or "") .. " -i <$DIR/lines")
end

describe("the prompt", function()
  after_each(runs.clean)

  it("has mtr, waits in each line, and shows results", function()
    typed [[
see >
type 6 * 7\n
see 42
type mtr.trace("web").stop_reason\n
see "completed"
type return mtr.trace("web").hops[1]\n
see addr = "198.51.100.1",
see >
type \x04
end 0
]]
  end)

  it("edits lines, and remembers them, also in the next run", function()
    typed [[
see >
type 6 * 8\x02\x7f\x7f\x7f\x7f7 * \n
see 56
type \x1b[A + 1\n
see 57
see >
type \x04
end 0
]]
    typed [[
see >
type \x1b[A + 1\n
see 58
see >
type \x04
end 0
]]
  end)

  it("goes on with an incomplete line", function()
    typed [[
see >
type for i = 1, 2 do\n
see >>
type print("n" .. i) end\n
see n2
see >
type \x04
end 0
]]
  end)

  it("lets tasks go on while a line is typed", function()
    typed [[
see >
type mtr.go(function() mtr.sleep(200) print("back".."ground") end) return "first"\n
see "first"
see background
type \x04
end 0
]]
  end)

  it("ends a line at ^C, be it typed, waiting or busy, and not the program", function()
    typed [[
see >
type print("never")\x03
see >
type print("wai".."ting") print("got", mtr.readable(0))\n
see waiting
type \x03
see interrupted
see >
type print("bu".."sy") while true do end\n
see busy
type \x03
see interrupted
see >
type mtr.trace("web").stop_reason\n
see "completed"
see >
type \x04
end 0
]]
  end)

  it("ends at SIGTERM, and as a script chooses", function()
    typed "see >\ntype os.execute('kill $PPID')\\n\nend 143\n"
    typed "see >\ntype os.exit(7)\\n\nend 7\n"
  end)

  it("says which package edits lines, and reads them without it", function()
    runs.file("empty", "")
    run "mkdir $DIR/lib && cp $DIR/empty $DIR/lib/libreadline.so.8"
    local shown = typed([[
see libreadline8
see >
type 6 * 7\n
see 42
see >
type \x04
end 0
]], "LD_LIBRARY_PATH=$DIR/lib ")
    assert.truthy(shown:find "apt%-get install libreadline8")
  end)

  it("reads lines without a terminal, and prints only what they print", function()
    assert.same({ 0, '2\nhi\t3\nnil\t"b"\n', "" }, (function(got)
      return { got.status, got.out, got.err }
    end)(piped '1 + 1\nprint("hi",\n3)\nx = 5\n\n= nil, "b"'))
  end)

  it("shows errors with their place, and goes on", function()
    local got = piped 'error "boo"\n)\nmtr.trace(1)\n1\n'
    assert.same({ 0, "1\n" }, { got.status, got.out })
    assert.truthy(got.err:find "prompt:1: boo\nstack traceback:" and got.err:find "near '%)'"
      and got.err:find "trace: dst must be an address", got.err)
  end)

  it("comes after -e and a script", function()
    runs.file("script.lua", "print('script', ...) x = 7")
    assert.equal("e\nscript\ta\n7\n", run("echo x >$DIR/l; $MTR_PROGRAM -i -e 'print \"e\"' "
      .. "$DIR/script.lua a <$DIR/l").out)
  end)
end)
