-- SPDX-License-Identifier: MIT
--
-- The bench's part about mtr-packet's protocol: scripts/mtr-packet.lua as a server in comparison
-- with mtr-packet itself, and the engine as a client in comparison with a bare driver of the same
-- window. It runs mtrp.sh, which prints key=value, and adds the figures to a report.

local contenders = require "spec.perf.kit.contenders"
local reports = require "spec.perf.kit.report"

local MIN_CLIENT_RATE, MAX_CLIENT_US = 0.9, 1.5

local function add_server(report, values)
  -- With a window of 1 driver and server take turns: that is told, but is mostly the scheduler.
  local race = values.window > 1
  local name, text = "served_%s_" .. values.window, ("window %d: "):format(values.window)
  report:add({ name = name:format("rate_ratio"), text = text .. "probes/s, ours / mtr-packet's",
    value = values.rate_ratio, least = race and 1 or nil })
  report:add({ name = name:format("us"), text = text .. "our CPU per probe", unit = "us",
    value = values.ours_us })
  report:add({ name = name:format("cpu_ratio"), text = text .. "CPU, ours / mtr-packet's",
    value = values.cpu_ratio, most = race and 1 or nil })
end

local function add_client(report, values)
  report:add({ name = "client_rate_ratio", text = "probes/s through mtr-packet / a bare driver's",
    value = values.rate_ratio, least = MIN_CLIENT_RATE })
  report:add({ name = "client_us", text = "our CPU per probe, mtr-packet's not counted",
    unit = "us", value = values.client_us, most = MAX_CLIENT_US })
end

---@param report perf.Report
return function(report)
  reports.say("\nmtr-packet's protocol, served by us and by mtr-packet itself, and spoken by us")
  if not contenders.installed("mtr-packet") then
    return reports.say("     mtr-packet is not installed: skipped")
  end
  local pipe = assert(io.popen("sh spec/perf/loads/mtrp.sh runs=3 2>&1"))
  local seen, all = 0, {}
  for line in pipe:lines() do
    local values = contenders.numbers(line)
    all[#all + 1] = line
    if values.cpu_ratio then
      add_server(report, values)
    elseif values.client_us then
      add_client(report, values)
    end
    seen = seen + ((values.cpu_ratio or values.client_us) and 1 or 0)
  end
  pipe:close()
  if seen < 4 then
    error("bench: mtrp.sh: " .. table.concat(all, "\n"), 0)
  end
end
