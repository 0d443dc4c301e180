-- SPDX-License-Identifier: MIT
--
-- Tasks and waits, without any engine.
local err = require "mtr.base.err"
local coro = require "mtr.wait.coro"
local scheduler = require "mtr.wait.scheduler"
local semaphore = require "mtr.wait.semaphore"
local task = require "mtr.script.task"

local log

before_each(function() log = {} end)

local function note(text) log[#log + 1] = text end

describe("a task", function()
  it("runs at once up to its first wait, and on when that is done", function()
    local op = {}
    local t = scheduler.go(function(a, b)
      note("starts " .. a .. b)
      scheduler.wait(op)
      note "goes on"
      return 7, nil, 9
    end, 1, 2)
    note "go has returned"
    assert.is_false(t.done)
    scheduler.finish(op)
    assert.same({ "starts 12", "go has returned", "goes on" }, log)
    assert.is_true(t.done)
    assert.same({ 7, nil, 9 }, { t:wait() })
  end)

  it("does not wait for what has ended", function()
    assert.is_true(scheduler.go(function() scheduler.wait { done = true } end).done)
  end)

  it("started by a task runs when that one gives way", function()
    local op = {}
    scheduler.go(function()
      scheduler.go(function() note "inner" end)
      note "outer"
      scheduler.wait(op)
      note "outer again"
    end)
    scheduler.finish(op)
    assert.same({ "outer", "inner", "outer again" }, log)
  end)

  it("woken within a batch runs after it", function()
    local op = {}
    scheduler.go(function()
      scheduler.wait(op)
      note "task"
    end)
    scheduler.batch(function()
      scheduler.finish(op)
      note "batch"
    end)
    assert.same({ "batch", "task" }, log)
  end)

  it("is woken in the order of waiting, once", function()
    local op = {}
    for i = 1, 3 do
      scheduler.go(function()
        scheduler.wait(op)
        note(i)
      end)
    end
    scheduler.finish(op)
    assert.same({ 1, 2, 3 }, log)
  end)
end)

describe("a task that fails", function()
  before_each(function() err.on_error = note end)
  after_each(function() err.on_error = nil end)

  it("is reported with its traceback, and others go on", function()
    local op = {}
    local bad = scheduler.go(function()
      scheduler.wait(op)
      local function deep() error "boom" end
      deep()
    end)
    local good = scheduler.go(function()
      scheduler.wait(op)
      return "fine"
    end)
    scheduler.finish(op)
    assert.equal(1, #log)
    assert.truthy(log[1]:find "scheduler_spec.lua:%d+: boom")
    assert.truthy(log[1]:find "in %a+ 'deep'")
    assert.same({ nil, log[1], "ETASK" }, { bad:wait() })
    assert.equal("fine", good:wait())
    assert.same({ nil, log[1], "ETASK", bad }, { task.wait_all(good, bad) })
    assert.equal(bad, task.wait_any(bad, good))
  end)

  it("may raise anything", function()
    assert.truthy(scheduler.go(error, setmetatable({}, { __tostring = function() return "me" end }))
      .err:find "^me\n")
    assert.truthy(scheduler.go(error, nil).err:find "^nil\n")
  end)

  it("outside a batch leaves nothing busy behind", function()
    assert.has_error(function() scheduler.batch(error, "x", 0) end, "x")
    assert.is_true(scheduler.go(function() end).done)
  end)
end)

describe("a wait", function()
  it("inside a hook is a caller's bug", function()
    local ok, problem
    scheduler.inside(function() ok, problem = pcall(function() task.sleep(5) end) end)
    assert.is_false(ok)
    assert.truthy(problem:find "scheduler_spec.lua:%d+: sleep: cannot wait inside a hook")
  end)

  it("that nothing can end is an error outside tasks", function()
    local ok, problem = pcall(scheduler.wait, {})
    assert.is_false(ok)
    assert.truthy(problem:find "nothing is under way")
  end)

  it("of a stuck task is an error in it", function()
    local t = scheduler.go(function() scheduler.wait {} end)
    t.stuck = true
    scheduler.wake(t)
    assert.truthy(t.err:find "nothing is under way")
  end)

  it("raises an expired limit each time, and gives up what it waits for", function()
    local limit, abandoned = { expired = false }, 0
    local op = { abandon = function() abandoned = abandoned + 1 end }
    local t = scheduler.go(function()
      table.insert(scheduler.context().limits, limit)
      for i = 1, 2 do
        local ok, problem = coro.pcall(scheduler.wait, op)
        note(tostring(ok) .. i .. tostring(problem == limit))
      end
    end)
    limit.expired = true
    scheduler.wake(t)
    assert.same({ "false1true", "false2true" }, log)
    assert.equal(2, abandoned)
  end)
end)

describe("wait_all and wait_any", function()
  it("take tasks one by one or as a list", function()
    local ops = { {}, {}, {} }
    local tasks = {}
    for i, op in ipairs(ops) do
      tasks[i] = scheduler.go(function()
        scheduler.wait(op)
        return i
      end)
    end
    local any = scheduler.go(function() note("any " .. task.wait_any(tasks):wait()) end)
    local all = scheduler.go(function() note("all " .. tostring(task.wait_all(unpack(tasks)))) end)
    scheduler.finish(ops[2])
    scheduler.finish(ops[1])
    assert.is_true(any.done)
    assert.is_false(all.done)
    scheduler.finish(ops[3])
    assert.same({ "any 2", "all true" }, log)
    assert.is_true(task.wait_all {})
    assert.is_true(task.wait_all())
  end)

  it("take traces, which were started with a callback", function()
    local mtr = require "mtr"
    local net = mtr.sim.internet { seed = 1, prefixes = 9 }
    local engine = assert(mtr.engine { sim = net, seed = 1 })
    local done, next_target = {}, net:targets()
    local function start(dst)
      return (assert(engine:trace(dst, { timeout = 100 }, function(message, result)
        done[#done + 1] = message and "failed" or result.target
      end)))
    end
    local list = {}
    for i = 1, 3 do list[i] = start(next_target()) end
    assert.is_true(task.wait_all(list))
    assert.equal(3, #done)
    assert.is_true(task.wait_all(start(next_target())))
    assert.equal(4, #done)
    local bad = start "no.example"
    local ok, _, name, which = task.wait_all(start(next_target()), bad)
    assert.is_nil(ok)
    assert.is_string(name)
    assert.equal(bad, which)
    assert.equal(6, #done)
    local one = start(next_target())
    assert.equal(one, task.wait_any(one))
    assert.equal(7, #done)
    engine:close()
  end)

  it("refuse a value that is not a task", function()
    for _, fn in ipairs { task.wait_all, task.wait_any } do
      assert.has_error(function() fn(scheduler.go(note), nil) end)
      assert.has_error(function() fn(5) end)
      assert.has_error(function() fn { 5 } end)
    end
    assert.has_error(function() task.wait_any() end, "wait_any: no task given")
    assert.has_error(function() task.go(5) end, "go: the task must be a function, got 5")
  end)
end)

describe("a semaphore", function()
  it("lets so many through, the others in their order", function()
    local s = semaphore.new(2)
    for i = 1, 4 do
      scheduler.go(function()
        s:acquire()
        note(i)
      end)
    end
    assert.same({ 1, 2 }, log)
    s:release()
    assert.same({ 1, 2, 3 }, log)
    s:release()
    s:release()
    assert.same({ 1, 2, 3, 4 }, log)
    assert.equal(1, s.count)
  end)

  it("passes over a task that gave up", function()
    local s, limit = semaphore.new(0), {}
    local t = scheduler.go(function()
      table.insert(scheduler.context().limits, limit)
      coro.pcall(s.acquire, s)
      note "gave up"
    end)
    scheduler.go(function()
      s:acquire()
      note "acquired"
    end)
    limit.expired = true
    scheduler.wake(t)
    s:release()
    assert.same({ "gave up", "acquired" }, log)
    assert.equal(0, s.count)
  end)

  it("counts whole numbers", function()
    for _, n in ipairs { -1, 1.5, "2" } do
      assert.has_error(function() semaphore.new(n) end)
    end
    assert.has_error(function() semaphore.new() end)
  end)
end)
