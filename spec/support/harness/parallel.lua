-- SPDX-License-Identifier: MIT
--
-- parallel.lua: runs each spec file as a busted of its own, several at once, and closes with the
-- sums of all in one line "N passed, N failed, N skipped":
--
--   luajit spec/support/harness/parallel.lua spec/unit spec/net/lab_spec.lua
--
-- There are two runs for each processor, or $JOBS in all: specs wait more than they compute. A run
-- is printed when it has ended: one line, and all that it said if it did not simply pass. A run
-- that ends without a closing line, or badly, or takes more than 15 minutes, counts as a failure.
-- The longest files go first, by the seconds of the last time, which build/spec-seconds remembers;
-- the slowest ten are named at the end. Files whose tests measure time say `#alone` in the name of
-- a describe: they run one by one after all others. ^C ends all runs and takes their labs down.
package.path = "./?.lua;" .. package.path
local child = require "spec.support.harness.child"

local SECONDS, SLOWEST = "build/spec-seconds", 10
local LIMIT = "900"                    -- seconds that one file may take, before it is ended

local function lines(command)
  local pipe = assert(io.popen(command))
  local list = {}
  for line in pipe:lines() do list[#list + 1] = line end
  pipe:close()
  return list
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

-- Prints; fails when nobody reads what we print any more.
local function say(...)
  assert(io.write(...))
  assert(io.flush())
end

local function remembered()
  local seconds, file = {}, io.open(SECONDS)
  for line in file and file:lines() or function() end do
    local time, path = line:match("^(%S+) (.*)$")
    if path then seconds[path] = tonumber(time) end
  end
  if file then file:close() end
  return seconds
end

-- Written beside and renamed, for other runs may read it. Files that are gone are forgotten.
local function remember(seconds, temporary)
  local list = {}
  for path, time in pairs(seconds) do
    local file = io.open(path)
    if file then
      file:close()
      list[#list + 1] = ("%.2f %s\n"):format(time, path)
    end
  end
  table.sort(list)
  local file = assert(io.open(temporary, "wb"))
  file:write(table.concat(list))
  file:close()
  assert(os.rename(temporary, SECONDS))
end

-- The jobs of these files and directories: those that may run side by side, the longest first and
-- those never run before them, and those to be run alone.
local function plan(roots, seconds)
  local together, alone = {}, {}
  for i, root in ipairs(roots) do roots[i] = "'" .. root .. "'" end
  local find = "find %s -type f -name '*_spec.lua' | LC_ALL=C sort -u"
  for _, path in ipairs(lines(find:format(table.concat(roots, " ")))) do
    local list = read(path):find 'describe%("[^"\n]*#alone' and alone or together
    list[#list + 1] = { path = path, expected = seconds[path] or math.huge }
  end
  table.sort(together, function(a, b)
    if a.expected ~= b.expected then return a.expected > b.expected end
    return a.path < b.path
  end)
  return together, alone
end

local total = { passed = 0, failed = 0, skipped = 0 }

-- Counts and prints a job that has ended.
local function settle(job, status)
  local text = read(job.output)
  os.remove(job.output)
  local said, passed, failed, skipped =
    text:match("^(.-)(%d+) passed, (%d+) failed, (%d+) skipped\n$")
  if not said then said, passed, failed, skipped = text, 0, 1, 0 end
  passed, failed, skipped = tonumber(passed), tonumber(failed), tonumber(skipped)
  if status ~= 0 and failed == 0 then failed = 1 end
  total.passed, total.failed = total.passed + passed, total.failed + failed
  total.skipped = total.skipped + skipped
  local plain = failed == 0 and skipped == 0
  say(("%7.2f s  %s: %d%s%s\n"):format(job.seconds, job.path, passed,
    failed > 0 and (" (%d FAILED, exit status %d)"):format(failed, status) or "",
    skipped > 0 and (" (%d skipped)"):format(skipped) or ""), plain and "" or said .. "\n")
end

local running = {}

-- Runs these jobs, at most |width| at once. It raises the number of a signal that ends us.
local function run(jobs, width, directory)
  local started, active = 0, 0
  while started < #jobs or active > 0 do
    while started < #jobs and active < width do
      started, active = started + 1, active + 1
      local job = jobs[started]
      job.output, job.since = ("%s/%d"):format(directory, started), child.now()
      running[child.start({ "timeout", "-k", "10", LIMIT, "busted", job.path }, job.output)] = job
    end
    local pid, status = child.wait()
    if not pid then error { signal = status } end
    local job = running[pid]
    if job then
      running[pid], active = nil, active - 1
      job.seconds = child.now() - job.since
      settle(job, status)
    end
  end
end

local function print_slowest(jobs)
  table.sort(jobs, function(a, b) return a.seconds > b.seconds end)
  say("slowest:\n")
  for i = 1, math.min(SLOWEST, #jobs) do
    say(("%7.2f s  %s\n"):format(jobs[i].seconds, jobs[i].path))
  end
end

local function main(roots, directory)
  local seconds = remembered()
  local together, alone = plan(roots, seconds)
  assert(#together + #alone > 0, "parallel: no spec files")
  local width = tonumber(os.getenv "JOBS") or 2 * tonumber(lines("nproc")[1])
  run(together, width, directory)
  run(alone, 1, directory)
  for _, job in ipairs(alone) do together[#together + 1] = job end
  for _, job in ipairs(together) do seconds[job.path] = job.seconds end
  remember(seconds, directory .. "/seconds")
  print_slowest(together)
  say(("%d passed, %d failed, %d skipped\n"):format(total.passed, total.failed, total.skipped))
end

local directory = lines("mkdir -p build && mktemp -d build/specs.XXXXXX")[1]
local ok, problem = xpcall(main, function(err)
  return type(err) == "string" and debug.traceback(err) or err
end, { ... }, directory)
if not ok then
  for pid in pairs(running) do child.kill(pid) end
  if next(running) then os.execute("spec/lab/lab down --stale") end
  local signal = type(problem) == "table" and problem.signal
  io.stderr:write("parallel: ", signal and "ended by signal " .. signal or problem, "\n")
end
os.execute("rm -rf '" .. directory .. "'")
os.exit(ok and total.failed == 0)
