-- SPDX-License-Identifier: MIT
--
-- What `make demo` runs in each of its networks, and an example of the API: it traces every target
-- over ICMP, UDP and TCP and along several flows, all at the same time, and prints hops as they
-- arrive.
--
--     mtrlua spec/lab/demo.lua FLOWS TARGET...

local mtr = require "mtr"

local function on_hop(trace, hop)
  local answer = "*"
  if hop.addr then
    answer = ("%-12s %.3f ms %s"):format(hop.addr, hop.rtt, mtr.mark(hop.replies[1]) or "")
  end
  print(("%-4s flow %d  %-12s %2d  %s"):format(
    trace.data.protocol, trace.data.flow, trace.target, hop.ttl, answer))
end

-- In a task: the trace is waited for, the other tasks go on.
local function trace(target, protocol, flow)
  return assert(mtr.trace(target, {
    protocol = protocol, flow = flow, timeout = "500ms",
    on_hop = on_hop, data = { protocol = protocol, flow = flow },
  }))
end

io.stdout:setvbuf "line"
local tasks = {}
for i = 2, #arg do
  for _, protocol in ipairs { "icmp", "udp", "tcp" } do
    for flow = 0, arg[1] - 1 do
      tasks[#tasks + 1] = mtr.go(trace, arg[i], protocol, flow)
    end
  end
end
assert(mtr.wait_all(tasks))

local first, last, reasons = math.huge, 0, {}
for _, task in ipairs(tasks) do
  local result = task:wait()
  first = math.min(first, result.start)
  last = math.max(last, result.start + result.duration / 1000)
  reasons[result.stop_reason] = (reasons[result.stop_reason] or 0) + 1
end
local stats = mtr.default():stats()
io.write(("summary: %d traces, %d probes, %d replies, %.3f s:"):format(
  #tasks, stats.probes_sent, stats.replies, last - first))
for reason, count in pairs(reasons) do io.write(" ", count, " ", reason) end
print()
