-- SPDX-License-Identifier: MIT
--
-- A program may step an engine before anything is due: hosts do, and timers that were set early.
-- A probe that became due just behind such a step was sent at once, but a replay passed the step
-- over, and so sent it at the next one: its time was another.
local lab = require "spec.lab.lab"
local nets = require "spec.support.real.nets"
local run = require "spec.support.harness.run"

local available, reason = lab.available()

-- Steps without a rest, but not for ever: each step is recorded. The traces print their results as
-- they end.
local SCRIPT = [[
  local mtr = require "mtr"
  local engine, left = mtr.default(), 6
  for i = 1, left do
    engine:trace((...), { queries = 3, flow = i }, function(_, result)
      left = left - 1
      print(result:json())
    end)
  end
  for _ = 1, 3e6 do
    if left == 0 then break end
    engine:step()
  end
]]

describe("a recording of an engine that is stepped early", function()
  after_each(nets.down)
  teardown(run.clean)

  it("is replayed with all times", function()
    if not available then pending(reason) end
    local l = nets.up "chain 3"
    nets.pings(l)
    run.file("script.lua", SCRIPT)
    local words = '"$MTR_PROGRAM" --rate 500 %s "$DIR/script.lua" ' .. l.dst4
    local first = run.run(l:command(words:format "--record $DIR/tape"))
    assert.same({ 0, "" }, { first.status, first.err })
    assert.equal(6, select(2, first.out:gsub("\n", "")))
    local again = run.run(words:format "--replay $DIR/tape")
    assert.same({ 0, "", first.out }, { again.status, again.err, again.out })
  end)
end)
