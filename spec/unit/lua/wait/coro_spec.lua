-- SPDX-License-Identifier: MIT
--
-- Waits that pass through coroutines of the user's own.
local compat = require "mtr.compat"
local coro = require "mtr.wait.coro"

-- Lua 5.1 cannot wait behind pcall, metamethods and iterators, and its message is its own.
local it_through = compat.yields_through and it or function() end

-- A task that is resumed as often as it waits; what came of it, and how often it waited.
local function run(fn)
  local task, waits = nil, 0
  task = coroutine.create(function() return fn(function() coro.suspend(task) end) end)
  while true do
    local outcome, value = coro.run(task)
    if outcome ~= "waits" then return outcome, value, waits end
    waits = waits + 1
  end
end

describe("a wait", function()
  it("suspends its task", function()
    assert.same({ "ends", 3, 2 }, { run(function(wait)
      wait()
      wait()
      return 3
    end) })
  end)

  it_through("passes through a generator, which yields its own values", function()
    local outcome, value, waits = run(function(wait)
      local seen = {}
      local generator = coro.wrap(function()
        for i = 1, 3 do
          wait()
          coroutine.yield(i)
        end
      end)
      for i in generator do seen[#seen + 1] = i end
      return table.concat(seen, ",")
    end)
    assert.same({ "ends", "1,2,3", 3 }, { outcome, value, waits })
  end)

  it("passes through the pcall of this library", function()
    local outcome, value, waits = run(function(wait)
      local ok, problem = coro.pcall(function(x)
        wait()
        error(x .. "caught", 0)
      end, "was ")
      local function two() return 1, wait() or "two" end
      return tostring(ok) .. problem .. select(3, coro.pcall(two))
    end)
    assert.same({ "ends", "falsewas caughttwo", 2 }, { outcome, value, waits })
    assert.same({ true, 7 }, { coro.pcall(math.max, 7, 3) })
  end)

  it_through("passes through coroutines in coroutines, pcall and metamethods", function()
    local outcome, value, waits = run(function(wait)
      local object = setmetatable({}, { __index = function(_, key)
        wait()
        return key
      end })
      return coro.wrap(function()
        local co = coro.create(function(a)
          wait()
          local ok, problem = pcall(function()
            wait()
            error("caught", 0)
          end)
          return a .. tostring(ok) .. problem .. object.end_
        end)
        return select(2, coro.resume(co, "x"))
      end)()
    end)
    assert.same({ "ends", "xfalsecaughtend_", 3 }, { outcome, value, waits })
  end)

  it_through("says so when a C function is in between", function()
    for _, fn in ipairs {
      function(wait) table.sort({ 1, 2, 3 }, wait) end,
      function(wait) return ("x"):gsub("x", wait) end,
      function(wait) table.sort({ 1, 2, 3 }, coro.wrap(wait)) end,
    } do
      local outcome, problem = run(fn)
      assert.equal("fails", outcome)
      assert.truthy(problem:find "called from table.sort, string.gsub or require", problem)
    end
  end)

  it("says so when the host's own resume is in between", function()
    local outcome, value = run(function(wait)
      return select(2, coroutine.resume(coroutine.create(wait)))
    end)
    assert.equal("ends", outcome)
    assert.truthy(value:find "use mtr.coroutine.resume")
  end)
end)

describe("resume", function()
  it("is coroutine.resume where nothing waits", function()
    local co = coroutine.create(function(a, b)
      local c, d = coroutine.yield(a + b, nil, "x")
      error({ c, d })
    end)
    assert.same({ true, 3, nil, "x", n = 4 },
      (function(...) return { n = select("#", ...), ... } end)(coro.resume(co, 1, 2)))
    local ok, problem = coro.resume(co, "c", "d")
    assert.is_false(ok)
    assert.same({ "c", "d" }, problem)
    assert.same({ false, "cannot resume dead coroutine" }, { coro.resume(co) })
  end)

  it("wrapped, raises what was raised", function()
    local problem = {}
    local _, got = pcall(coro.wrap(function() error(problem) end))
    assert.equal(problem, got)
  end)
end)

describe("a task", function()
  it("that yields outside of a wait fails", function()
    local outcome, problem = run(function() coroutine.yield(5) end)
    assert.equal("fails", outcome)
    assert.truthy(problem:find "coroutine.yield in a task")
  end)
end)

describe("a worker", function()
  it("calls a function, which is resumed with what its wait returns", function()
    local worker = coro.worker()
    local outcome = coro.go_on(worker, function(a, b) return a, b, (coro.suspend(worker)) end, 1, 2)
    assert.equal("waits", outcome)
    assert.same({ "ends", 1, 2, 3 }, { coro.go_on(worker, 3) })
  end)

  it("serves again once its function has returned, not while it waits", function()
    local first = coro.worker()
    assert.equal("ends", (coro.go_on(first, function() end)))
    local second = coro.worker()
    assert.equal(first, second)
    assert.equal("waits", (coro.go_on(second, function() coro.suspend(second) end)))
    assert.are_not.equal(second, coro.worker())
  end)

  it("fails with its function, or by a yield outside of a wait", function()
    local problem = {}
    assert.same({ "fails", problem }, { coro.go_on(coro.worker(), function() error(problem) end) })
    local outcome, text = coro.go_on(coro.worker(), function() coroutine.yield(5) end)
    assert.equal("fails", outcome)
    assert.truthy(text:find "coroutine.yield in a task")
  end)
end)
