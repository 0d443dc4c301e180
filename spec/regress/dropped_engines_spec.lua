-- SPDX-License-Identifier: MIT
--
-- Engines that nobody refers to were kept for as long as a task ran, and so by mtrlua for ever: the
-- loop, which ran the task inside the step of one of them, had all of them in a list.
local mtr = require "mtr"
local fds = require "spec.support.harness.fds"
local run = require "spec.support.harness.run"

local NETWORK = { nodes = { me = "192.0.2.1", web = "203.0.113.9" }, links = { { "me", "web" } } }
local DROPPED, MOST_LEFT = 10, 3       -- the one in whose step the task runs, and what is on stacks

-- Opens engines and drops them after a trace. Returns how many there still are.
local function drop()
  local alive = setmetatable({}, { __mode = "k" })
  for _ = 1, DROPPED do
    local engine = assert(mtr.engine { sim = NETWORK })
    assert.equal("completed", assert(engine:trace "203.0.113.9").stop_reason)
    alive[engine] = true
  end
  require "jit".flush()                 -- compiled code may name an engine that it was compiled for
  for _ = 1, 3 do collectgarbage() end
  local left = 0
  for _ in pairs(alive) do left = left + 1 end
  return left
end

describe("engines that are dropped after a trace", function()
  -- The first engine of a process leaves what libuv keeps for good.
  setup(function() assert(mtr.engine { sim = NETWORK }):close() end)
  teardown(run.clean)

  it("are collected outside of tasks", function()
    local before = fds()
    assert.is_true(drop() <= MOST_LEFT)
    assert.equal(before, fds())
  end)

  for waits, how in pairs { ["mtr.run"] = mtr.run, ["task:wait"] = function(t) t:wait() end } do
    it("are collected while the task runs that has opened them; " .. waits, function()
      local before, left = fds(), nil
      how(mtr.go(function() left = drop() end))
      assert.is_true(left <= MOST_LEFT, tostring(left))
      assert.equal(before, fds())
    end)
  end

  it("are collected in mtrlua, whose main chunk is a task", function()
    local got = run.run([["$MTR_PROGRAM" -e 'local mtr, alive = require "mtr", 0
      for _ = 1, 10 do
        local engine = assert(mtr.engine { sim = {
          nodes = { me = "192.0.2.1", web = "203.0.113.9" }, links = { { "me", "web" } } } })
        assert(engine:trace "203.0.113.9")
      end
      jit.flush()
      for _ = 1, 3 do collectgarbage() end
      for line in io.popen("ls -l /proc/$PPID/fd 2>/dev/null"):lines() do
        if line:find "eventpoll" then alive = alive + 1 end
      end
      print(alive)']])
    assert.equal("", got.err)
    assert.is_true(tonumber(got.out) <= MOST_LEFT, got.out)
  end)
end)
