-- SPDX-License-Identifier: MIT
--
-- Scripts in mtrlua: their errors, exit status and sockets.
local run = require "spec.support.harness.run"
local loopback = require "spec.support.real.loopback"

local missing = loopback.missing()

-- A script, the status, what it prints, what is told on standard error (patterns).
local cases = {
  { "waits without further ado", [[
    local mtr = require "mtr"
    print(mtr.trace("127.0.0.1").stop_reason)
    mtr.sleep(1)
    for hop in mtr.hops("127.0.0.1") do print(hop.ttl, hop.addr) end]],
    0, "^completed\n1\t127.0.0.1\n$", "^$" },
  { "goes on until no work is left", [[
    local mtr = require "mtr"
    mtr.trace("127.0.0.1", nil, function(_, result)
      print(result.stop_reason)
      mtr.go(function() mtr.sleep(1) print "task" end)
    end)
    print "end of script"]], 0, "^end of script\ncompleted\ntask\n$", "^$" },
  { "may wait for everything in its middle", [[
    local mtr = require "mtr"
    mtr.trace("127.0.0.1", nil, function(_, result) print(result.stop_reason) end)
    mtr.run()
    print "then"]], 0, "^completed\nthen\n$", "^$" },
  { "fails with a traceback", [[
    local function inner() error "boom" end
    inner()]], 1, "^$", "^mtrlua: .*boom\nstack traceback:\n.*inner" },
  { "fails when a hook fails, at the end", [[
    local mtr = require "mtr"
    local result = mtr.trace("127.0.0.1", { on_hop = function() error "bad hook" end })
    print(result.stop_reason)]], 1, "^error\n$", "^mtrlua: .*bad hook\nstack traceback:" },
  { "fails when a task fails, at the end", [[
    local mtr = require "mtr"
    local task = mtr.go(function() mtr.sleep(1) error "bad task" end)
    print(mtr.wait_all(task))]], 1, "^nil\t.*bad task", "^mtrlua: .*bad task\nstack traceback:" },
  { "fails when it waits for what cannot happen", [[
    require "mtr".semaphore(0):acquire()]],
    1, "^$", "^mtrlua: mtr: this wait would never end" },
  { "has the sockets of each transport, though its privileges are gone", [[
    local mtr = require "mtr"
    for _, options in ipairs { { transport = "packet" }, { transport = "raw" }, { rate = "max" },
        { transport = "packet", rate = "max" }, {} } do
      local engine = assert(mtr.engine(options))
      print(engine:transport().name, engine:trace("127.0.0.1").stop_reason)
      engine:close()
    end]], 0, "^packet\tcompleted\nraw\tcompleted\npacket\tcompleted\npacket\tcompleted\n"
      .. "raw\tcompleted\n$", "^$" },
  { "exits with the number that it returns", "return 7", 7, "^$", "^$" },
  { "passes waits through its own coroutines", [[
    local mtr = require "mtr"
    local hops = coroutine.wrap(function()
      for _, dst in ipairs { "127.0.0.1", "::1" } do
        coroutine.yield(mtr.trace(dst).hops[1].addr)
      end
    end)
    print(hops(), (hops()))]], 0, "^127.0.0.1\t::1\n$", "^$" },
  { "says why a wait cannot pass", [[
    local mtr = require "mtr"
    table.sort({ 1, 2 }, function() mtr.sleep(1) end)]],
    1, "^$", "^mtrlua: .*called from table.sort, string.gsub or require" },
  { "reuses its sockets, and says when there are no more", [[
    local mtr = require "mtr"
    for _ = 1, 20 do
      local engine = assert(mtr.engine())
      assert(engine:trace("127.0.0.1").stop_reason == "completed")
      engine:close()
    end
    local engines, engine, message = {}
    repeat
      engine, message = mtr.engine()
      engines[#engines + 1] = engine
    until not engine
    print(#engines > 0, message)]], 0, "^true\tEPERM: .*in use; close an engine first\n$", "^$" },
  { "can be told to be quiet about failing hooks", [[
    local mtr = require "mtr"
    mtr.on_error(function(text) print("mine", (text:match "bad hook")) end)
    mtr.trace("127.0.0.1", { on_hop = function() error "bad hook" end })]],
    1, "^mine\tbad hook\n$", "^$" },
}

describe("a script in mtrlua", function()
  teardown(run.clean)

  for _, case in ipairs(cases) do
    local name, script, status, out, err = unpack(case)
    it(name, function()
      if missing then pending(missing) end
      run.file("script.lua", script)
      local got = run.run '"$MTR_PROGRAM" "$DIR/script.lua"'
      assert.truthy(got.out:find(out), got.out .. got.err)
      assert.truthy(got.err:find(err), got.err)
      assert.equal(status, got.status)
    end)
  end

  -- options, what is told, status
  for _, case in ipairs {
    { "--source4 ::1", '^mtrlua: %-%-source4 must be an IPv4 address, got "::1"\n$', 2 },
    { "--rate often", "^mtrlua: %-%-rate must be a rate", 2 },
    { "--interface nowhere0", "^nil\tENODEV: .*nowhere0", 0 },
    { "--rate 7/s --seed 3 --log info", "^true\tnil\nmtr: info: transport raw: ", 0 },
  } do
    local options, text, status = unpack(case)
    it("gets the default engine that " .. options .. " asks for", function()
      if missing then pending(missing) end
      local got = run.run(('"$MTR_PROGRAM" %s -e %q'):format(options,
        [[print((function(e, m) return e and true, m end)(require([=[mtr]=]).default()))]]))
      assert.truthy((got.out .. got.err):find(text), got.out .. got.err)
      assert.equal(status, got.status)
    end)
  end
end)
