-- SPDX-License-Identifier: MIT
--
-- Runs each spec file as a busted of its own, several at once, and closes with the
-- sums of all in one line "N passed, N failed, N skipped". busted is loaded once, here, and each
-- run is a copy of this process:
--
--   luajit spec/support/harness/parallel.lua spec/unit spec/net/lab_spec.lua
--
-- "lua5.4:spec/sim" runs the files there under another Lua (spec/support/harness/under). Files for
-- LuaJIT only say `#luajit` in the name of a describe, and are left out then.
--
-- There are two runs for each processor, for specs wait more than they compute, and up to four as
-- long as a fifth of the processors' time is idle; or $JOBS in all. A run is printed when it has
-- ended: one line, and all that it said if it did not simply pass. A run that ends without a
-- closing line, or badly, or takes more than 15 minutes, counts as a failure. The longest files go
-- first, by the seconds of the last time, which build/spec-seconds remembers; where there was none,
-- those that say `#long` in the name of a describe. The slowest ten are named at the end. Files
-- whose tests measure time say `#alone` in the name of a describe: they run one by one after all
-- others. ^C ends all runs and takes their labs down.
package.path = "./?.lua;" .. package.path
local child = require "spec.support.harness.child"
local idle = require "spec.support.harness.idle"

local SECONDS, SLOWEST = "build/spec-seconds", 10
local LOOK, IDLE = 0.5, 0.2            -- seconds between looks; the idle share that one more needs
local LIMIT = 900                      -- seconds that one file may take, before it is ended
local TIMED_OUT = 128 + 14             -- the status of one that took longer: SIGALRM ended it

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
  for name, time in pairs(seconds) do
    local file = io.open((name:gsub("^[^/:]+:", "")))
    if file then
      file:close()
      list[#list + 1] = ("%.2f %s\n"):format(time, name)
    end
  end
  table.sort(list)
  local file = assert(io.open(temporary, "wb"))
  file:write(table.concat(list))
  file:close()
  assert(os.rename(temporary, SECONDS))
end

-- The paths of the spec files in roots, each with its Lua and a colon in front, if it has one.
local function files_of(roots)
  local list, seen = {}, {}
  local find = "find '%s' -type f -name '*_spec.lua' | LC_ALL=C sort"
  for _, root in ipairs(roots) do
    local lua, place = root:match("^([^/:]+):(.*)$")
    for _, path in ipairs(lines(find:format(place or root))) do
      local name = (lua and lua .. ":" or "") .. path
      if not seen[name] and not (lua and read(path):find("#luajit", 1, true)) then
        list[#list + 1], seen[name] = { name = name, lua = lua, path = path }, true
      end
    end
  end
  return list
end

-- Does a describe in this text say this in its name?
local function says(text, word) return text:find('describe%("[^"\n]*' .. word) ~= nil end

-- The jobs of these files and directories: those that may run side by side, the longest first and
-- those never run before them, and those to be run alone.
local function plan(roots, seconds)
  local together, alone = {}, {}
  for _, job in ipairs(files_of(roots)) do
    local text = read(job.path)
    local list = says(text, "#alone") and alone or together
    job.expected = seconds[job.name] or (says(text, "#long") and math.huge or 1e6)
    list[#list + 1] = job
  end
  table.sort(together, function(a, b)
    if a.expected ~= b.expected then return a.expected > b.expected end
    return a.name < b.name
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
  say(("%7.2f s  %s: %d%s%s\n"):format(job.seconds, job.name, passed,
    failed > 0 and (" (%d FAILED, exit status %d)"):format(failed, status) or "",
    skipped > 0 and (" (%d skipped)"):format(skipped) or ""), plain and "" or said .. "\n")
end

local running = {}

-- Loads what every run of busted needs.
local function load_busted()
  for _, name in ipairs { "core", "runner", "options", "execute", "languages.en", "modules.cli",
    "modules.filter_loader", "modules.helper_loader", "modules.output_handler_loader",
    "modules.luacov", "modules.test_file_loader", "modules.files.lua", "modules.files.moonscript",
    "outputHandlers.plainTerminal" } do
    require("busted." .. name)
  end
  require "busted"
  require "luassert"
  require "pl.pretty"
  require "spec.support.harness.cpp".directory()
end

-- Starts the busted of a job; its process id. Another Lua has to load busted itself.
local function start(job)
  if job.lua then
    return child.start({ "timeout", "-k", "10", tostring(LIMIT), "spec/support/harness/under",
      job.lua, job.path }, job.output)
  end
  return child.copy(function()
    _G.arg = { [0] = "busted", "--ignore-lua", job.path }
    require "busted.runner" { standalone = false }
  end, job.output, LIMIT)
end

-- Runs these jobs, |width| at once and up to |most| while processors are idle. It raises the number
-- of a signal that ends us.
local function run(jobs, width, most, directory)
  local started, active, allowed = 0, 0, width
  local share, looked = idle.meter(), child.now()
  while started < #jobs or active > 0 do
    while started < #jobs and active < allowed do
      started, active = started + 1, active + 1
      local job = jobs[started]
      job.output, job.since = ("%s/%d"):format(directory, started), child.now()
      running[start(job)] = job
    end
    allowed = width
    local pid, status = child.wait(LOOK)
    if status and not pid then error { signal = status } end
    if child.now() - looked >= LOOK then
      looked = child.now()
      if share() >= IDLE then allowed = math.min(most, math.max(width, active + 1)) end
    end
    local job = running[pid]
    if job then
      running[pid], active = nil, active - 1
      job.seconds = child.now() - job.since
      if status == TIMED_OUT then child.kill(pid) end
      settle(job, status)
    end
  end
end

local function print_slowest(jobs)
  table.sort(jobs, function(a, b) return a.seconds > b.seconds end)
  say("slowest:\n")
  for i = 1, math.min(SLOWEST, #jobs) do
    say(("%7.2f s  %s\n"):format(jobs[i].seconds, jobs[i].name))
  end
end

local function main(roots, directory)
  local seconds = remembered()
  local together, alone = plan(roots, seconds)
  assert(#together + #alone > 0, "parallel: no spec files")
  local fixed, processors = tonumber(os.getenv "JOBS"), tonumber(lines("nproc")[1])
  load_busted()
  run(together, fixed or 2 * processors, fixed or 4 * processors, directory)
  run(alone, 1, 1, directory)
  for _, job in ipairs(alone) do together[#together + 1] = job end
  for _, job in ipairs(together) do seconds[job.name] = job.seconds end
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
