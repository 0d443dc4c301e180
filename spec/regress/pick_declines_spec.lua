-- SPDX-License-Identifier: MIT
--
-- Each time `pick` returned nil an error was reported, and the first trace sent anyway. And scripts
-- had no clock that is right in a simulated network.
local mtr = require "mtr"
local run = require "spec.support.harness.run"

local NETWORK = {
  nodes = { me = "192.0.2.1", r = "10.0.0.1", a = "10.1.0.1", b = "10.2.0.1" },
  links = { { "me", "r", delay = "5ms" }, { "r", "a", delay = "20ms" }, { "r", "b" } },
}

describe("a pick that returns nil", function()
  local engine, reports
  local function open(pick)
    engine = assert(mtr.engine { sim = NETWORK, seed = 1, pick = pick })
  end
  before_each(function()
    reports = 0
    mtr.on_error(function() reports = reports + 1 end)
  end)
  after_each(function()
    mtr.on_error(nil)
    if engine then engine:close() end
  end)

  it("has nobody send until something happens, and is asked little", function()
    local asked, ended, order = 0, false, {}
    -- b only when a has ended.
    open(function(ready)
      asked = asked + 1
      for i, trace in ipairs(ready) do
        if trace.target == "a" or ended then return i end
      end
    end)
    local b_done
    engine:trace("b", {}, function() b_done = true order[#order + 1] = "b" end)
    engine:trace("a", { window = 1 }, function() ended = true order[#order + 1] = "a" end)
    engine:run()
    assert.is_true(b_done)
    assert.same({ "a", "b" }, order)
    assert.equal(0, reports)
    assert.is_true(asked < 40, asked)
  end)

  for _, wait in ipairs { 250, "250ms" } do
    it("is asked again at the time it names: " .. type(wait), function()
      local open_at, asked = nil, 0
      open(function()
        asked = asked + 1
        if engine:now() < open_at then return nil, wait end
        return 1
      end)
      open_at = engine:now() + 250
      local first
      local trace = engine:trace("a", { on_probe = function() first = first or engine:now() end },
        function() end)
      engine:run()
      assert.equal("done", trace.state)
      assert.is_true(first >= open_at and first < open_at + 2, first - open_at)
      assert.equal(0, reports)
      assert.is_true(asked < 60, asked)
    end)
  end

  it("is reported if the time it names is none", function()
    local once
    open(function()
      if once then return 1 end
      once = true
      return nil, "soon"
    end)
    local trace = engine:trace("a", {}, function() end)
    mtr.go(function() mtr.sleep(50) end)
    engine:run()
    assert.equal("done", trace.state)
    assert.equal(1, reports)
  end)

  it("is asked again when a timer has fired", function()
    local open_at, first
    open(function()
      if engine:now() < open_at then return nil end
      first = first or engine:now()
      return 1
    end)
    open_at = engine:now() + 250
    local trace = engine:trace("a", {}, function() end)
    local timer = require "mtr.wait.timer"
    assert(timer.start(engine, 250, function() end))
    engine:run()
    assert.equal("done", trace.state)
    assert.is_true(first >= open_at and first < open_at + 1)
    assert.equal(0, reports)
  end)
end)

describe("mtr.now", function()
  teardown(run.clean)

  it("is the network's own time where that is simulated", function()
    run.file("now.lua", [[
      local mtr = require "mtr"
      local from = mtr.now()
      mtr.sleep "1h"
      print(("%.0f %.0f"):format(mtr.now() - from, mtr.default():now() - from))
      local before = mtr.now()
      local result = mtr.trace "web"
      print(math.abs(mtr.now() - before - result.duration) < 0.01, result.duration > 0)]])
    local got = run.run '"$MTR_PROGRAM" --sim spec/sim/topologies/plain.lua $DIR/now.lua'
    assert.same({ "3600000 3600000\ntrue\ttrue\n", "" }, { got.out, got.err })
  end)
end)
