-- SPDX-License-Identifier: MIT
--
-- The bench's part about safety: what it costs that mtr-sockets sends and receives, in comparison
-- with raw over sockets of its own, in turns and each in its own process, on a chain of kernel
-- routers. The CPU time is that of both programs. And what a campaign takes beside a flood of ICMP
-- packets that do not concern it.

local lab = require "spec.lab.lab"
local reports = require "spec.perf.kit.report"

local HOPS, TRACES, PAIRS = 4, 8000, 5
local MOST = 1.6
local FLOOD, FLOOD_SECONDS, FLOOD_RATE, FLOOD_TRACES, FLOOD_MOST = 200000, 4, 5000, 4000, 1.1
local PATHS = "env MTR_LIB=build/libmtr.so "
  .. "LUA_PATH='./?.lua;build/lua/?.lua;lua/?.lua;lua/?/init.lua;;' "
local NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups "

-- A folder in which nobody finds mtr-sockets with its privilege.
local function installed()
  local pipe = assert(io.popen [[d=$(mktemp -d) && chmod 755 $d && install build/mtr-sockets $d &&
    setcap cap_net_raw+ep $d/mtr-sockets && echo $d]])
  local dir = pipe:read "*l"
  pipe:close()
  return assert(dir, "bench: mtr-sockets cannot be installed")
end

local function run(l, prefix, protocol)
  local text = l:exec(("%s %s luajit spec/perf/loads/safe.lua %s %s %d %d"):format(prefix,
    PATHS, l.dst4, protocol, TRACES, HOPS))
  local how, us, sent, answered = text:match "^(%S+) (%S+) (%d+) (%d+)\n$"
  assert(how, text)
  assert(tonumber(sent) == TRACES * HOPS and sent == answered, "bench: probes were lost: " .. text)
  return tonumber(us), how
end

-- A campaign, beside a flood or not; returns its CPU time, and how many packets came in a second.
local function campaign(l, prefix, transport, flooded)
  local flood = flooded and assert(io.popen(l:command(("build/perf/flood %s %d %d rofzs"):format(
    l.src4, FLOOD, FLOOD_SECONDS), "r1")))
  local text = l:exec(("%s %s luajit spec/perf/loads/flooded.lua %s %s %d %d %d"):format(prefix,
    PATHS, l.dst4, transport, FLOOD_RATE, FLOOD_TRACES, HOPS))
  local how, seconds, sent, answered = text:match "^(%S+) (%S+) (%d+) (%d+)\n$"
  assert(how == (prefix == "" and "own" or "helped"), text)
  assert(tonumber(sent) == FLOOD_TRACES * HOPS and sent == answered,
    "bench: probes were lost: " .. text)
  local packets, time = 0, 1
  if flood then
    packets, time = flood:read "*a":match "^(%d+) (%S+)\n$"
    flood:close()
  end
  return tonumber(seconds), packets / time
end

---@param report perf.Report
local function floods(report, l, helper)
  reports.say(("\n%d traces at %d probes/s beside %d irrelevant ICMP packets/s, none lost"):format(
    FLOOD_TRACES, FLOOD_RATE, FLOOD))
  for _, case in ipairs { { "raw", "", "raw" }, { "packet", "", "packet" },
    { "mtr-sockets", helper, "raw" } } do
    local name, prefix, transport = unpack(case)
    local ratios, rates = {}, {}
    for i = 1, PAIRS do
      local alone = campaign(l, prefix, transport, false)
      local seconds, rate = campaign(l, prefix, transport, true)
      ratios[i], rates[i] = seconds / alone, rate / 1000
    end
    local word = name:gsub("-", "_")
    report:add_median({ name = "flood_rate_" .. word, text = name .. ": the flood",
      unit = "k/s" }, rates)
    report:add_median({ name = "flood_ratio_" .. word, most = FLOOD_MOST,
      text = name .. ": CPU beside the flood / alone" }, ratios)
  end
end

---@param report perf.Report
return function(report)
  reports.say(("\n%d traces over %d hops: mtr-sockets sends and receives"):format(TRACES, HOPS))
  local dir = installed()
  local l = assert(lab.up("chain", { tostring(HOPS) }))
  for _, protocol in ipairs { "icmp", "udp", "tcp" } do
    local ratios, own = {}, {}
    for i = 1, PAIRS do
      local us, how = run(l, "", protocol)
      local helped, other = run(l, ("%senv PATH=%s:$PATH"):format(NOBODY, dir), protocol)
      assert(how == "own" and other == "helped", "bench: the wrong sockets")
      own[i], ratios[i] = us, helped / us
    end
    report:add_median({ name = "safe_raw_us_" .. protocol, text = protocol .. ": raw",
      unit = "us" }, own)
    report:add_median({ name = "safe_ratio_" .. protocol, most = MOST,
      text = protocol .. ": mtr-sockets / raw, CPU per probe" }, ratios)
  end
  floods(report, l, ("%senv PATH=%s:$PATH"):format(NOBODY, dir))
  l:down()
  os.execute("rm -r " .. dir)
end
