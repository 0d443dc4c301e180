-- SPDX-License-Identifier: MIT
--
-- The bench's part about outputs: what a campaign over a simulated internet of a million prefixes
-- pays for its results in a file, above a campaign that writes none, and what of that the kernel
-- takes for writing as many bytes. See loads/outputs.lua and loads/bare_write.lua.

local contenders = require "spec.perf.kit.contenders"
local reports = require "spec.perf.kit.report"

local ROUNDS, TARGETS, FILE = 3, 1000000, "build/perf/outputs"
local MOST_US, MOST_MIB = 0.35, 64
local LARGEST = 4000000000             -- bytes that an output has, about
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

local function bare_write(bytes, path)
  local values = contenders.script("bare_write", { bytes = bytes, file = path })
  os.remove(path)
  return values.cpu
end

-- Runs a campaign with this output. Its values get `bytes`, the size of the file, and `bare`, the
-- time in microseconds for each probe that bare writing of so many bytes takes.
--
-- In a virtual machine, memory that was not used for minutes is taken by its host, and whoever
-- touches it next pays for it. So as much is written before.
local function run(word)
  local path = FILE .. "." .. word
  bare_write(LARGEST, path)
  local values = contenders.script("outputs", { output = word, targets = TARGETS, file = path })
  values.bytes = size_of(path)
  os.remove(path)
  values.bare = bare_write(values.bytes, path) / values.probes * 1e6
  return values
end

---@param report perf.Report
return function(report)
  reports.say("\nResults of a million simulated targets in a file, above no output")
  os.execute("mkdir -p build/perf")
  local more, bare, peak, words = {}, {}, {}, known()
  for round = 1, ROUNDS do
    local none = run("none")
    for _, word in ipairs(words) do
      local values = run(word)
      assert(values.probes == none.probes, "bench: other probes")
      more[word], bare[word], peak[word] = more[word] or {}, bare[word] or {}, peak[word] or {}
      more[word][round] = values.us_per_probe - none.us_per_probe
      bare[word][round] = values.bare
      peak[word][round] = values.peak / 2 ^ 20
    end
  end
  for _, word in ipairs(words) do
    report:add_median({ name = "output_" .. word .. "_us", unit = "us", most = MOST_US,
      text = "CPU time per probe, " .. word }, more[word])
    report:add_median({ name = "output_" .. word .. "_bare_us", unit = "us",
      text = "of that, the kernel's for bare writing" }, bare[word])
    report:add_median({ name = "output_" .. word .. "_mib", unit = "MiB", digits = 1,
      most = MOST_MIB, text = "peak memory, " .. word }, peak[word])
  end
end
