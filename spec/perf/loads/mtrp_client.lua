-- SPDX-License-Identifier: MIT
--
-- The engine as a client of mtr-packet, on loopback: a script keeps WINDOW probes under way until
-- COUNT were answered and sends one more for each reply, as mtrp_driver.c does.
--
--   luajit spec/perf/loads/mtrp_client.lua [window=64] [count=100000] [protocol=icmp]
--     [dst=127.0.0.1]
--       [path=/usr/bin/mtr-packet] [runs=0]
--
-- One line of key=value: probes per second, client_us of CPU time per probe that this process took
-- and child_us that mtr-packet did. The first tenth warms up and is not measured. With `runs`, that
-- many times in turns with mtrp_driver, whose window is the same; then rate_ratio is the median of
-- ours over the driver's in neighbouring runs. mtrp.sh builds the driver. It needs a network of its
-- own with loopback up: mtr-packet sees every ICMP packet of its host.

package.path = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/../../?.lua;" .. package.path

local mtr = require "mtr"
local measure = require "spec.perf.kit.measure"

local DRIVER = "build/perf/mtrp_driver"

local opts = measure.options({ ... }, {
  window = 64, count = 100000, protocol = "icmp", dst = "127.0.0.1", path = "", runs = 0,
})
local path = opts.path ~= "" and opts.path or assert(mtr.find_binary("mtr-packet"))

-- Sends `count` probes, `opts.window` of them at a time.
local function volley(engine, count)
  local left = count
  local function more(prober)
    if left == 0 then return end
    left = left - 1
    assert(prober:send(1))
  end
  local prober = assert(engine:prober(opts.dst, {
    protocol = opts.protocol, timeout = "5s", on_reply = more,
    on_timeout = function() error("a probe was not answered") end,
  }))
  for _ = 1, opts.window do more(prober) end
  engine:run()
  prober:close()
end

local function client()
  local engine = assert(mtr.engine({
    transport = "mtr-packet", rate = "max", mtr_packet = path, max_probes = 524288,
    late_window = 0,
  }))
  volley(engine, math.ceil(opts.count / 10))
  local before, began, user, sys = engine:stats(), measure.now(), measure.cpu()
  volley(engine, opts.count)
  local user_after, sys_after = measure.cpu()
  local took, stats = measure.now() - began, engine:stats()
  local idle_user, idle_sys = measure.cpu(measure.CHILDREN)
  engine:close()
  local child_user, child_sys = measure.cpu(measure.CHILDREN)
  local probes = stats.replies - before.replies
  return {
    window = opts.window, probes = probes, seconds = took, rate = probes / took,
    client_us = (user_after + sys_after - user - sys) / probes * 1e6,
    child_us = (child_user + child_sys - idle_user - idle_sys) / stats.probes_sent * 1e6,
    steps = stats.steps - before.steps, malformed = stats.malformed,
  }
end

local function driver()
  local command = ("%s %d %d %s %s %s 1 %s"):format(DRIVER, opts.window, opts.count, opts.protocol,
    opts.dst, opts.dst, path)
  local pipe = assert(io.popen(command))
  local line = pipe:read("*a")
  pipe:close()
  return tonumber(line:match(" rate=(%S+)")) or error(command .. ": " .. line, 0)
end

local function median(list, of)
  local values = {}
  for i, one in ipairs(list) do values[i] = of(one) end
  table.sort(values)
  return values[math.ceil(#values / 2)]
end

local runs = {}
for i = 1, math.max(1, opts.runs) do
  local other = opts.runs > 0 and driver() or nil
  runs[i] = client()
  runs[i].driver_rate = other
  runs[i].rate_ratio = other and runs[i].rate / other
end

local line, keys = {}, {
  "window", "probes", "seconds", "rate", "client_us", "child_us", "steps", "malformed",
  "driver_rate", "rate_ratio",
}
for _, key in ipairs(keys) do
  local value = runs[1][key] and median(runs, function(one) return one[key] end)
  line[key] = value and (value % 1 == 0 and value or ("%.3f"):format(value))
end
measure.print(line, keys)
