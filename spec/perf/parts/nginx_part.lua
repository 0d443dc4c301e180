-- SPDX-License-Identifier: MIT
--
-- The bench's part about nginx: what it costs that a request waits instead of blocking its worker
-- (see loads/nginx_rtt.lua), and how much longer a reload and an exit take with an idle engine than
-- without mtr. In a reload nginx itself waits for 100 ms.

local nginx = require "spec.support.real.nginx"
local reports = require "spec.perf.kit.report"
local run = require "spec.support.harness.run"

local ROUNDS, MOST_RATIO, MOST_MS = 5, 2, 100

local COMMAND = "LUA_PATH='build/lua/?.lua;lua/?.lua;lua/?/init.lua;?.lua;;' "
  .. "luajit spec/support/real/in_nginx.lua spec/perf/loads/nginx_rtt.lua"

local function round_trips()
  local got, values = run.run(COMMAND), {}
  for key, value in got.out:gmatch "([%w_]+)=([%d.]+)" do values[key] = tonumber(value) end
  assert(values.wait, "bench: " .. got.out .. got.err)
  return values
end

-- Milliseconds until the worker has ended after a reload, and the whole nginx after an exit.
local function ends(with)
  local server = nginx.start {
    user = "root", init_worker = with and 'require "mtr.host"',
    locations = { ["/"] = with and [[ngx.say(require("mtr").trace("127.0.0.1").stop_reason)]]
      or [[ngx.say "completed"]] },
  }
  assert(server:get "/" == "completed\n", "bench: nginx does not answer")
  local reload = server:signal("HUP", server:workers()[1]) * 1e3
  assert(server:get "/" == "completed\n", "bench: nginx does not answer")
  local exit = server:stop() * 1e3
  run.clean()
  return reload, exit
end

local function add(report, name, text, most, unit, list)
  report:add_median({ name = name, text = text, most = most, unit = unit, digits = unit and 1 },
    list)
end

---@param report perf.Report
return function(report)
  local missing = nginx.missing()
  assert(not missing, missing)
  reports.say("\nnginx: requests that wait for a probe to loopback, or block their worker")
  local ratio, waits, blocks, slow = {}, {}, {}, {}
  for i = 1, ROUNDS do
    local got = round_trips()
    ratio[i], waits[i], blocks[i] = got.wait / got.block, got.wait, got.block
    slow[i] = got.wait_p99
  end
  add(report, "nginx_wait_ratio", "waiting / blocking, median", MOST_RATIO, nil, ratio)
  add(report, "nginx_wait", "waiting, median", nil, "us", waits)
  add(report, "nginx_wait_p99", "waiting, p99", nil, "us", slow)
  add(report, "nginx_block", "blocking, median", nil, "us", blocks)
  reports.say("     until the old worker has ended after a reload, and nginx after its exit:")
  local with, without = { reload = {}, exit = {} }, { reload = {}, exit = {} }
  for i = 1, ROUNDS do
    with.reload[i], with.exit[i] = ends(true)
    without.reload[i], without.exit[i] = ends(false)
  end
  for _, name in ipairs { "reload", "exit" } do
    local more = {}
    for i = 1, ROUNDS do more[i] = with[name][i] - without[name][i] end
    add(report, "nginx_" .. name, name .. " with an idle engine", nil, "ms", with[name])
    add(report, "nginx_" .. name .. "_plain", "the same without mtr", nil, "ms", without[name])
    add(report, "nginx_" .. name .. "_more", "what mtr adds", MOST_MS, "ms", more)
  end
end
