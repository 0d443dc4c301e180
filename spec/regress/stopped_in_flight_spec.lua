-- SPDX-License-Identifier: MIT
--
-- What was in flight when a trace was stopped counted as unanswered, on a path that loses nothing:
-- in the summary of ping, and as stars in the text of traces.
local mtr = require "mtr"
local nets = require "spec.support.real.nets"
local run = require "spec.support.harness.run"

local SLOW = { nodes = { me = { "192.0.2.1", "2001:db8::1" }, r1 = { "10.0.0.1", "2001:db8:1::1" },
    r2 = { "10.0.0.2", "2001:db8:1::2" }, web = { "203.0.113.9", "2001:db8:9::9" } },
  links = { { "me", "r1", delay = "1ms" }, { "r1", "r2", "web", delay = "70ms" } } }
local STRATEGIES = { "window", "window-lua", "sequential", "rounds", "random", "mda", "doubletree",
  "pmtu" }

-- A trace that is stopped after |after| ms: its result, statistics, and counters.
local function stopped(opts, after)
  local e = assert(mtr.engine { sim = mtr.sim(SLOW), seed = 1 })
  local stats = mtr.stats()
  local result
  local trace = assert(e:trace("web", stats:hooks(opts), function(_, r) result = r end))
  mtr.go(function()
    mtr.sleep(after)
    trace:stop()
  end)
  mtr.run()
  local counters = e:stats()
  nets.accounted(counters)
  e:close()
  return result, stats, counters
end

describe("a trace that is stopped", function()
  for _, strategy in ipairs(STRATEGIES) do
    for _, protocol in ipairs { "icmp", "udp", "tcp" } do
      it(("has no unanswered probe if none was lost: %s, %s"):format(strategy, protocol), function()
        local given_up = 0
        for family = 4, 6, 2 do
          for _, after in ipairs { 10, 50, 145, 260 } do
            local result, stats, counters = stopped({ strategy = strategy, queries = 3, window = 20,
              protocol = protocol, family = family, timeout = "3s" }, after)
            given_up = given_up + counters.given_up
            for _, hop in ipairs(result.hops) do assert.is_nil(hop.unanswered) end
            for _, hop in ipairs(stats:hops()) do
              assert.same({ 0, hop.received }, { hop.unanswered, hop.sent - hop.too_big })
            end
            assert.equal(0, counters.timeouts)
            local text = {}
            local reporter = mtr.report.text(function(s) text[#text + 1] = s end, { queries = 3 })
            reporter:trace(result)
            if result.stop_reason == "halted" then
              assert.is_nil(table.concat(text):find("*", 1, true))
            end
          end
        end
        assert(given_up > 0)
      end)
    end
  end
end)

describe("ping that ends at its deadline", function()
  teardown(run.clean)

  it("counts what is in flight beside the answers", function()
    local topology = run.file("slow.lua", [[return { nodes = { me = "192.0.2.1", r1 = "10.0.0.1",
      web = "203.0.113.9" }, links = { { "me", "r1", "web", delay = "75ms" } } }]])
    local got = run.run(('"$MTR_PROGRAM" --sim %s scripts/ping.lua -q -i 100ms -w 0.55 web')
      :format(topology))
    assert.equal(0, got.status)
    assert(got.out:find("\n6 sent, 3 received, 0% unanswered, 3 in flight\n", 1, true), got.out)
  end)
end)
