-- SPDX-License-Identifier: MIT
--
-- `while true do mtr.sleep "1s" end` lived on after ^C and after SIGTERM. One signal ends a
-- program: what has a result gives it, what only waits and what is started later raises.
local run = require "spec.support.harness.run"

-- A script over a simulated network, which is sent `signal` when its endless trace has begun, or
-- else a moment after it has; what it wrote and how it ended.
local function sent(signal, script, flags, input)
  run.file("script.lua", [[
    local mtr = require "mtr"
    local function signal() io.popen("kill -]] .. signal .. [[ $PPID"):close() end
    local function signal_later() os.execute "(sleep 0.1; kill -]] .. signal .. [[ $PPID) &" end
    -- A trace that lasts until something stops it.
    local function endless(trace)
      signal()
      while true do trace:sleep "1s" end
    end
    ]] .. script)
  local got = run.run(('"$MTR_PROGRAM" %s --sim spec/sim/topologies/plain.lua "$DIR/script.lua" %s')
    :format(flags or "", input or ""))
  return { got.status, got.out, got.err }
end

local SAID = "mtrlua: interrupted\n"

describe("a signal", function()
  teardown(run.clean)

  for signal, status in pairs { INT = 130, TERM = 143 } do
    for what, script in pairs {
      ["a loop that sleeps"] = 'while true do mtr.sleep "1s" end',
      ["a loop that traces"] = 'while true do mtr.trace "web" end',
      ["a loop that probes"] = 'while true do mtr.probe { dst = "203.0.113.9", ttl = 1 } end',
      ["a loop over hops"] = 'while true do for _ in mtr.hops "web" do end end',
      ["a loop of campaigns"] = 'while true do mtr.campaign({ targets = { "web" } }):run() end',
      ["a task that sleeps"] = 'mtr.go(function() while true do mtr.sleep "1s" end end)',
      ["a semaphore that nobody releases"] =
        "mtr.go(function() mtr.sleep '9h' end) local s = mtr.semaphore(0) "
        .. "mtr.go(function() while true do mtr.sleep '1s' end end) s:acquire()",
      ["a wait for tasks"] =
        'mtr.wait_all(mtr.go(function() while true do mtr.sleep "1s" end end))',
      ["mtr.run"] = 'mtr.go(function() while true do mtr.sleep "1s" end end) mtr.run()',
      ["a limit of time"] = 'while true do mtr.with_timeout("1s", mtr.sleep, "2s") end',
      ["a coroutine"] = 'coroutine.wrap(function() while true do mtr.sleep "1s" end end)()',
    } do
      it(("SIG%s ends %s"):format(signal, what), function()
        assert.same({ status, "", SAID }, sent(signal, "signal_later() " .. script))
      end)
    end
  end

  it("ends reading a descriptor, by a stream or when it is readable", function()
    run.run 'mkfifo "$DIR/silent"'
    for _, call in ipairs { "mtr.stream(0):read()", "mtr.readable(0)" } do
      assert.same({ 143, "", SAID }, sent("TERM", "signal_later() " .. call, "", '<>"$DIR/silent"'))
    end
  end)

  it("lets what is under way give what it has", function()
    local script = [[
      print(mtr.trace("web", { strategy = endless }).stop_reason)
      print(pcall(mtr.sleep, 1))
      print(pcall(mtr.trace, "web"))
      print(pcall(mtr.probe, { dst = "web", ttl = 1 }))
      print(pcall(mtr.hops, "web"))
      print(pcall(mtr.prober, "203.0.113.9"))
      print(select(2, pcall(function() mtr.campaign({ targets = { "web" } }):run() end)))
      print(select(2, pcall(function() mtr.semaphore(1):acquire() end)))
      print(mtr.interrupted())]]
    local raised, text = "false\tmtr: interrupted\n", "mtr: interrupted\n"
    assert.same({ 130, "halted\n" .. raised:rep(5) .. text:rep(2) .. "true\n", SAID },
      sent("INT", script))
  end)

  it("ends a campaign, whose reporters finish", function()
    local script = [[
      local n = 0
      local function forever()
        n = n + 1
        if n == 100 then signal() end
        return "203.0.113.9"
      end
      local reporter = {}
      function reporter:finish(summary) print("finish", summary.targets > 0) return true end
      local c = mtr.campaign { targets = forever, window = 10, reporters = { reporter } }
      local summary = assert(c:run())
      print(summary.targets > 0)]]
    assert.same({ 143, "finish\ttrue\ntrue\n", SAID }, sent("TERM", script))
  end)

  it("lets a script that catches the error go on", function()
    local script = [[
      local tasks = {}
      for i = 1, 3 do
        tasks[i] = mtr.go(function()
          while not mtr.interrupted() do pcall(mtr.sleep, "1s") end
          return i
        end)
      end
      signal_later()
      print(mtr.wait_all(tasks))
      print(mtr.go(function() mtr.sleep(1) end):wait())
      os.exit(7)]]
    assert.same({ 7, "true\nnil\tmtr: interrupted\tEINTR\n", SAID }, sent("INT", script))
  end)

  it("ends a script that does not end, when its grace is over", function()
    local script = 'signal_later() while true do pcall(mtr.sleep, "1s") end'
    assert.same({ 143, "", SAID }, sent("TERM", script, "--grace 300ms"))
  end)

  it("is 130 for a program of mtr.cli that was not done", function()
    local script = [[
      local cli = mtr.cli("x", "usage: x TARGET...\n")
      local args = cli:parse { "web", "web" }
      return cli:each(args.target, function(target, put, i)
        if i == 2 then mtr.sleep "9h" while true do mtr.sleep "1s" end end
        put(mtr.trace(target, { strategy = endless }).stop_reason .. "\n")
        return true
      end)]]
    assert.same({ 130, "halted\n", SAID }, sent("INT", script))
  end)
end)

describe("mtr.run", function()
  teardown(run.clean)

  for _, how in ipairs { "mtr", "engine" } do
    it(("waits for tasks that were just started: %s"):format(how), function()
      run.file("run.lua", ([[
        local mtr = require "mtr"
        local engine, n = mtr.default(), 0
        for i = 1, 3 do
          mtr.go(function()
            mtr.sleep(10 * i)
            local inner = mtr.go(function() mtr.sleep "1s" n = n + 1 end)
            inner:wait()
          end)
        end
        mtr.go(function() mtr.semaphore(0):acquire() end)
        %s:run()
        print(n, engine.work)]]):format(how):gsub("mtr:run", "mtr.run"))
      local got = run.run '"$MTR_PROGRAM" --sim spec/sim/topologies/plain.lua $DIR/run.lua'
      assert.same({ "3\t0\n", "" }, { got.out, got.err })
    end)
  end
end)
