-- SPDX-License-Identifier: MIT
--
-- Errors of hooks and tasks were lost in a host without a reporter (mtr.on_error).
local run = require "spec.support.harness.run"

-- What a plain LuaJIT host writes to standard error.
local function host(script)
  run.file("host.lua", [[
    package.path = "lua/?.lua;lua/?/init.lua;build/lua/?.lua;" .. package.path
    local mtr = require "mtr"
    local function open(log)
      return assert(mtr.engine { log = log,
        sim = { nodes = { me = "192.0.2.1", web = "192.0.2.2" }, links = { { "me", "web" } } } })
    end
    local function bad() error "BROKEN" end
  ]] .. script)
  local got = run.run "luajit $DIR/host.lua"
  assert.equal(0, got.status, got.err)
  return select(2, got.err:gsub("BROKEN", "")), got.out
end

describe("an error that nobody takes goes to standard error, once:", function()
  teardown(run.clean)

  for what, script in pairs {
    ["of a hook"] = 'open():trace("web", { on_hop = bad })',
    ["of a strategy"] = 'open():trace("web", { strategy = bad })',
    ["of a callback"] = 'local e = open() e:trace("web", {}, bad) e:run()',
    ["of a task"] = "mtr.go(bad)",
    ["of a campaign's hook"] =
      'mtr.campaign({ engine = open(), targets = { "192.0.2.2" }, on_trace = bad }):run()',
    ["with a reporter that fails"] = 'mtr.on_error(error) mtr.go(bad)',
    ["with a log that fails"] =
      'local function log(level) if level == "error" then error() end end '
      .. 'open(log):trace("web", { on_hop = bad })',
  } do
    it(what, function() assert.equal(1, (host(script))) end)
  end

  for what, script in pairs {
    ["the log of the engine"] = 'open(print):trace("web", { on_hop = bad })',
    ["a reporter"] = 'mtr.on_error(print) open(function() end):trace("web", { on_hop = bad })',
    ["who waits for a task"] = [[
      local e = open()
      local task = mtr.go(function() e:trace "web" bad() end)
      mtr.go(function() print(task:wait()) end):wait()]],
  } do
    it("but not when it is told to " .. what, function()
      local n, out = host(script)
      assert.equal(0, n)
      assert.equal(1, select(2, out:gsub("BROKEN", "")), out)
    end)
  end
end)
