-- SPDX-License-Identifier: MIT
--
-- Campaigns with a state, as processes: killed at random moments, interrupted, on a full disk, with
-- a second process. The same command again traces the rest; nothing is lost, doubled or torn.
local killed = require "spec.support.harness.killed"
local run = require "spec.support.harness.run"

local COMMAND = '"$MTR_PROGRAM" spec/perf/loads/resume.lua'

local function size(path)
  local file = assert(io.open(path, "rb"))
  local n = file:seek "end"
  file:close()
  return n
end

describe("a campaign whose process ends early", function()
  teardown(run.clean)

  it("goes on after SIGKILL, at random moments", function()
    run.run "mkdir $DIR/killed"
    local got = killed.campaign(run.dir() .. "/killed", 1200, 10, 300000, 5)
    assert.is_true(got.kills >= 2)
    got.kills = nil
    assert.same({ lost = 0, doubled = 0, torn = 0 }, got)
  end)

  it("goes on after SIGKILL when targets wait for rates, priorities and retries", function()
    run.run "mkdir $DIR/order"
    local got = killed.campaign(run.dir() .. "/order", 1200, 10, 300000, 6, "order")
    assert.is_true(got.kills >= 2)
    got.kills = nil
    assert.same({ lost = 0, doubled = 0, torn = 0 }, got)
  end)

  it("goes on after SIGTERM, with whole outputs in between", function()
    local dir = run.dir() .. "/interrupted"
    local got = run.run(([[mkdir %s; %s %s 1200 2000 & pid=$!
      while [ ! -s %s/out.jsonl ]; do sleep 0.01; done
      kill -TERM $pid; wait $pid; echo $?
      tail -c 1 %s/out.jsonl | od -An -c; gzip -t %s/out.jsonl.gz && echo whole]]):format(
      dir, COMMAND, dir, dir, dir, dir))
    assert.same({ "143\n  \\n\nwhole\n", "mtrlua: interrupted\n" }, { got.out, got.err })
    local rest = killed.campaign(dir, 1200, 0, 1, 1)
    assert.same({ kills = 0, lost = 0, doubled = 0, torn = 0 }, rest)
  end)

  it("goes on after the disk was full, also for the state itself", function()
    if run.run("unshare -rm true").status ~= 0 then return pending "needs a mount namespace" end
    local dir = run.dir() .. "/small"
    local got = run.run(([[mkdir %s %s.copy; unshare -rm sh -c '
      mount -t tmpfs -o size=1200k none %s
      %s %s 600 500; echo $?
      tail -c 1 %s/out.jsonl | od -An -c; gzip -t %s/out.jsonl.gz && echo whole
      mount -o remount,size=64m %s
      cp %s/* %s.copy']]):format(dir, dir, dir, COMMAND, dir, dir, dir, dir, dir, dir))
    assert.equal("1\n  \\n\nwhole\n", got.out)
    assert.truthy(got.err:find "ENOSPC: no space left on device: %l+ [^\n]*/small/", got.err)
    local rest = killed.campaign(dir .. ".copy", 600, 0, 1, 1)
    assert.same({ kills = 0, lost = 0, doubled = 0, torn = 0 }, rest)
  end)

  it("goes on after a file was too large, from the last state", function()
    local dir = run.dir() .. "/full"
    local got = run.run(([[mkdir %s; ulimit -f 2000
      %s %s 1200 2000]]):format(dir, COMMAND, dir))
    assert.equal(1, got.status)
    assert.truthy(got.err:find "EFBIG: file too large: writing [^\n]*/full/out%.", got.err)
    local before = size(dir .. "/out.jsonl")
    assert.is_true(before <= 2000 * 1024 and before > 0)
    local rest = killed.campaign(dir, 1200, 0, 1, 1)
    assert.same({ kills = 0, lost = 0, doubled = 0, torn = 0 }, rest)
  end)

  -- A command that traces 3000 targets in a directory. The first process gets a number more and
  -- keeps that many bytes of each result, so it runs out of memory at some time. Its Lua is not
  -- compiled: libgcc crashes if it has no memory to note compiled code (__register_frame).
  local function hungry(dir)
    local script = run.file("memory.lua", [[
      jit.off()
      local mtr, dir, kept = require "mtr", arg[1], arg[2] and {}
      local net = mtr.sim.internet { prefixes = 3000 }
      local summary, message = mtr.campaign { targets = net:targets(), state = dir .. "/state",
        engine = mtr.engine { sim = net }, window = 500,
        reporters = { mtr.report.jsonl(dir .. "/out"), mtr.report.jsonl(dir .. "/out.gz") },
        on_trace = function(result)
          if kept then kept[#kept + 1] = { result:copy(), ("x"):rep(arg[2]) .. #kept } end
        end }:run()
      if not summary then error(message) end]])
    run.run("mkdir " .. dir)
    return ('"$MTR_PROGRAM" %s %s'):format(script, dir)
  end

  -- Runs the command again: the outputs have each target once then.
  local function ends(command, dir)
    local got = run.run(command)
    assert.same({ 0, "" }, { got.status, got.err })
    local seen, count = {}, 0
    for _, record in ipairs(run.records(run.read(dir .. "/out"))) do
      assert.is_nil(seen[record.dst])
      seen[record.dst], count = true, count + 1
    end
    assert.equal(3000, count)
    assert.equal(run.read(dir .. "/out"), run.run("gzip -dc " .. dir .. "/out.gz").out)
  end

  it("goes on after memory was short, with whole outputs in between", function()
    local dir = run.dir() .. "/memory"
    local command = hungry(dir)
    local got = run.run("ulimit -v 60000; " .. command .. " 20000")
    assert.equal(1, got.status)
    assert.truthy(got.err:find "not enough memory", got.err)
    local first = #run.records(run.read(dir .. "/out"))
    assert.is_true(first > 0 and first < 3000)
    assert.same({ 0, "" }, { run.run("gzip -t " .. dir .. "/out.gz").status, got.out })
    ends(command, dir)
  end)

  -- The hierarchy of version 2 if it has the controller of memory, otherwise that of version 1.
  it("goes on after its control group had no memory left", function()
    local dir = run.dir() .. "/group"
    local command = hungry(dir)
    local got = run.run(([[unshare -m sh -c 'cd "$DIR"; mkdir tree
      mount -t cgroup2 none tree && grep -qw memory tree/cgroup.controllers && {
        echo +memory >tree/cgroup.subtree_control; } || {
        umount tree; mount -t cgroup -o memory none tree || exit; }
      mkdir tree/mtrlua.$$ || exit; cd tree/mtrlua.$$
      echo 200M >memory.max || echo 200M >memory.limit_in_bytes || exit
      echo 0 >memory.swap.max || echo 0 >memory.swappiness
      echo limited >&3; (echo 0 >cgroup.procs; cd "$OLDPWD"; exec %s 150000) >&4; echo $?
      cd "$DIR"; rmdir tree/mtrlua.*' 3>$DIR/limited 4>/dev/null 2>/dev/null]]):format(command))
    if run.read(run.dir() .. "/limited") == "" then return pending "needs a control group" end
    assert.equal("137\n", got.out, got.err)
    ends(command, dir)
  end)

  it("says that nobody reads its output, and leaves a state", function()
    local got = run.run([[{ "$MTR_PROGRAM" -e '
      local mtr = require "mtr"
      local net = mtr.sim.internet { prefixes = 5000 }
      assert(mtr.campaign { targets = net:targets(), engine = mtr.engine { sim = net },
        state = "]] .. run.dir() .. [[/pipe.state", reporters = { mtr.report.jsonl() } }:run())'
      echo $? >"$DIR/status"; } | true; cat "$DIR/status"; tail -1 "$DIR/pipe.state"]])
    assert.equal("141\nend\n", got.out)
    assert.truthy(got.err:find("EPIPE: broken pipe: writing standard output", 1, true), got.err)
  end)

  it("is refused beside a process that writes to its outputs", function()
    local dir = run.dir() .. "/two"
    local got = run.run(([[mkdir %s; exec 9>>%s/out.txt; flock 9
      %s %s 100 2000]]):format(dir, dir, COMMAND, dir))
    assert.equal(1, got.status)
    assert.truthy(got.err:find("two/out.txt: another process writes to it", 1, true), got.err)
    assert.equal(0, size(dir .. "/out.jsonl"))
    assert.same({ kills = 0, lost = 0, doubled = 0, torn = 0 }, killed.campaign(dir, 100, 0, 1, 1))
  end)
end)
