-- SPDX-License-Identifier: MIT
--
-- mtrlua --sandbox: what a script can do in it, what was tried to break out, the limits, and what
-- is left to somebody who did get out of the interpreter.

local loopback = require "spec.support.real.loopback"
local runs = require "spec.support.harness.run"
local run = runs.run

local missing = loopback.missing()

local function sandboxed(text, options)
  runs.file("sandbox.lua", text)
  return run(("cd $DIR; ASAN_OPTIONS=allocator_may_return_null=1 "
    .. '"$MTR_PROGRAM" --sandbox %s ./sandbox.lua a b'):format(options or ""))
end

local EPERM = 1

-- An attempt, and what it prints.
local ATTEMPTS = {
  { "the libraries of the system", [[for _, name in ipairs { "io", "ffi", "debug", "package", "jit",
    "getfenv", "setfenv", "loadfile", "dofile", "newproxy", "gcinfo", "module" } do
      if _G[name] then print(name) end end
    print(os.getenv, os.execute, os.remove, os.rename, os.tmpname, os.setlocale)]],
    "nil\tnil\tnil\tnil\tnil\tnil\n" },
  { "require of anything else", [[for _, name in ipairs { "ffi", "jit", "io", "debug", "package",
      "jit.util", "table.new", "string.buffer", "mtr.lib", "mtr.program", "mtr.engine",
      "mtr.sandbox.membrane", "./other", "argparse", "_G.io" } do
      if pcall(require, name) then print(name) end end
    print(require "mtr" == require "mtr", require "string" == string)]], "true\ttrue\n" },
  { "bytecode", [[print(string.dump, ("").dump)
    print(load "\27LJ\2", (load(function() return nil end)))
    print((select(2, load("\27LJ\2", "=x", "b"))))]],
    "nil\tnil\nnil\tfunction: [^\n]*\nattempt to load chunk with wrong mode\n" },
  { "load and its environment", [[print(load "return io"(), load("return os.getenv", "=x", "t")(),
      load("return x", "=x", "bt", { x = 3 })(), loadstring "return _G == ..." (_G))
    for _, env in pairs { false, 5, "x", print } do
      print(load("return io or getfenv", "=x", "t", env)())
    end
    print(load("return io", "=x", "t", nil)(), load("return io", nil, nil, nil)())
    print(coroutine.wrap(function() return load "return io or _G ~= ..." (_G) end)())]],
    "nil\tnil\t3\ttrue\n" .. ("nil\n"):rep(4) .. "nil\tnil\nfalse\n" },
  { "the coroutine of a task", [[local mtr = require "mtr"
    local task, inner = mtr.go(function() inner = coroutine.running() mtr.sleep(1) end), nil
    print(task.co, task.thread, task.coroutine)
    for _, name in ipairs { "co", "thread", "coroutine" } do
      if type(task[name]) == "thread" then print(name) end end
    mtr.wait_all(task)
    print(coroutine.resume(inner or coroutine.running()))]],
    "nil\tnil\tnil\nfalse\t[^\n]*\n" },
  { "the metatable of strings", [[print(getmetatable "", pcall(function() ("").find = print end))
    string.find = nil print(("abc"):find "b", require "mtr".plain "x")]],
    "nil\tfalse\t[^\n]*\n2\tx\n" },
  { "metatables of objects", [[local mtr = require "mtr"
    local result = mtr.trace "127.0.0.1"
    print(getmetatable(result), pcall(setmetatable, result, {}))
    print(pcall(function() result.json = print end))
    print(rawget(result, "json"), next(result), getmetatable(mtr.report))]],
    "false\tfalse\tcannot change a protected metatable\n"
      .. "false\t[^\n]*sandbox: this object cannot be changed\nnil\tnil\tfalse\n" },
  { "hooks and what they are given", [[local mtr = require "mtr"
    local c = 0
    mtr.trace("127.0.0.1", { on_probe = function(trace, probe)
      for _, object in ipairs { trace, probe } do
        for _, name in ipairs { "engine", "c", "p", "e", "event", "cell", "handle", "entry" } do
          local ok, value = pcall(function() return object[name] end)
          if ok and value ~= nil and type(value) ~= "number" then print(name, type(value)) end
        end
      end
      c = c + 1
    end })
    print(c > 0)]], "true\n" },
  { "error objects", [[local mtr = require "mtr"
    local secret = {}
    print(select(2, pcall(mtr.trace, "127.0.0.1", { nonsense = 1 })))
    local task = mtr.go(function() error(secret) end)
    print(select("#", pcall(mtr.wait_all, task)), getmetatable(select(2, pcall(mtr.trace, {}))))
    print(select(2, pcall(function() mtr.trace() end)))]],
    '[^\n]*trace: unknown option "nonsense"\n[^\n]*\n.*', 1 },
  { "coroutines", [[local mtr = require "mtr"
    local co = coroutine.wrap(function() coroutine.yield(mtr.trace("127.0.0.1").stop_reason) end)
    print(co(), coroutine.running() ~= nil)
    coroutine.resume = nil
    print(mtr.trace("127.0.0.1").stop_reason)]], "completed\ttrue\ncompleted\n" },
  { "functions of mtr that use descriptors, files or programs", [[local mtr = require "mtr"
    for _, name in ipairs { "stream", "readable", "serve", "fleet", "sockets", "engine", "default",
      "configure", "event_hook", "mtrp", "find_binary", "host", "live", "names", "prefixes",
      "sim", "payloads", "watch", "on_error", "strict" } do
      if mtr[name] ~= nil then print(name) end end
    print(select(3, mtr.targets.file "/etc/passwd"))
    print(select(3, mtr.campaign { targets = { "127.0.0.1" }, state = "x.state" }:run()))
    print(select(3, mtr.campaign { targets = { "127.0.0.1" },
      reporters = { mtr.report.jsonl "x.jsonl" } }:run()))]], "EPERM\nEPERM\nEPERM\n" },
  { "tables that change while mtr reads them", [[local mtr = require "mtr"
    local evil = setmetatable({}, { __index = function(_, key) print(key) return 7 end })
    print(mtr.trace("127.0.0.1", evil).stop_reason, (mtr.trace("127.0.0.1",
      { data = evil, on_hop = function(trace) print(trace.data == evil) end }).stop_reason))]],
    "true\ncompleted\tcompleted\n" },
}

