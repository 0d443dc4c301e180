-- SPDX-License-Identifier: MIT
--
-- A campaign that is changed or ended while it runs, over a simulated internet.
local mtr = require "mtr"

local engine, net

before_each(function()
  net = mtr.sim.internet { seed = 3, prefixes = 400 }
  engine = assert(mtr.engine { sim = net, rate = "1000/s", seed = 5 })
end)
after_each(function() engine:close() end)

local function campaign(opts)
  opts.engine, opts.targets = engine, opts.targets or net:targets()
  return mtr.campaign(opts)
end

describe("a running campaign", function()
  it("gets another rate by set_rate", function()
    assert(campaign({ rate = "1000/s" }):run())
    local slow = engine:now()
    local c
    c = campaign { on_start = function() if engine.rate == 1000 then c:set_rate "5000/s" end end }
    local begin = engine:now()
    assert(c:run())
    assert.is_true(engine:now() - begin < 0.75 * slow)
    assert.has_error(function() c:set_rate(-1) end, "set_rate: rate must be a rate in probes per "
      .. 'second, such as 100, "100/s" or "max", got -1')
    assert.has_error(function() campaign({}):set_rate(5) end,
      "set_rate: the campaign has not started; give it the rate")
  end)

  it("gets another window by set_window", function()
    local c, most, n = nil, { 0, 0, 0 }, 0
    c = campaign { window = 10, on_trace = function()
      n = n + 1
      if n == 100 then c:set_window(40) elseif n == 300 then c:set_window "auto" end
      local part = n < 100 and 1 or n < 300 and 2 or 3
      most[part] = math.max(most[part], engine:stats().traces)
    end }
    assert.equal(400, assert(c:run()).traces)
    assert.same({ 10, 40 }, { most[1], most[2] })
    assert.is_true(most[3] > 40)
    assert.has_error(function() c:set_window(0) end,
      'set_window: window must be 1..1000000, or "auto", got 0')
  end)

  it("ends after its time_limit, and says so", function()
    local begin, halted = engine:now(), 0
    local summary = assert(campaign({ time_limit = "2s", on_trace = function(result)
      if result.stop_reason == "halted" then halted = halted + 1 end
    end }):run())
    assert.equal("time_limit", summary.stopped_by)
    assert.is_true(summary.halted)
    assert.is_near(2000, engine:now() - begin, 5)
    assert.is_true(summary.traces < 400 and halted > 0)
    assert.equal(halted, summary.stop_reasons.halted)
  end)

  it("does not wait for the end of its time_limit", function()
    local begin = engine:now()
    local summary = assert(campaign({ time_limit = "1h" }):run())
    assert.is_nil(summary.stopped_by)
    assert.is_true(engine:now() - begin < 60000)
    assert.equal(0, engine.work)
  end)

  it("tells on_start of each target whose trace starts, before its result", function()
    for _, trace in ipairs { {}, { pace = function() return 0 end } } do
      local started, n, objects = {}, 0, 0
      local summary = assert(campaign({
        trace = trace, targets = mtr.targets.cidr(net:targets()() .. "/29"),
        on_start = function(target, object)
          n = n + 1
          started[target] = true
          if object then
            assert.equal(target, object.target)
            objects = objects + 1
          end
        end,
        on_trace = function(result) assert(started[result.dst]) end,
      }):run())
      assert.equal(summary.traces, n)
      assert.equal(trace.pace and n or 0, objects)
    end
  end)

  it("ends when on_start says stop", function()
    local summary = assert(campaign({ on_start = function() return "stop" end }):run())
    assert.is_true(summary.halted and summary.traces < 400)
  end)

  it("compares its end with its thresholds", function()
    local summary = assert(campaign({ thresholds = {
      completed = ">= 0.5", ["rtt.p95"] = "< 1", ["duration.max"] = "> 0",
    } }):run())
    local met = {}
    for _, one in ipairs(summary.thresholds) do
      assert.is_number(one.value)
      met[one.figure] = one.met
    end
    assert.same({ completed = true, ["rtt.p95"] = false, ["duration.max"] = true }, met)
  end)
end)

describe("mtrlua", function()
  -- Runs a script over a simulated internet; returns what it printed, and its status.
  local function run(script)
    local command = ([=[$MTR_PROGRAM -e '
      local mtr = require "mtr"
      local net = mtr.sim.internet { seed = 3, prefixes = 300 }
      local engine = mtr.engine { sim = net, rate = "1000/s", seed = 5 }
      %s' 2>&1; echo "status $?"]=]):format(script)
    local pipe = assert(io.popen(command))
    local text = pipe:read "*a"
    pipe:close()
    return text
  end

  it("makes campaigns faster by SIGUSR1 and slower by SIGUSR2, and tells the rate", function()
    assert.equal("mtrlua: rate 2000/s, window 40\nmtrlua: rate 1000/s, window 20\n"
      .. "1000\t20\nstatus 0\n", run [[
      local n = 0
      local c
      c = mtr.campaign { engine = engine, targets = net:targets(), window = 20,
        on_trace = function()
          n = n + 1
          if n == 50 then os.execute "kill -USR1 $PPID" end
          if n == 200 then os.execute "kill -USR2 $PPID" end
        end }
      c:run()
      print(engine.rate, c.window.most)]])
  end)

  it("says that no campaign runs", function()
    assert.equal("mtrlua: no campaign runs, so the signal changes nothing\nstatus 0\n",
      run [[os.execute "kill -USR1 $PPID" for _ = 1, 1000 do mtr.sleep(5) end]])
  end)

  it("ends with status 99 if a threshold is unmet, and 0 if all are met", function()
    local script = [[
      local c = mtr.campaign { engine = engine, targets = net:targets(),
        thresholds = { completed = ">= %s" } }
      local one = c:run().thresholds[1]
      print(one.figure, one.met)]]
    assert.equal("completed\tfalse\nstatus 99\n", run(script:format "0.99"))
    assert.equal("completed\ttrue\nstatus 0\n", run(script:format "0.01"))
  end)
end)
