-- SPDX-License-Identifier: MIT
--
-- A campaign over a simulated network in which all traces pass the same routers, with names and
-- origins or without; or many lookups at a name server of this host.
--
--   mtrlua spec/perf/loads/names.lua [way=off] [targets=200000] [routers=12] [server=ADDRESS]
--
-- Ways: off and on (a campaign, its results as JSON), campaign (targets that are names, over
-- loopback), lookup, reverse, first (the time until the first lookup fails). It prints one line of
-- key=value; us_per_probe is processor time, span the time of the simulated network in ms, seconds
-- real time.

package.path = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/../../?.lua;" .. package.path

local mtr = require "mtr"
local measure = require "spec.perf.kit.measure"

local given = measure.options({ ... }, {
  way = "off", targets = 200000, routers = 12, server = "none", timeout = 3000,
})

mtr.names.configure { servers = { given.server }, timeout = given.timeout }

local function network()
  local nodes = { me = "192.0.2.1", web = { "10.0.0.0/8" } }
  local link = { "me", delay = 1 }
  for i = 1, given.routers do
    local name = ("router-%d.example.net"):format(i)
    nodes[name], link[i + 1] = "172.16.0." .. i, name
  end
  link[given.routers + 2] = "web"
  return { nodes = nodes, links = { link } }
end

local function traced(enrich)
  local engine = assert(mtr.engine { sim = network(), seed = 1, rate = "max" })
  local before = measure.cpu()
  local summary = assert(mtr.campaign {
    engine = engine, targets = mtr.targets.list { "10.0.0.0/8" }:take(given.targets),
    window = 1000, enrich = enrich, reporters = { mtr.report.jsonl "/dev/null" },
  }:run())
  local cpu, probes = measure.cpu() - before, engine:stats().probes_sent
  return { us_per_probe = cpu * 1e6 / probes, probes = probes, span = engine:now(),
    completed = summary.stop_reasons.completed }
end

local WAYS = {}
function WAYS.off() return traced(nil) end
function WAYS.on() return traced { dns = true, asn = true } end

-- Runs fn(i) in a task each, and waits for all.
local function all(n, fn)
  local tasks, began = {}, measure.now()
  for i = 1, n do tasks[i] = mtr.go(fn, i) end
  for _, task in ipairs(tasks) do assert(task:wait()) end
  return { seconds = measure.now() - began }
end

function WAYS.lookup()
  return all(given.targets, function(i) return mtr.names.lookup(("ok-%d.test"):format(i), 4) end)
end

function WAYS.reverse()
  return all(given.targets, function(i)
    return mtr.names.reverse(("10.0.%d.%d"):format(i / 250, i % 250))
  end)
end

function WAYS.campaign()
  local list, began = {}, measure.now()
  for i = 1, given.targets do list[i] = ("ok-%d.test"):format(i) end
  local engine = assert(mtr.engine { rate = "max" })
  local summary = assert(mtr.campaign {
    engine = engine, targets = list, window = given.targets,
    trace = { family = 4, max_ttl = 1 },
  }:run())
  return { seconds = measure.now() - began, completed = summary.stop_reasons.completed }
end

function WAYS.first()
  local began = measure.now()
  local first
  for i = 1, given.targets do
    mtr.names.reverse(("10.2.%d.%d"):format(i / 250, i % 250), function()
      first = first or measure.now() - began
    end)
  end
  while not first do mtr.sleep(1) end
  return { seconds = first }
end

local values, keys = assert(WAYS[given.way], "no such way")(), {}
for key in pairs(values) do keys[#keys + 1] = key end
table.sort(keys)
measure.print(values, keys)
os.exit(0)