describe("in --sandbox", function()
  teardown(runs.clean)
  before_each(function()
    if missing then pending(missing) end
  end)

  for _, case in ipairs(ATTEMPTS) do
    it("nothing is gained by " .. case[1], function()
      local got = sandboxed(case[2])
      assert.truthy(got.out:find("^" .. case[3] .. "$"), got.out .. got.err)
      assert.equal(case[4] or 0, got.status, got.err)
    end)
  end

  it("a script traces, and writes to the outputs of the command line alone", function()
    local got = sandboxed([[
      local mtr = require "mtr"
      local seen, strategy = 0, {}
      function strategy:next()
        self.n = (self.n or 0) + 1
        return self.n < 3 and { ttl = 1 } or nil
      end
      print(mtr.trace("127.0.0.1", { strategy = strategy }).probe_count, arg[1], arg[2], ...)
      for hop in mtr.hops("127.0.0.1", { protocol = "udp" }) do print(hop.ttl, hop.addr) end
      local reporter = { trace = function(self, result)
        self.n = (self.n or 0) + #result.hops
        seen = self.n
      end }
      local campaign = mtr.campaign { targets = mtr.targets.list { "127.0.0.1", "127.0.0.2" },
        reporters = { reporter, mtr.outputs[1], mtr.outputs[2] } }
      print(campaign:run().traces, seen, mtr.stats():add(mtr.trace "127.0.0.1"):hop(1).sent)]],
      "--output jsonl=out.jsonl --output text=-")
    assert.truthy(got.out:find "^2\ta\tb\ta\tb\n1\t127.0.0.1\n", got.out .. got.err)
    assert.truthy(got.out:find "\n2\t2\t1\n$", got.out)
    assert.equal(0, got.status)
    local list = runs.records(runs.read(runs.dir() .. "/out.jsonl"))
    assert.same({ "127.0.0.1", "127.0.0.2" }, { list[1].dst, list[2].dst })
  end)

  for _, transport in ipairs { "raw", "packet", "user" } do
    it("a script traces by " .. transport, function()
      local got = sandboxed([[
        for _, protocol in ipairs { "udp", "tcp" } do
          for _, dst in ipairs { "127.0.0.1", "::1" } do
            print(require "mtr".trace(dst, { protocol = protocol }).stop_reason)
          end
        end]], "--transport " .. transport)
      assert.equal(("completed\n"):rep(4), got.out, got.err)
    end)
  end

  for name, words in pairs {
    trace = "completed", mda = '"dst":"127.0.0.1"', pmtu = '"mtu":%d+',
  } do
    it("the program runs: " .. name, function()
      local got = run(('"$MTR_PROGRAM" --sandbox %s -o jsonl 127.0.0.1'):format(name))
      assert.equal(0, got.status, got.err)
      assert.truthy(got.out:find(words), got.out)
      assert.equal("127.0.0.1", runs.records(got.out)[1].dst)
    end)
  end

  it("looks up no names", function()
    local got = sandboxed 'print((select(3, require "mtr".trace "localhost.")))'
    assert.truthy(got.out:find "^E%u+\n", got.out)
  end)

  -- What it is about, the script, options, the status, what is told.
  for _, case in ipairs {
    { "memory of many texts", "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1e5) .. i end", "",
      1, "not enough memory" },
    { "memory of one text", "local t = ('x'):rep(1e9)", "", 1, "not enough memory" },
    { "memory to 64 MiB if not told otherwise",
      "if pcall(string.rep, 'x', 10 * 2^20) then local t = ('x'):rep(65 * 2^20) end", "", 1,
      "not enough memory" },
    { "probes to 10,000 if not told otherwise",
      "local mtr = require 'mtr' for i = 1, 10001 do mtr.trace('127.0.0.1', { max_ttl = 1 }) end",
      "--rate max", 1, "^mtrlua: %-%-max%-probes 10000: no more are sent\n" },
    { "memory, as much as is given", "print(#('x'):rep(1e8))", "--max-memory 1GiB", 0, "^$" },
    { "time of a loop", "while true do end", "--max-time 300ms --grace 300ms", 152,
      "^mtrlua: the time of %-%-max%-time is over\n$" },
    { "time of a loop that catches errors", "while true do pcall(error) end",
      "--max-time 300ms --grace 300ms", 152, "over\n$" },
    { "time of a pattern", "(('a'):rep(30000)):find(('.-'):rep(12) .. 'b')",
      "--max-time 300ms --grace 300ms", 152, "over\n$" },
    { "time of a wait", "require 'mtr'.sleep '1m'", "--max-time 300ms", 152, "over\n" },
    { "probes", "local mtr = require 'mtr' for i = 1, 1000 do mtr.trace('127.0.0.1') end",
      "--max-probes 50 --rate max", 1, "^mtrlua: %-%-max%-probes 50: no more are sent\n" },
  } do
    it("limits " .. case[1], function()
      local got = sandboxed(case[2], case[3])
      assert.equal(case[4], got.status, got.err)
      assert.truthy(got.err:find(case[5]), got.err)
    end)
  end

  for options, message in pairs {
    ["--max-time 5"] = "%-%-max%-time goes with %-%-sandbox only",
    ["--output jsonl=x"] = "%-%-output goes with %-%-sandbox only",
    ["--sandbox --output x"] = "%-%-output: 'x' is not FORMAT=FILE",
    ["--sandbox --max-memory 5"] = "'5' is not a size such as 64MiB or 1GiB",
    ["--sandbox -i"] = "%-%-sandbox excludes %-i",
    ["--sandbox -e 1"] = "%-%-sandbox runs one script, or one %-e",
    ["--sandbx"] = "the nearest is %-%-sandbox",
  } do
    it("is not begun with " .. options, function()
      local got = run(('"$MTR_PROGRAM" %s x.lua'):format(options))
      assert.equal(2, got.status)
      assert.truthy(got.err:find(message), got.err)
    end)
  end

  it("bytecode is no script", function()
    runs.file("code.luac", string.dump(function() print "ran" end))
    local got = run 'cd $DIR; "$MTR_PROGRAM" --sandbox ./code.luac'
    assert.same({ 1, "" }, { got.status, got.out })
  end)

  it("who gets out of the interpreter gains nothing", function()
    local built = run("${CC:-cc} -D_GNU_SOURCE -shared -fPIC -o $DIR/escape.so "
      .. "spec/support/real/escape.c")
    assert.equal(0, built.status, built.err)
    local shim = "ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD=$DIR/escape.so "
    local open = run("cd $DIR; " .. shim
      .. [["$MTR_PROGRAM" -e "os.date '%Y'" | grep '^open ']])
    assert.equal("open 0\n", open.out, open.err)
    runs.file("sandbox.lua", "os.date '%Y'")
    local got = run("cd $DIR; " .. shim .. '"$MTR_PROGRAM" --sandbox ./sandbox.lua')
    local count, wanted = 0, { write = 0 }
    for what, errno in got.out:gmatch "([%w_-]+) (%d+)\n" do
      count = count + 1
      if what ~= "tcp" and what ~= "raw" then
        assert.equal(wanted[what] or EPERM, tonumber(errno), what)
      end
      assert.is_true(what == "write" or tonumber(errno) > 0, what)
    end
    assert.equal(31, count, got.out .. got.err)
    assert.equal("os.date '%Y'", runs.read(runs.dir() .. "/sandbox.lua"))
  end)
end)
