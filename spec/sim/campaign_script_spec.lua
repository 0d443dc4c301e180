-- SPDX-License-Identifier: MIT
--
-- scripts/campaign.lua: the whole campaign by flags, over a simulated network.
local mtr = require "mtr"
local run = require "spec.support.harness.run"

local NET = [[return {
  nodes = { me = "192.0.2.1", r1 = "10.0.0.1", r2 = "10.0.0.2", web = { "203.0.113.9",
    "203.0.112.0/21" } },
  links = { { "me", "r1", "r2", "web", delay = "5ms" } },
}]]

local PROGRAM = run.run('readlink -f "$MTR_PROGRAM"').out:match "[^\n]+"

-- Runs the program in a directory of its own.
local function campaign(words, before)
  run.file("net.lua", NET)
  return run.run(('here=$PWD; program="%s"; cd $DIR; %s '
    .. '"$program" --sim net.lua $here/scripts/campaign.lua %s'):format(PROGRAM, before or "",
    words))
end

local function read(name) return run.run("cat $DIR/" .. name).out end

local function list(n, more)
  local lines = {}
  for i = 1, n do lines[i] = "203.0.113." .. i end
  return run.file("list.txt", table.concat(lines, "\n") .. "\n" .. (more or ""))
end

describe("campaign #luajit", function()
  teardown(run.clean)

  it("writes several outputs, which their readers accept", function()
    list(20)
    local got = campaign("-t list.txt --rate 200 -o jsonl=a.jsonl -o json=a.json -o csv=a.csv.gz "
      .. "-o prometheus=a.prom -o sqlite=a.db -o dot=a.dot -o table=a.txt --fields dst,ttl,addr")
    assert.equal(0, got.status, got.err)
    assert.equal("", got.out)
    assert.truthy(got.err:find("campaign: 20 traces: completed 20\n", 1, true))
    assert.equal(20, #run.records(read "a.jsonl"))
    assert.equal("20\n", run.run("jq length $DIR/a.json").out)
    assert.equal("20\n", run.run("sqlite3 $DIR/a.db 'SELECT count(*) FROM traces'").out)
    assert.equal("61\n", run.run("zcat $DIR/a.csv.gz | wc -l").out)
    assert.equal(0, run.run("dot -Tsvg -o /dev/null $DIR/a.dot").status)
    assert.truthy(read("a.prom"):find('mtr_traces_total{stop_reason="completed"} 20\n', 1, true))
    assert.equal(20, select(2, read("a.txt"):gsub("  3%.|%-%- 203%.0%.113%.%d+ ", "")))
  end)

  it("names every format", function()
    local formats, at = campaign("--help").out:match "\nFormats: (.-)\n\n", 1
    for _, word in ipairs(mtr.report.words("trace", true)) do
      assert.truthy(mtr.report.name("trace", word))
      at = assert(select(2, formats:find("%f[%w]" .. word .. "%f[%W]", at)), word)
    end
    assert.equal(#mtr.report.words "trace" + 1, #mtr.report.words("trace", true))   -- sqlite
  end)

  it("writes text to standard output, and progress and summary to standard error", function()
    list(2)
    local got = campaign "-t list.txt --rate 100"
    assert.equal(2, select(2, got.out:gsub("trace to 203%.0%.113%.%d ", "")))
    assert.truthy(got.err:find("^%[####################%] 100%%  2 of 2  %d+ probes/s  "
      .. "0%.0%% unanswered\ncampaign: 2 traces"), got.err)
    got = campaign "-t list.txt --rate 100 --no-progress"
    assert.truthy(got.err:find "^campaign: 2 traces: completed 2\ncampaign: %d+ probes, 6 hops\n$")
  end)

  it("takes targets from a column, each once, in shards, but for those excluded", function()
    run.file("list.csv", "a,203.0.113.1\nb,203.0.113.2\nc,203.0.113.1\nd,203.0.113.64/30\n")
    run.file("never.txt", "203.0.113.64/31\n")
    local seen = {}
    for i = 1, 2 do
      local got = campaign(("-t list.csv --column 2 --separator , --unique --exclude never.txt "
        .. "--shuffle 5 --shard %d/2 --rate max -o csv --fields dst"):format(i))
      assert.equal(0, got.status, got.err)
      for dst in got.out:gmatch "203[%d.]+" do seen[dst] = i end
    end
    local all = {}
    for dst in pairs(seen) do all[#all + 1] = dst end
    table.sort(all)
    assert.same({ "203.0.113.1", "203.0.113.2", "203.0.113.66", "203.0.113.67" }, all)
  end)

  it("takes prefixes, and a number of random addresses of their parts", function()
    local got = campaign "--prefix 203.0.113.0/24 --each 26 --random 2 --seed 3 --rate max -o csv"
    local parts = {}
    for dst in got.out:gmatch "completed,3,203%.0%.113%.(%d+)," do
      local part = math.floor(dst / 64)
      parts[part] = (parts[part] or 0) + 1
    end
    assert.same({ [0] = 2, 2, 2, 2 }, parts)
  end)

  it("says what it would do, and does not do it", function()
    list(40, "300.1.2.3\n")
    local got = campaign "-t list.txt --rate 100 --dry-run -o jsonl=dry.jsonl -q 3"
    assert.equal(0, got.status, got.err)
    assert.equal([[
targets: 40, first 203.0.113.1, 203.0.113.2, 203.0.113.3
wrong: 1, first: EINVAL: list.txt, line 41: "300.1.2.3" is not an IPv4 or IPv6 address
probes: about 1920 if paths have 16 hops, at most 180 to each target
time: about 19 s at 100 probes/s
output: dry.jsonl
]], got.out)
    assert.equal("", run.run("ls $DIR | grep dry").out)
  end)

  -- The pipe is full long before all results are in it, so the process waits, and cannot end before
  -- it is killed.
  it("goes on where it was killed, with all formats at once", function()
    run.file("list.txt", "203.0.112.0/21\n")
    local words = "-t list.txt --shuffle 7 --shard 1/2 --rate 300 -o jsonl=k.jsonl "
      .. "-o csv=k.csv.gz -o sqlite=k.db -o json=k.json -o dot=k.dot -o prometheus=k.prom "
      .. "-o warts=k.warts -o table=k.table -o mtr=k.mtr -o caracal=k.caracal "
      .. "-o scamper=k.scamper.gz -o atlas=k.atlas -o text=k.pipe "
      .. "--fields dst --state k.state --no-progress --take 1000"
    run.run "mkfifo $DIR/k.pipe"
    for i = 1, 3 do
      local got = campaign(words .. (" & exec 3<k.pipe; head -n %d <&3 | wc -l; kill -9 $!; "
        .. "wait $!"):format(300 * i))
      assert.same({ 300 * i .. "\n", 137 }, { got.out, got.status })
      assert.truthy(read("k.state"):find '^{"state":"mtrlua campaign","version":1,"finished":false')
    end
    local got = campaign(words .. " & cat k.pipe >$DIR/k.rest; wait $!")
    assert.equal(0, got.status, got.err)
    assert.truthy(got.err:find("campaign: 1000 traces: completed 1000\n", 1, true), got.err)
    local seen, lines = {}, run.records(read "k.jsonl")
    for _, line in ipairs(lines) do seen[line.dst] = true end
    local n = 0
    for _ in pairs(seen) do n = n + 1 end
    assert.same({ 1000, 1000 }, { #lines, n })
    assert.equal("1000\n", run.run("jq '[.[].dst] | unique | length' $DIR/k.json").out)
    assert.equal("1000|1000\n",
      run.run("sqlite3 $DIR/k.db 'SELECT count(*), count(DISTINCT dst) FROM traces'").out)
    assert.equal("1001\n", run.run("zcat $DIR/k.csv.gz | sort -u | wc -l").out)
    assert.truthy(read("k.dot"):find('"10.0.0.1" -> "10.0.0.2" [label="1000"]', 1, true))
    assert.truthy(read("k.prom"):find('mtr_traces_total{stop_reason="completed"} 1000\n', 1, true))
    for command, n_wanted in pairs {
      ["sc_wartsdump k.warts | grep '^traceroute from'"] = 1000,
      ["grep '^  3.|-- 203' k.table"] = 1000, ["jq -r .report.mtr.dst k.mtr"] = 1000,
      ["tail -n +2 k.caracal"] = 3000, ["zcat k.scamper.gz | grep trace | jq -r .dst"] = 1000,
      ["jq -r .dst_addr k.atlas"] = 1000,
    } do
      local seen_lines = run.run(("cd $DIR; %s >all; sort -u all | wc -l; wc -l <all")
        :format(command))
      assert.equal(("%d\n%d\n"):format(n_wanted, n_wanted), seen_lines.out, command)
    end
    got = campaign(words)
    assert.truthy(got.err:find("it was finished before; nothing was traced", 1, true), got.err)
    got = campaign((words:gsub("1000$", "999")))
    assert.equal(1, got.status)
    assert.truthy(got.err:find("k.state is the state of another campaign: targets was", 1, true))
  end)

  it("keeps the rates of prefixes and ASes, and traces again what failed", function()
    local lines = {}
    for i = 1, 12 do lines[i] = ("203.0.113.%d,%d"):format(i, i) end
    run.file("list.csv", table.concat(lines, "\n") .. "\nno.example,99\n")
    run.file("as.txt", "203.0.113.0\t24\t64496\nbad\n")
    local words = "-t list.csv --column 1 --separator , --priority-column 2 --rate 1000 --window 1 "
      .. "--prefix-rate /24=20/s --prefix-rate /48=1 --as-rate 10 --asn as.txt --retry 2 "
      .. "--retry-after 1 --retry-when failed,gaplimit -o jsonl=rates.jsonl"
    local got = campaign(words .. " --dry-run")
    assert.equal(0, got.status, got.err)
    assert.truthy(got.out:find("time: about 19 s at the rate of its slowest prefix or AS", 1, true))
    assert.truthy(got.out:find("failed targets are traced again, up to 2 times", 1, true))
    got = campaign(words)
    assert.equal(1, got.status)
    for _, text in ipairs { "12 traces: completed 12", "36 probes, 36 hops",
      "2 attempts failed and were repeated", "no.example: ", "1 targets could not be traced",
      "wrong lines of --asn: 1, first: as.txt, line 2: this is no address, length and AS" } do
      assert.truthy(got.err:find("campaign: " .. text, 1, true), got.err)
    end
    local order = {}
    local first, last
    for i, line in ipairs(run.records(read "rates.jsonl")) do
      order[i], last = line.dst:match "%d+$", line.start
      first = first or line.start
      assert.equal(1, line["try"])
    end
    assert.equal("12 11 10 9 8 7 6 5 4 3 2 1", table.concat(order, " "))
    assert.is_true(last - first >= 3.2, last - first)      -- 33 probes at 10 a second
  end)

  it("judges a campaign that was finished before, by all its values", function()
    list(20)
    local words = "-t list.txt --rate 200 -o jsonl=t.jsonl --state t.state --no-progress "
      .. "--threshold 'rtt.p95<1' --threshold 'completed>=0.9'"
    local got = campaign(words)
    assert.equal(99, got.status, got.err)
    local line = got.err:match "campaign: threshold not met: rtt.p95 <1, it is %d[^\n]+"
    assert.is_not_nil(line, got.err)
    got = campaign(words)
    assert.equal(99, got.status, got.err)
    assert.truthy(got.err:find(line, 1, true), got.err)
    assert.truthy(got.err:find("it was finished before; nothing was traced", 1, true))
    assert.equal(0, campaign((words:gsub("rtt.p95<1", "rtt.p95<1000"))).status)
  end)

  for words, want in pairs {
    [""] = "give the targets with one of --targets and --prefix",
    ["-t list.txt --prefix 10.0.0.0/8"] = "give the targets with one of --targets and --prefix",
    ["-t list.txt -o xml=out"] = "--output must be one of text, jsonl, ",
    ["-t list.txt -o csv=out -o jsonl=out"] = "two outputs cannot share 'out'",
    ["-t list.txt -o csv=out --fields dst,adr"] = 'unknown field "adr"; did you mean "addr"?',
    ["-t list.txt -o sqlite"] = "the path must be a string that names a file",
    ["-t list.txt --shard 3"] = "--shard must be such as 1/4, got '3'",
    ["-t list.txt --shard 5/4"] = "got 5, 4",
    ["-t list.txt --separator ,"] = "--separator needs --column",
    ["-t list.txt --priority-column 2"] = "--priority-column needs --column",
    ["-t list.txt --prefix-rate 16"] = "--prefix-rate must be such as '/16=2/s', got '16'",
    ["-t list.txt --prefix-rate /33x=1"] = '--prefix-rate: a length must be such as "/16"',
    ["-t list.txt --as-rate 5"] = "--as-rate needs --asn, a file",
    ["-t list.txt --retry-after 5"] = "--retry-after and --retry-when need --retry",
    ["-t list.txt --retry 1 --retry-when never"] = 'with "never"',
    ["-t list.txt --max-ttl 999"] = "--max-ttl must be 1..255, got 999",
    ["-t list.txt --window many"] = "--window must be ",
    ["-t list.txt --threshold much"] = "--threshold must be such as 'completed>=0.9', got 'much'",
    ["-t list.txt --threshold 16"] = "--threshold must be such as 'completed>=0.9', got '16'",
    ["-t list.txt -o prometheus=http://192.0.2.1:9100/"] = "192.0.2.1 is not a loopback address; "
      .. "only with the option public",
    ["-t list.txt -o prometheus=http://localhost/"] = '"http://localhost/" cannot be served; it',
    ["-t list.txt -o csv=out --rotate-size many"] = "--rotate-size must be such as 20000, 500K or "
      .. "20M, got 'many'",
    ["-t list.txt -o json=out --rotate-size 9999"] = "a JSON document cannot be rotated",
  } do
    it("refuses as wrong usage: campaign " .. words, function()
      list(1)
      local got = campaign(words)
      assert.equal(2, got.status)
      assert.truthy(got.err:find(want, 1, true), got.err)
      assert.equal("", got.out .. run.run("ls $DIR | grep -x out").out)
    end)
  end

  for words, want in pairs {
    ["-t none.txt"] = "ENOENT: no such file or directory: none.txt",
    ["-t list.txt -o jsonl=none/out"] = "ENOENT: no such file or directory: none/out",
    ["-t list.txt -o csv=folder"] = "EISDIR: is a directory: folder",
    ["-t list.txt -o prometheus=folder"] = "folder",
    ["-t list.txt -o sqlite=folder"] = "folder",
    ["-t list.txt -o jsonl=/dev/full"] = "ENOSPC",
    ["-t folder"] = "folder", ["-t empty"] = "ENODATA: there are no targets in empty",
    ["-t list.txt --state cut"] = "EPROTO: cut: the state is cut off",
    ["-t list.txt --state folder/none/state"] = "ENOENT: no such file or directory: saving the "
      .. "state folder/none/state",
    ["-t list.txt --state folder"] = "EISDIR: is a directory: folder",
    ["-t list.txt --state list.txt"] = "EPROTO: list.txt: this is not the state of a campaign",
  } do
    it("fails, and says why: campaign " .. words, function()
      list(1)
      run.run "cd $DIR; mkdir -p folder; : >empty; printf '{\"state\":\"mtrlua campaign\",' >cut"
      local got = campaign(words)
      assert.equal(1, got.status, got.err)
      assert.truthy(got.err:find(want, 1, true), got.err)
    end)
  end

  it("shows the lines of a list that is no text so that a terminal does not obey them", function()
    run.file("binary", "\127ELF\2\1\0\27[2J\155\255\n203.0.113.1\n")
    local got = campaign "-t binary --no-progress -o csv --fields dst"
    assert.equal(1, got.status)
    assert.equal("dst\r\n203.0.113.1\r\n203.0.113.1\r\n203.0.113.1\r\n", got.out)
    assert.equal("campaign: ?ELF????[2J??: EINVAL: binary, line 1: the line contains a zero byte: "
      .. "is this a list?\n", got.err:match "^[^\n]*\n")
  end)

  for _, words in ipairs { "campaign.lua -t list.txt -o warts", "trace.lua -o warts 203.0.113.1",
    "report.lua -o warts one.jsonl" } do
    it("writes no warts to a terminal: " .. words, function()
      list(1)
      campaign "-t list.txt -o jsonl=one.jsonl"
      local got = run.run(("here=$PWD; program=" .. PROGRAM .. "; cd $DIR; "
        .. [[/usr/bin/python3 -c 'import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' ]]
        .. "$program --sim net.lua $here/scripts/%s </dev/null"):format(words))
      assert.equal(1, got.status)
      assert.equal(words:match "^%l+" .. ": EINVAL: standard output is a terminal, and the format "
        .. "is binary\r\n", got.out)
    end)
  end

  it("begins a new file after a size", function()
    list(200)
    local got = campaign("-t list.txt --rate max -o jsonl=part.jsonl --rotate-size 100K "
      .. "--no-progress")
    assert.equal(0, got.status, got.err)
    local parts = tonumber(run.run("ls $DIR/part.*.jsonl | wc -l").out)
    local bytes = tonumber(run.run("cat $DIR/part.*.jsonl | wc -c").out)
    assert.is_true(bytes > 200000 and parts >= bytes / 100000 and parts <= bytes / 50000, parts)
    assert.equal("200\n", run.run("cat $DIR/part.*.jsonl | jq -r .dst | sort -u | wc -l").out)
  end)

  it("ends with 141 when nobody reads its output", function()
    run.file("list.txt", "203.0.112.0/21\n")
    local got = campaign("-t list.txt --rate max -o jsonl --no-progress; echo $? >code; } | true; "
      .. "cat code", "{")
    assert.equal("141\n", got.out)
    assert.truthy(got.err:find("campaign: EPIPE: broken pipe: writing standard output", 1, true))
  end)
end)
