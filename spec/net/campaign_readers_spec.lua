-- SPDX-License-Identifier: MIT
--
-- The command of a campaign with a state, killed again and again and resumed, over kernel routers
-- and over a simulated network: all outputs are whole, and each target of the shard is in them
-- once, as the readers of others see them.
local cjson = require "cjson"
local lab = require "spec.lab.lab"
local nets = require "spec.support.real.nets"
local peers = require "spec.support.real.peers"
local run = require "spec.support.harness.run"

local privileged, reason = lab.available()

local N = 1200                         -- targets in the list; 10.0.4.2 is the end of the chain
local COMMAND = "campaign -t targets.txt --rate 1000 --shuffle 42 --shard %d/4 -o jsonl=out.jsonl "
  .. "-o warts=out.warts.gz -o prometheus=out.prom --state run.state"

-- Runs the command in a directory with a pipe for the kills: after so many lines each, then to its
-- end. `wrap` says where it runs.
local function campaign(dir, words, kills, wrap)
  run.run(("mkdir -p $DIR/%s; cp $DIR/targets.txt $DIR/%s"):format(dir, dir))
  local line = ('program=$(readlink -f "$MTR_PROGRAM"); kill=$PWD/spec/support/harness/'
    .. "kill_after.py; cd $DIR/%s; %s"):format(dir,
    '/usr/bin/python3 $kill tap %d "$program" %s -o text=tap')
  for _, lines in ipairs(kills) do
    local got = run.run(wrap(line:format(lines, words)))
    assert.same({ 0, "" }, { got.status, (got.err:gsub("%[[#.]+%] +%d+%%  %d+ of [^\n]*\n", "")) })
    assert.truthy(run.read(run.dir() .. "/" .. dir .. "/run.state"):find '"finished":false')
  end
  return run.run(wrap(line:format(0, words)))
end

-- What a command prints in the directory of a campaign.
local function sh(dir, command)
  local got = run.run(("cd $DIR/%s; %s"):format(dir, command))
  assert.same({ 0, "" }, { got.status, got.err }, command)
  return got.out
end

local function number(dir, command) return tonumber(sh(dir, command)) end

-- The counters in out.prom, as Python's client of Prometheus reads them.
local function counters(dir)
  return cjson.decode(sh(dir, [[/usr/bin/python3 -c '
import json
from prometheus_client.parser import text_string_to_metric_families as families
print(json.dumps({s.name + "".join(s.labels.values()): s.value
  for f in families(open("out.prom").read()) for s in f.samples}))']]))
end

-- Holds all outputs of the command to n targets, each once; returns their names.
local function whole(dir, n)
  local targets = sh(dir, "jq -r .target out.jsonl")
  assert.equal(n, select(2, targets:gsub("\n", "")))
  assert.equal(n, number(dir, "jq -r .target out.jsonl | sort -u | wc -l"))
  local got = counters(dir)
  assert.equal(n, got.mtr_traces_totalcompleted)
  assert.equal(number(dir, "jq -s 'map(.probe_count) | add' out.jsonl"), got.mtr_probes_total)
  assert.equal(n, got.mtr_trace_hops_count)
  if peers.missing "scamper" then return pending(peers.missing "scamper") end
  sh(dir, "gzip -dc out.warts.gz >out.warts")
  assert.equal(n, number(dir, "sc_wartsdump out.warts | grep -c '^traceroute from'"))
  sh(dir, "sc_warts2json out.warts >warts.json; jq -r 'select(.type==\"trace\") | .dst+\" \"+"
    .. "([.hops[].addr] | join(\" \"))' warts.json | sort >theirs")
  sh(dir, "jq -r '.dst+\" \"+([.hops[].replies[].addr] | join(\" \"))' out.jsonl | sort >ours")
  assert.equal("", sh(dir, "diff ours theirs"))
  assert.equal("cycle-start\ncycle-stop\n",
    sh(dir, "jq -r 'select(.type!=\"trace\") | .type' warts.json"))
  sh(dir, "rm -f cat.warts; sc_wartscat -o cat.warts out.warts")
  assert.equal(n, number(dir, "sc_warts2json cat.warts | grep -c '\"type\":\"trace\"'"))
  return targets
end

local function list(format)
  local lines = {}
  for i = 0, N - 1 do lines[i + 1] = format:format(math.floor(i / 250), i % 250 + 1) end
  run.file("targets.txt", table.concat(lines, "\n") .. "\n")
end

describe("the outputs of a campaign that was killed", function()
  teardown(function()
    nets.down_shared()
    run.clean()
  end)

  it("are whole over kernel routers", function()
    if not privileged then pending(reason) end
    local l = nets.shared "chain hops=4"
    nets.must(l, "ip route replace local 10.64.0.0/16 dev lo", "d")
    list "10.64.%d.%d"
    local got = campaign("lab", COMMAND:format(1), { 100, 250, 300 }, function(line)
      return l:command(line)
    end)
    assert.equal(0, got.status, got.err)
    assert.truthy(got.err:find("campaign: 300 traces: completed 300\n", 1, true), got.err)
    whole("lab", N / 4)
  end)

  it("are whole over a simulated network, and the shards are disjoint and complete", function()
    list "203.0.%d.%d"
    run.file("net.lua", [[return { nodes = { me = "192.0.2.1", r1 = "10.0.0.1", r2 = "10.0.0.2",
      web = { "203.0.113.9", "203.0.0.0/16" } },
      links = { { "me", "r1", "r2", "web", delay = "5ms", loss = 0.02 } } }]])
    local seen, count = {}, 0
    for i = 1, 4 do
      local dir = "sim" .. i
      local got = campaign(dir, "--sim ../net.lua " .. COMMAND:format(i), { 60 * i, 300 },
        function(line) return line end)
      assert.equal(0, got.status, got.err)
      for target in whole(dir, N / 4):gmatch "%S+" do
        assert.is_nil(seen[target])
        seen[target], count = true, count + 1
      end
    end
    assert.equal(N, count)
    for target in run.read(run.dir() .. "/targets.txt"):gmatch "%S+" do assert(seen[target]) end
  end)
end)
