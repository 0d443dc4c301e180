-- SPDX-License-Identifier: MIT
--
-- The plugin for Neovim, in an editor without a screen: :Mtr, :checkhealth mtr, the help file.
local loopback = require "spec.support.real.loopback"
local run = require "spec.support.harness.run"

local missing = loopback.missing()

-- What every chunk has: say() prints, text() is the text of the current buffer, soon() lets the
-- editor go on until a function returns true.
local PRELUDE = [[
local function say(...) io.write(table.concat({ ... }, " "), "\n") end
local function text() return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n") end
local function soon(fn) return vim.wait(30000, fn, 5) end
local errors = {}
function vim.notify(message) errors[#errors + 1] = message end
]]

local CLONE = "--cmd 'set runtimepath^=scripts/nvim' "

-- Runs a chunk in Neovim, by default with nothing set but the runtimepath; returns what it printed.
local function nvim(chunk, how)
  run.file("chunk.lua", PRELUDE .. chunk .. '\nvim.cmd "qa!"\n')
  local got = run.run('HOME="$DIR" XDG_STATE_HOME="$DIR" NVIM_LOG_FILE="$DIR/log" '
    .. (how or "env -u MTR_LIB -u LUA_PATH ") .. "nvim --headless -n -u NORC -i NONE "
    .. (how and "" or CLONE) .. '-c "luafile $DIR/chunk.lua" </dev/null')
  assert.equal(0, got.status, got.err)
  return got.out, got.err
end

describe(":Mtr", function()
  teardown(run.clean)

  local function it_sends(name, fn)
    it(name, function() return missing and pending(missing) or fn() end)
  end

  it_sends("shows a path that lives, beside the timers of the editor", function()
    local out, problems = nvim [[
      local ticks, timer = 0, vim.loop.new_timer()
      timer:start(1, 1, function() ticks = ticks + 1 end)
      vim.cmd "Mtr 127.0.0.1 interval=50 -n"
      say(vim.bo.buftype, vim.bo.filetype, tostring(vim.bo.modifiable))
      local function sent() return tonumber(text():match "\n1 +127%.0%.0%.1 +(%d+)") or 0 end
      say(tostring(soon(function() return sent() >= 3 end)))
      local before = sent()
      say(tostring(soon(function() return sent() > before end)))
      say(tostring(soon(function() return ticks >= 20 end)), text():match "^[^\n]*")]]
    assert.equal("", problems)
    assert.equal("nofile mtr false\ntrue\ntrue\ntrue Mtr 127.0.0.1\n", out)
  end)

  it_sends("shows the name of an address, made safe", function()
    local out = nvim [[
      local names = { "evil\27[2J\nname" }
      function vim.loop.getnameinfo(_, done)
        vim.loop.new_timer():start(1, 0, function() done(nil, names[1]) end)
      end
      vim.cmd "Mtr 127.0.0.1"
      local shown = "\n1   evil??2J?name (127.0.0.1)"
      say(tostring(soon(function() return text():find(shown, 1, true) end)))
      vim.cmd "bwipeout"
      vim.cmd "Mtr localhost -4"
      say(tostring(soon(function() return text():find "^Mtr localhost %(127%.0%.0%.1%)\n" end)))]]
    assert.equal("true\ntrue\n", out)
  end)

  it_sends("stops the trace when its buffer is closed", function()
    local out = nvim [[
      local mtr = require "mtr"
      for _, close in ipairs { "bwipeout", "quit", "hide", "normal q" } do
        vim.cmd "Mtr 127.0.0.1 interval=50"
        soon(function() return text():find "\n1 " end)
        local buffer = vim.api.nvim_get_current_buf()
        vim.cmd(close)
        say(close, tostring(vim.api.nvim_buf_is_valid(buffer)),
          tostring(soon(function() return mtr.default().work == 0 end)))
      end]]
    assert.equal("bwipeout false true\nquit false true\nhide false true\n"
      .. "normal q false true\n", out)
  end)

  it_sends("ends after so many rounds, and says so", function()
    local out = nvim [[
      vim.cmd "Mtr 127.0.0.1 interval=20 rounds=3 -n"
      soon(function() return text():find "ended" end)
      say((text():gsub("[%d.]+ +[%d.]+ +[%d.]+ +[%d.]+\n", "\n"):gsub("\nhop.-\n", "\n")))]]
    assert.equal("Mtr 127.0.0.1\n\n1   127.0.0.1" .. (" "):rep(39) .. "3    0.0%      \n\n"
      .. "The trace has ended.\n", (out:gsub("%% +", "%%      ")))
  end)

  it_sends("says what is wrong, in the buffer or as a message", function()
    local out = nvim [[
      vim.cmd "Mtr no.such.name.invalid"
      say(tostring(soon(function() return text():find "\nE%u+: name .no.such.name.invalid. " end)))
      local windows = #vim.api.nvim_list_wins()
      for _, words in ipairs { "127.0.0.1 max_tl=3", "-n", "127.0.0.1 b", "127.0.0.1 -z",
        "127.0.0.1 interval=x", "127.0.0.1 rounds=0", "127.0.0.1 port=5",
        "127.0.0.1 strategy=mda" } do
        vim.cmd("Mtr " .. words)
        say(table.remove(errors))
      end
      say(tostring(windows == #vim.api.nvim_list_wins()))]]
    assert.equal([[
true
Mtr: trace: unknown option "max_tl"; did you mean "max_ttl"?
Mtr: give an address or a name
Mtr: what is b?
Mtr: what is -z?
Mtr: interval must be a number from 1, got x
Mtr: rounds must be a number from 1, got 0
Mtr: trace: port needs protocol "udp" or "tcp"
Mtr: the strategy is always rounds
true
]], out)
  end)

  it("completes its words", function()
    assert.equal("max_ttl= \nprotocol= port= \n", (nvim [[
      local complete = require("mtr.nvim").complete
      say(table.concat(complete "max", " "), "")
      say(table.concat(complete "p", " "), "")]]))
  end)

  it_sends("may be sourced again and again", function()
    local out = nvim [[
      local function open() return #vim.fn.readdir "/proc/self/fd" end
      vim.cmd "Mtr 127.0.0.1 interval=20 -n"
      soon(function() return text():find "\n1 " end)
      local before, path = open(), package.path
      for _ = 1, 20 do vim.cmd "source scripts/nvim/plugin/mtr.lua" end
      say(open() - before, tostring(path == package.path))
      vim.cmd "Mtr 127.0.0.2 interval=20 -n"
      say(tostring(soon(function() return text():find "\n1   127.0.0.2" end)), open() - before)]]
    assert.equal("0 true\ntrue 0\n", out)
  end)

  it_sends("lets hooks of users call the editor, and tasks wait", function()
    local out, problems = nvim [[
      local mtr = require "mtr"
      local done
      mtr.go(function()
        local result = mtr.trace("127.0.0.1", { on_hop = function(_, hop)
          vim.api.nvim_buf_set_lines(0, 0, -1, false, { hop.addr })
        end })
        done = result.stop_reason .. " " .. tostring(vim.in_fast_event()) .. " " .. text()
      end)
      say(tostring(done))
      soon(function() return done end)
      say(done)]]
    assert.equal("", problems)
    assert.equal("nil\ncompleted false 127.0.0.1\n", out)
  end)
end)

describe(":checkhealth mtr", function()
  teardown(run.clean)

  it("names the library and the transport", function()
    if missing then pending(missing) end
    local out = nvim [[vim.cmd "checkhealth mtr" say(text())]]
    assert(out:find "OK:? the library is loaded: mtr %d" and not out:find "ERROR", out)
    assert(out:find "OK:? probes are sent by the transport raw: ", out)
  end)

  it("says what to do without a privilege", function()
    local drop = "setpriv --bounding-set=-all --inh-caps=-all "
    if run.run(drop .. "true").status ~= 0 then pending "needs root and setpriv" end
    local path = os.getenv "PATH"
    run.run 'mkdir -p "$DIR/bin"; ln -sf "$(command -v nvim)" "$DIR/bin/nvim"'
    local out = nvim([[
      vim.opt.runtimepath:prepend "scripts/nvim"
      vim.cmd "source scripts/nvim/plugin/mtr.lua"
      vim.cmd "checkhealth mtr" say(text())]], drop .. 'env PATH="$DIR/bin" ')
    assert(path and out:find "OK:? probes are sent by the transport user: ", out)
    assert(out:find "WARNING:? it cannot send: icmp" and out:find "install mtr%-packet", out)
  end)

  it("says what to do without the library", function()
    local out = nvim([[
      vim.opt.runtimepath:prepend "scripts/nvim"
      package.path = ""
      vim.cmd "checkhealth mtr" say(text())]], "env MTR_LIB=/none ")
    assert(out:find "ERROR:? the library does not load: " and out:find "run make", out)
  end)
end)

describe("the help of the plugin", function()
  teardown(run.clean)

  it("is found by its tags, which are those of the file", function()
    local out = nvim [[
      for _, tag in ipairs { "mtr", ":Mtr", "mtr-install", "mtr-lua" } do
        vim.cmd("help " .. tag)
        say(vim.fn.fnamemodify(vim.api.nvim_buf_get_name(0), ":t"),
          tostring(vim.api.nvim_get_current_line():find("*" .. tag .. "*", 1, true) ~= nil))
      end]]
    assert.equal(("mtr.txt true\n"):rep(4), out)
    run.run 'mkdir -p "$DIR/doc"; cp scripts/nvim/doc/mtr.txt "$DIR/doc"'
    nvim('vim.cmd("helptags ' .. run.dir() .. '/doc")')
    assert.equal(run.read "scripts/nvim/doc/tags", run.read(run.dir() .. "/doc/tags"))
  end)
end)

describe("an installed plugin", function()
  teardown(run.clean)

  it("needs no settings", function()
    if missing then pending(missing) end
    local made = run.run 'make -s install DESTDIR="$DIR" PREFIX=/usr'
    assert.same({ 0, "" }, { made.status, made.err })
    local root = run.dir() .. "/usr"
    local env = ('env XDG_DATA_DIRS="%s/share:/usr/share" MTR_LIB="%s/lib/libmtr.so.0" '
      .. 'LUA_PATH="%s/share/lua/5.1/?.lua;%s/share/lua/5.1/?/init.lua" '):format(root, root, root,
      root)
    local out = nvim([[
      vim.cmd "Mtr 127.0.0.1 interval=20"
      say(tostring(soon(function() return text():find "\n1 " end)))
      say(debug.getinfo(require("mtr").trace, "S").source)
      vim.cmd "help :Mtr"
      say(vim.api.nvim_buf_get_name(0))]], env)
    assert.equal(("true\n@%s/share/lua/5.1/mtr/init.lua\n%s/share/nvim/site/doc/mtr.txt\n"):format(
      root, root), out)
    assert.equal(0, run.run('make -s uninstall DESTDIR="$DIR" PREFIX=/usr').status)
    assert.equal("", run.run('find "$DIR/usr" -name "*mtr*" -type f').out)
  end)
end)
