-- SPDX-License-Identifier: MIT
--
-- Tasks and time, with the default engine on loopback.
local mtr = require "mtr"
local loopback = require "spec.support.real.loopback"

local describe = loopback.describe(describe, it, pending)

local function clock()
  local file = io.open "/proc/uptime"
  local seconds = file:read "*n"
  file:close()
  return seconds * 1000
end

local function silence(port) return { protocol = "udp", port = port, timeout = "10s" } end

local function finish()
  local engine = mtr.default()
  assert.equal(0, engine.work)
  engine:close()
end

describe("sleep #alone", function()
  after_each(finish)

  it("waits as long as it is told, in tasks side by side", function()
    local before, order, tasks = clock(), {}, {}
    for i, ms in ipairs { 600, 200, 400 } do
      tasks[i] = mtr.go(function()
        assert(mtr.sleep(ms))
        order[#order + 1] = ms
      end)
    end
    assert.is_true(mtr.wait_all(tasks))
    local taken = clock() - before
    assert.same({ 200, 400, 600 }, order)
    assert.truthy(taken >= 590 and taken < 1100, taken)
  end)

  it("works outside tasks", function()
    assert.is_true(mtr.sleep "1ms")
  end)

  it("ends early when its engine is closed", function()
    local task = mtr.go(function() return mtr.sleep "10s" end)
    mtr.default():close()
    assert.same({ nil, "ECANCELED: the engine was closed", "ECANCELED" }, { task:wait() })
  end)
end)

describe("with_timeout", function()
  local port, close_port
  before_each(function() port, close_port = loopback.silent_port() end)
  after_each(function()
    close_port()
    finish()
  end)

  it("returns what the function returns", function()
    assert.same({ 1, nil, 3 }, { mtr.with_timeout("5s", function(a)
      mtr.sleep(1)
      return a, nil, 3
    end, 1) })
  end)

  it("gives up what the function waits for", function()
    local result, message, name = mtr.with_timeout("20ms", mtr.trace, "127.0.0.1", silence(port))
    assert.same({ nil, "ETIMEDOUT: not finished after 20 ms", "ETIMEDOUT" },
      { result, message, name })
    mtr.run()
    assert.equal(0, mtr.default():stats().traces)
  end)

  it("works in tasks, and in a generator there", function()
    local task = mtr.go(function()
      return mtr.with_timeout("20ms", function()
        local generator = mtr.coroutine.wrap(function()
          mtr.trace("127.0.0.1", silence(port))
          coroutine.yield "never"
        end)
        return generator()
      end)
    end)
    assert.equal("ETIMEDOUT", select(3, task:wait()))
    mtr.run()
  end)

  it("may be nested: the inner limit ends the inner call, the outer one both", function()
    local log = {}
    local _, _, outer = mtr.with_timeout("400ms", function()
      local _, _, inner = mtr.with_timeout("10ms", mtr.sleep, "10s")
      log[1] = inner
      mtr.with_timeout("10s", mtr.sleep, "10s")
      log[2] = "never"
    end)
    assert.same({ "ETIMEDOUT" }, log)
    assert.equal("ETIMEDOUT", outer)
  end)

  it("lets errors through", function()
    local ok, problem = pcall(mtr.with_timeout, "5s", error, "boom", 0)
    assert.same({ false, "boom" }, { ok, problem })
  end)

  it("does not limit what follows it", function()
    mtr.with_timeout("1ms", mtr.sleep, "10s")
    assert.is_true(mtr.sleep(1))
  end)
end)

describe("a semaphore", function()
  after_each(finish)

  it("bounds how many traces run at once", function()
    local slots, running, most, tasks = mtr.semaphore(3), 0, 0, {}
    for i = 1, 20 do
      tasks[i] = mtr.go(function()
        slots:acquire()
        running = running + 1
        most = math.max(most, running)
        mtr.trace "127.0.0.1"
        running = running - 1
        slots:release()
      end)
    end
    assert.is_true(mtr.wait_all(tasks))
    assert.equal(3, most)
    assert.equal(3, slots.count)
  end)
end)

describe("the default engine", function()
  it("has the options of mtr.configure, which fails once it is open", function()
    mtr.configure { rate = 77, seed = 5 }
    local engine = mtr.default()
    assert.has_error(function() mtr.configure {} end)
    assert.equal(engine, mtr.default())
    engine:close()
    mtr.configure {}
  end)

  it("is opened anew after it was closed", function()
    assert.equal("completed", mtr.trace("127.0.0.1").stop_reason)
    mtr.default():close()
    assert.equal("completed", mtr.trace("127.0.0.1").stop_reason)
    assert.equal(1, mtr.default():stats().traces_done)
    finish()
  end)

  it("runs until all engines are idle", function()
    local other, done = assert(mtr.engine()), 0
    mtr.trace("127.0.0.1", nil, function() done = done + 1 end)
    other:trace("127.0.0.1", nil, function()
      done = done + 1
      mtr.trace("127.0.0.1", nil, function() done = done + 1 end)
    end)
    mtr.run()
    assert.equal(3, done)
    other:close()
    finish()
  end)
end)
