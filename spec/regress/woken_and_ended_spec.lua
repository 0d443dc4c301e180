-- SPDX-License-Identifier: MIT
--
-- A task that gave up a wait after a limit, then finished that op itself and ended, was resumed
-- once more: "cannot resume dead coroutine".
local mtr = require "mtr"
local err = require "mtr.base.err"
local scheduler = require "mtr.wait.scheduler"

describe("a task that finishes the op it once waited for, and ends", function()
  it("is not resumed again", function()
    local engine = mtr.engine { sim = mtr.sim { source = "a", nodes = { a = "192.0.2.1",
      b = "192.0.2.2" }, links = { { "a", "b" } } } }
    local before, reports = err.on_error, {}
    err.on_error = function(text) reports[#reports + 1] = text end
    local op = {}
    local task = engine:go(function()
      pcall(mtr.with_timeout, 10, scheduler.wait, op)
      scheduler.finish(op)
      return "once"
    end)
    engine:run()
    err.on_error = before
    assert.same({ "once" }, { task:wait() })
    assert.same({}, reports)
    engine:close()
  end)
end)
