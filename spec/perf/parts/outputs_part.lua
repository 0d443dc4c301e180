-- SPDX-License-Identifier: MIT
--
-- The bench's part about outputs: what a campaign over a simulated internet of a million prefixes
-- pays for its results in a file, above a campaign that writes none, and what of that the kernel
-- takes for writing as many bytes. See loads/outputs.lua and loads/bare_write.lua.
--
-- A machine is faster in one minute than in the next, and the more so while its disk writes
-- gigabytes; the difference of two runs shows that rather than the output. So campaigns of a tenth
-- of the targets take turns, and the medians of all their runs are subtracted. Then each output has
-- one campaign with all targets and a state to resume from, for its memory; its time is told.

local contenders = require "spec.perf.kit.contenders"
local reports = require "spec.perf.kit.report"

local ROUNDS, PART, TARGETS, FILE = 9, 100000, 1000000, "build/perf/outputs"
local MOST_US, MOST_MIB = 0.35, 64
local WORDS = { "jsonl", "csv", "warts" }

-- The words among them that this version knows.
local function known()
  local command = contenders.MTRLUA
    .. " -e 'print(table.concat(require(\"mtr\").report.formats(), \" \"))'"
  local pipe = assert(io.popen(command))
  local text, list = " " .. pipe:read("*a"):gsub("%s+", " ") .. " ", {}
  pipe:close()
  for _, word in ipairs(WORDS) do
    if text:find(" " .. word .. " ", 1, true) then list[#list + 1] = word end
  end
  return list
end

local function size_of(path)
  local file = io.open(path)
  local size = file and file:seek "end" or 0
  if file then file:close() end
  return size
end

-- Runs a campaign of so many targets with this output, and with this state. Its values get `bytes`,
-- the size of the file, and `bare`, the time in microseconds for each probe that bare writing of so
-- many bytes takes.
local function run(word, targets, state)
  local path = FILE .. "." .. word
  local values = contenders.script("outputs", { output = word, targets = targets, file = path,
    state = state })
  values.bytes = size_of(path)
  os.remove(path)
  if state then os.remove(state) end
  local bare = contenders.script("bare_write", { bytes = values.bytes, file = path })
  os.remove(path)
  values.bare = bare.cpu / values.probes * 1e6
  return values
end

-- Runs all campaigns in turns. Returns for each word, and for "none", lists of their values.
local function run_all(words)
  local all = {}
  for _, word in ipairs(words) do all[word] = { us = {}, bare = {} } end
  for round = 1, ROUNDS do
    for _, word in ipairs(words) do
      local values = run(word, PART)
      all[word].us[round], all[word].bare[round] = values.us_per_probe, values.bare
    end
  end
  return all
end

-- Adds the median time above that of the campaign without output.
local function add_cost(report, word, us, none)
  local base = reports.median(none)
  local value, low, high = reports.median(us)
  report:add({ name = "output_" .. word .. "_us", unit = "us", most = MOST_US, runs = #us,
    value = value - base, low = low - base, high = high - base,
    text = "CPU time per probe, " .. word })
end

-- Adds the figures of one campaign with all targets and a state.
local function add_whole(report, word, base)
  local values = run(word, TARGETS, FILE .. ".state")
  assert(values.traces == TARGETS, "bench: traces were lost")
  report:add({ name = "output_" .. word .. "_whole_us", unit = "us",
    value = values.us_per_probe - base, text = "one run with all targets and a state" })
  report:add({ name = "output_" .. word .. "_mib", unit = "MiB", digits = 1, most = MOST_MIB,
    value = values.peak / 2 ^ 20, text = "its peak memory" })
end

---@param report perf.Report
return function(report)
  reports.say("\nResults of a million simulated targets in a file, above no output")
  os.execute("mkdir -p build/perf")
  local words = known()
  local all = run_all({ "none", unpack(words) })
  report:add_median({ name = "output_none_us", unit = "us",
    text = "CPU time per probe without output" }, all.none.us)
  local base = run("none", TARGETS, FILE .. ".state").us_per_probe
  for _, word in ipairs(words) do
    add_cost(report, word, all[word].us, all.none.us)
    report:add_median({ name = "output_" .. word .. "_bare_us", unit = "us",
      text = "of that, the kernel's for bare writing" }, all[word].bare)
    add_whole(report, word, base)
  end
end
