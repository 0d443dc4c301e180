-- SPDX-License-Identifier: MIT
--
-- Scripts that wait run unchanged in every host, and the host's own timer goes on meanwhile. So do
-- scripts in which things go wrong, and the snippets of README.
local runs = require "spec.support.harness.run"
local loopback = require "spec.support.real.loopback"
local run = runs.run

local PATHS = "LUA_PATH='./?.lua;lua/?.lua;lua/?/init.lua;;' "
local HOSTS = "spec/support/real/hosts/"

-- How each host runs a file of Lua, and its heading in README.
local hosts = {
  { "luv", "luajit %s" },
  { "cqueues", "luajit %s" },
  { "copas", "luajit %s" },
  { "tarantool", "tarantool %s" },
  { "neovim", "nvim -u NONE --headless -c 'luafile %s' < /dev/null" },
  { "nginx", "luajit spec/support/real/in_nginx.lua %s" },
}

-- What each script says.
local SAID = {
  script = [[
trace completed 1
tasks 3 2 1 127.0.0.3
limit ETIMEDOUT
hop 1 127.0.0.9
second completed 203.0.113.9
]],
  mishaps = [[
no engine ENOENT
closed ESHUTDOWN
callback true ENOENT
callback ESHUTDOWN
calls 2
step step: called inside a hook of this engine
closes completed false
after true stats: the engine is closed
hook error
first completed
waiter 1 halted
waiter 2 halted
waiter 3 no hop
failed nil it fails ETASK true
other host: it is in use already; set the host before anything else is called 1
again true completed completed
]],
}

-- What happens to the host while something is under way in an engine: the text of its program,
-- and what it says.
local ENGINE = [[
  local mtr = require "mtr"
  local engine = assert(mtr.engine { rate = 0.001 })
  local function wait() return engine:trace("127.0.0.1", { queries = 9 }) end
]]
local ends = {
  { "luv", "a loop that is stopped", [[
    local uv = require "luv"
    coroutine.wrap(function() wait() print "never" end)()
    uv.new_timer():start(20, 0, function() uv.stop() end)
    uv.run()
    print "ends"]], "ends\n" },
  { "luv", "engines that are closed after the loop", [[
    local uv = require "luv"
    local other
    for _ = 1, 3 do
      coroutine.wrap(function()
        other = assert(mtr.engine())
        assert(other:trace("127.0.0.1"))
      end)()
      uv.run()
      other:close()
    end
    engine:close()
    local open = 0
    uv.walk(function() open = open + 1 end)
    print("closed", open)]], "closed\t2\n" },
  { "luv", "a coroutine that fails", [[
    local uv = require "luv"
    coroutine.wrap(function() mtr.sleep(5) error("boom", 0) end)()
    uv.run()]], "", "mtr: boom\nstack traceback:\n" },
  { "cqueues", "a controller that is left, and another one", [[
    local cqueues = require "cqueues"
    local first, second = cqueues.new(), cqueues.new()
    first:wrap(function() wait() print "never" end)
    first:step(0.02)
    second:wrap(function() mtr.sleep(20) engine:close() print "ends" end)
    second:loop()
    first:close()]], "ends\n" },
  { "copas", "a dispatcher that goes on no more", [[
    local copas = require "copas"
    copas.addthread(function() wait() print "never" end)
    for _ = 1, 3 do copas.step(0.01) end
    print "ends"]], "ends\n" },
  { "tarantool", "a fiber that is cancelled", [[
    local fiber = require "fiber"
    local waiting = fiber.create(function() print(pcall(wait)) end)
    fiber.sleep(0.02)
    waiting:cancel()
    fiber.sleep(0.02)
    engine:close()
    os.exit(0)]], "false\tfiber is cancelled\n" },
  { "tarantool", "a program that exits", [[
    require("fiber").create(wait)
    os.exit(0)]], "" },
  { "neovim", "an editor that is closed", [[
    coroutine.wrap(wait)()
    vim.defer_fn(function() vim.cmd "qa!" end, 20)]], "" },
}

-- What the spec adds to a snippet, so that its host ends.
local BEFORE = { copas = [[
  local copas, said, done = require "copas", print, false
  function print(...) said(...) done = true end
  copas.loop = function() repeat copas.step(0.05) until done end
]] }
local AFTER = { tarantool = "os.exit(0)", neovim = 'vim.cmd "qa!"' }

-- The snippet of README for a host: from the line that names it to the next one.
local function snippet(name)
  local section = runs.read("README.md"):match "\n## In the loop of another program\n(.-)\n## "
  local text = assert(section:match "```lua\n(.-)```"):gsub("\n%-%- ", "\n\0-- ")
  for part in ("\0" .. text):gmatch "%z([^%z]*)" do
    if part:match "^%-%- (%l+)" == name then return part end
  end
  error("README has no snippet for " .. name)
end

local missing = loopback.missing()
local command = {}
for _, host in ipairs(hosts) do command[host[1]] = host[2] end

local function start(name, file, words, other)
  return run(PATHS .. (words or "") .. " timeout 60 " .. (other or command[name]):format(file))
end

-- What a run of one of the scripts said, and how often the timer ticked. |other|: another command.
local function script(name, which, other)
  local got = start(name, HOSTS .. name .. ".lua", "SCRIPT=" .. which, other)
  local said, ticks = got.out:gsub("\t", " "):match "^(.*)ticks (%d+)\n$"
  assert.equal(SAID[which], said or got.out .. got.err)
  assert.equal(0, got.status)
  return tonumber(ticks), (got.err:gsub("\r", ""))
end

local function count(text, word) return select(2, text:gsub(word, "")) end

describe("a script that waits", function()
  teardown(runs.clean)

  for _, host in ipairs(hosts) do
    local name = host[1]
    it("runs in " .. name .. ", which goes on meanwhile", function()
      if missing then return pending(missing) end
      -- It waits for more than 600 ms, during which the timer is due 60 times.
      local ticks, errors = script(name, "script")
      assert.equal("", errors)
      assert.is_true(ticks >= 10, ticks .. " ticks")
    end)

    it("may go wrong in " .. name .. ": each error is told once", function()
      local _, errors = script(name, "mishaps")
      assert.equal(1, count(errors, "sleep: cannot wait inside a hook or callback"))
      assert.equal(1, count(errors, "mtr: a task fails\n"))
    end)
  end

  for _, name in ipairs { "luv", "cqueues" } do
    it("runs in " .. name .. " of Lua 5.4", function()
      if missing then return pending(missing) end
      local ticks, errors = script(name, "script", "lua5.4 %s")
      assert.equal("", errors)
      assert.is_true(ticks >= 10, ticks .. " ticks")
    end)
  end

  for _, host in ipairs(hosts) do
    local name = host[1]
    it("is in README for " .. name, function()
      if missing then return pending(missing) end
      local text = (BEFORE[name] or "") .. snippet(name) .. (AFTER[name] or "")
      local got = start(name, runs.file(name .. "_snippet.lua", text))
      assert.equal("completed", (got.out .. got.err):match "^(.-)%s*$")
      assert.equal(0, got.status)
    end)
  end

  for i, case in ipairs(ends) do
    local name, what, text, said, told = unpack(case)
    it(("survives %s (%s)"):format(what, name), function()
      if missing then return pending(missing) end
      local file = runs.file(("ends%d.lua"):format(i), ENGINE .. text)
      local got = start(name, file)
      assert.equal(said, got.out)
      if told then
        assert.equal(told, got.err:sub(1, #told))
      else
        assert.equal("", got.err)
      end
      assert.equal(0, got.status)
    end)
  end
end)
