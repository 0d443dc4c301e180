-- SPDX-License-Identifier: MIT
--
-- Several engines, one in each thread, under the thread sanitizer: over one simulated network and
-- on loopback. `make test` builds the program. It runs without randomised addresses, because the
-- sanitizer knows only some places where memory can be.
local runs = require "spec.support.harness.run"
local loopback = require "spec.support.real.loopback"
local run = runs.run

local PROGRAM = "build/tsan/threads"

describe("four engines in four threads", function()
  teardown(runs.clean)

  local function threads(where)
    if run("test -x " .. PROGRAM).status ~= 0 then return pending("needs make " .. PROGRAM) end
    return run(("p=$PWD/%s; cd $DIR && setarch -R $p %s"):format(PROGRAM, where))
  end

  it("share one simulated network, whose maker frees it first", function()
    local got = threads "sim"
    assert.same({ 0, ("40\n"):rep(4), "" }, { got.status, got.out, got.err })
  end)

  it("send, receive and do their other work on loopback", function()
    local missing = loopback.missing()
    if missing then return pending(missing) end
    local got = threads "raw"
    assert.same({ 0, ("200\n"):rep(4), "" }, { got.status, got.out, got.err })
  end)
end)
