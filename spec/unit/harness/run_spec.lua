-- SPDX-License-Identifier: MIT
--
-- What run("...") tells of a command: its status, its two streams, its end by a signal or by time.
local run = require "spec.support.harness.run"

describe("run", function()
  teardown(run.clean)

  it("keeps both streams and the status", function()
    assert.same({ status = 3, out = "out\n", err = "err\n" },
      run.run "echo out; echo err >&2; exit 3")
    assert.same({ status = 0, out = "", err = "" }, run.run ":")
  end)

  it("names the directory, which is clean when asked for", function()
    local dir = run.dir()
    assert.equal(dir .. "\n", run.run "echo \"$DIR\"".out)
    assert.equal("x", run.read(run.file("a file", "x")))
    run.clean()
    assert.is_nil(io.open(dir))
  end)

  it("tells a signal as a shell does", function()
    assert.equal(128 + 9, run.run "kill -9 $$".status)
    assert.equal(128 + 15, run.run "exec sh -c 'kill -TERM $$'".status)
  end)

  it("ends a command and what it started when its time is over", function()
    local r = run.run([[
      (trap 'echo inner; exit' TERM; sleep 60 & wait) &
      trap 'wait; echo outer; exit 7' TERM
      wait]], 4)                         -- by then all three have set their traps
    assert.same({ status = 124, out = "inner\nouter\n", err = "" }, r)
  end)

  it("tells whether a program is there", function()
    assert.is_true(run.has "sh")
    assert.is_false(run.has "no-such-program")
  end)
end)
