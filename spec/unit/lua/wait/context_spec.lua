-- SPDX-License-Identifier: MIT
--
-- Tasks and waits in a host whose coroutines may change at any moment, also inside a hook.
local compat = require "mtr.compat"
local coro = require "mtr.wait.coro"
local err = require "mtr.base.err"
local hosts = require "mtr.host"
local ready = require "mtr.wait.ready"
local scheduler = require "mtr.wait.scheduler"
local task = require "mtr.script.task"

-- A host that resumes its coroutines in turn. Code of the user gives way by sleep().
local queue, cancelled, log = {}, nil, nil

local function later(co) queue[#queue + 1] = co end

local host = {
  name = "turns",
  running = compat.running,
  park = function(co)
    coroutine.yield()
    if cancelled == co then return "cancelled by the host" end
  end,
  wake = later,
  watch = error, unwatch = error,
  defer = function(fn) later(coroutine.create(fn)) end,
  spawn = function(fn) later(coroutine.create(fn)) end,
}

local function sleep()
  later((coroutine.running()))
  coroutine.yield()
end

local function run()
  while queue[1] do assert(coroutine.resume(table.remove(queue, 1))) end
end

local function start(fn) host.spawn(fn) end

local function note(text) log[#log + 1] = text end

setup(function() hosts(host) end)
before_each(function() log = {} end)

-- In Lua 5.1 hooks, and tasks of a host, cannot give way in the host's own way.
local it_through = compat.yields_through and it or function() end

describe("in a host", function()
  it("a coroutine of the host waits, and so does a task", function()
    local op = {}
    start(function()
      scheduler.wait(op)
      note "coroutine"
    end)
    local t = scheduler.go(function(a)
      scheduler.wait(op)
      note "task"
      return a
    end, 7)
    run()
    assert.same({}, log)
    scheduler.finish(op)
    assert.same({}, log)
    run()
    assert.same({ "coroutine", "task" }, log)
    assert.same({ 7 }, { t.results[1] })
  end)

  it("a limit belongs to its coroutine", function()
    local limit, ops = { expired = true }, { {}, {} }
    start(function()
      table.insert(scheduler.context().limits, limit)
      local held = scheduler.context()
      sleep()
      note(tostring(coro.pcall(scheduler.wait, ops[1])))
      assert.equal(held, scheduler.context())
    end)
    start(function()
      sleep()
      note(tostring(coro.pcall(scheduler.wait, ops[2])))
    end)
    run()
    assert.same({ "false" }, log)
    scheduler.finish(ops[2])
    run()
    assert.same({ "false", "true" }, log)
  end)

  it_through("a hook that sleeps in the host holds up nobody else", function()
    local op = {}
    start(function()
      scheduler.inside(function()
        note(tostring(pcall(scheduler.check, "hook")))
        sleep()
        sleep()
        note(tostring(pcall(scheduler.check, "hook")))
      end)
    end)
    start(function()
      scheduler.check "coroutine"
      scheduler.wait(op)
      note "goes on"
    end)
    start(function() scheduler.finish(op) end)
    run()
    assert.same({ "false", "goes on", "false" }, log)
    assert.is_false(ready.in_hook())
  end)

  it("a generator waits inside its coroutine", function()
    local op = {}
    start(function()
      local generator = coro.wrap(function()
        scheduler.wait(op)
        coroutine.yield "value"
      end)
      note(generator())
    end)
    run()
    assert.same({}, log)
    scheduler.finish(op)
    run()
    assert.same({ "value" }, log)
  end)

  it_through("what waits for itself in the host's way goes on with it", function()
    local t = scheduler.go(function()
      sleep()
      note "slept"
    end)
    run()
    assert.same({ "slept" }, log)
    assert.is_true(t.done)
  end)

  it("a coroutine that the host cancels gives up what it waits for", function()
    local abandoned, problem = 0, nil
    start(function()
      cancelled = coroutine.running()
      local op = { abandon = function() abandoned = abandoned + 1 end }
      problem = select(2, coro.pcall(scheduler.wait, op))
    end)
    run()
    later(cancelled)
    run()
    assert.equal("cancelled by the host", problem)
    assert.equal(1, abandoned)
  end)

  it("a task that fails is reported once, with the place of the error", function()
    err.on_error = note
    local t = scheduler.go(function() error "boom" end)
    run()
    err.on_error = nil
    assert.equal(1, #log)
    assert.truthy(log[1]:find "context_spec.lua:%d+: boom")
    assert.equal(log[1], t.err)
    start(function() assert.same({ nil, log[1], "ETASK" }, { t:wait() }) end)
    run()
  end)

  it("a wait outside of any coroutine says what to do", function()
    local ok, problem = pcall(function() task.wait_all() end)
    assert.is_false(ok)
    assert.truthy(problem:find("context_spec.lua:%d+: wait_all: cannot wait here: no coroutine of "
      .. "turns runs here; start a task with mtr.go"))
  end)

  it("waits and tasks leave nothing behind", function()
    run()
    collectgarbage()
    assert.is_false(ready.any())
    assert.is_false(require "mtr.wait.context".due())
  end)
end)
