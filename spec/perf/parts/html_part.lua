-- SPDX-License-Identifier: MIT
--
-- The bench's part about pages: a campaign over a simulated internet that writes a page of 10,000
-- traces, and the program report that makes the page of a file of results. Beside them is what the
-- kernel takes for writing as many bytes.

local contenders = require "spec.perf.kit.contenders"
local measure = require "spec.perf.kit.measure"
local reports = require "spec.perf.kit.report"

local ROUNDS, TRACES, FILE = 3, 10000, "build/perf/page."
local MOST_S, MOST_MIB = 3, 64

local function size_of(path)
  local file = assert(io.open(path))
  local size = file:seek "end"
  file:close()
  return size
end

-- Runs the campaign; its values get `size`, the bytes of the file.
local function campaign(word)
  os.remove(FILE .. word)
  local values = contenders.script("outputs",
    { output = word, targets = TRACES, file = FILE .. word })
  assert(values.traces == TRACES, "bench: other traces")
  values.size = size_of(FILE .. word)
  return values
end

-- Seconds in which the program makes a page of the file of results.
local function converted()
  local start = measure.now()
  local ok = os.execute(("%s scripts/report.lua --overwrite -o html=%shtml %sjsonl"):format(
    contenders.MTRLUA, FILE, FILE))
  assert(ok == 0 or ok == true, "bench: report failed")
  return measure.now() - start
end

---@param report perf.Report
return function(report)
  reports.say("\nA page of 10,000 traces")
  os.execute "mkdir -p build/perf"
  local cpu, bare, peak, seconds = {}, {}, {}, {}
  for round = 1, ROUNDS do
    local page = campaign "html"
    cpu[round], peak[round] = page.cpu, page.peak / 2 ^ 20
    bare[round] = contenders.script("bare_write", { bytes = page.size, file = FILE .. "bare" }).cpu
    campaign "jsonl"
    seconds[round] = converted()
  end
  for _, word in ipairs { "html", "bare", "jsonl" } do os.remove(FILE .. word) end
  report:add_median({ name = "html_campaign_s", unit = "s", most = MOST_S,
    text = "CPU time of a campaign that writes it" }, cpu)
  report:add_median({ name = "html_bare_s", unit = "s", digits = 4,
    text = "of that, the kernel's for bare writing" }, bare)
  report:add_median({ name = "html_campaign_mib", unit = "MiB", digits = 1, most = MOST_MIB,
    text = "peak memory" }, peak)
  report:add_median({ name = "html_report_s", unit = "s", most = MOST_S,
    text = "time of mtrlua report from JSON lines" }, seconds)
end
