-- SPDX-License-Identifier: MIT
--
-- The examples in scripts/examples run, over simulated networks, and do what they say.
local runs = require "spec.support.harness.run"
local run = runs.run

local GOOD = [[return { seed = 1,
  nodes = { me = "192.0.2.1", r = "198.51.100.1", s = "198.51.100.2",
    web = { "203.0.113.9", "203.0.113.0/24" }, far = "198.18.1.1",
    other = { "198.18.0.9", "198.18.0.0/24" } },
  links = { { "me", "r", delay = "2ms" }, { "r", "s", loss = LOSS }, { "s", "web", delay = "5ms" },
    { "s", "far", "other" } } }]]

local EXAMPLE = "$MTR_PROGRAM --sim $DIR/net.lua scripts/examples/"

local function ok(command, status)
  local got = run(command)
  assert.same({ status or 0, "" }, { got.status, got.err }, got.out)
  return got.out
end

-- What each example prints; the names are those of the files.
local tried = {}
function tried.alert_on_change()
  local command = EXAMPLE .. "alert_on_change.lua $DIR/path web"
  assert.same({ "", "" }, { ok(command), ok(command) })
  runs.file("net.lua", (GOOD:gsub("198%.51%.100%.2", "198.51.100.77"):gsub("LOSS", "0")))
  assert.equal("web: hop 2 was 198.51.100.2, is 198.51.100.77\n", ok(command, 3))
  assert.equal("", ok(command))
end
function tried.find_loss()
  local command = EXAMPLE .. "find_loss.lua web 20"
  assert.equal("no loss to web in 3 hops\n", ok(command))
  runs.file("net.lua", (GOOD:gsub("LOSS", "0.5")))
  assert.equal("web: packets are lost between hop 1 and hop 2\n", ok(command))
end
function tried.backward()
  -- 16 to 1; then from the first answer of the target on, to a router that is known.
  assert.equal("203.0.113.9: 16 probes\n198.18.0.9: 4 probes\n203.0.113.7: 5 probes\n",
    (ok(EXAMPLE .. "backward.lua 203.0.113.9 198.18.0.9 203.0.113.7")))
end
function tried.prefix_rates()
  local out = ok(EXAMPLE .. "prefix_rates.lua 203.0.113.0/28 198.18.0.0/28")
  assert.truthy(out:find "\n?32 traces in")
  local networks = 0
  for rate in out:gmatch "probes, ([%d.]+) per second" do
    networks = networks + 1
    assert.truthy(tonumber(rate) > 5 and tonumber(rate) <= 21, out)
  end
  assert.equal(2, networks)
end
function tried.own_reporter()
  local out = ok(EXAMPLE .. "own_reporter.lua 203.0.113.9 198.18.0.9")
  assert.truthy(out:find("203.0.113.9 completed in 3 hops, slowest: hop 3 with 14.0 ms", 1, true))
  assert.truthy(out:find "^# through sim\n" and out:find "\n# completed\t2\n# probes\t%d+\n$", out)
end
function tried.to_sqlite()
  local got = run(EXAMPLE .. "to_sqlite.lua $DIR/out.db 203.0.113.9 198.18.0.9")
  assert.truthy(got.out:find "^2 traces are in ", got.err)
  assert.equal("198.18.0.9|4\n203.0.113.9|3\n",
    ok "sqlite3 $DIR/out.db 'SELECT dst, hop_count FROM traces ORDER BY dst'")
end
function tried.to_prometheus()
  ok(EXAMPLE .. "to_prometheus.lua $DIR/out.prom 60 3 203.0.113.9 198.18.0.9")
  assert.truthy(ok "cat $DIR/out.prom":find 'mtr_traces_total{stop_reason="completed"} 6\n')
end
function tried.two_engines()
  local out = ok(EXAMPLE .. "two_engines.lua web")
  assert.truthy(out:find "^icmp, 20/s: completed in 3 hops, %d+ probes, %d+ ms\ntcp, 500/s: ")
  assert.truthy(out:find "\n3\t203.0.113.9\t203.0.113.9\n$", out)
end
function tried.embedded()
  assert.truthy(ok("LUA_PATH='lua/?.lua;lua/?/init.lua;build/lua/?.lua;;' "
    .. "luajit scripts/examples/embedded.lua web $DIR/net.lua"):find(
    "^1\t198.51.100.1\t4\n.*3\t203.0.113.9\t14\ncompleted\nthe timer went on meanwhile\n$"))
end
function tried.failure()
  local out = ok "$MTR_PROGRAM scripts/examples/failure.lua"
  local reasons = {}
  for reason in out:gmatch " s: (%l+)" do reasons[#reasons + 1] = reason end
  assert.equal("completed gaplimit gaplimit gaplimit completed", table.concat(reasons, " "))
  local _, changes = out:gsub("<%- changed", "")
  assert.equal(2, changes)
end

-- Those that need a server are in the spec of serve.
local ELSEWHERE = { serve_client = true }

describe("the example", function()
  before_each(function() runs.file("net.lua", (GOOD:gsub("LOSS", "0"))) end)
  after_each(runs.clean)

  for path in run("ls scripts/examples/*.lua").out:gmatch "[^\n]+" do
    local name = path:match "([^/]*)%.lua$"
    if not ELSEWHERE[name] then
      it(name .. " does what it says, in less than 60 lines", function()
        tried[name]()
        local lines = 0
        for _ in io.lines(path) do lines = lines + 1 end
        assert.truthy(lines < 60)
      end)
    end
  end
end)
