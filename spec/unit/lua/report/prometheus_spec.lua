-- SPDX-License-Identifier: MIT
--
-- The reporter of counters for Prometheus: its own parser, of the Python client, reads them.
local json = require "mtr.record.json"
local json_read = require "mtr.record.json_read"
local prometheus = require "mtr.report.prometheus"
local results = require "spec.support.virtual.results"
local run = require "spec.support.harness.run"

-- Returns all samples of a file: value by name and labels.
local function samples(path)
  local got = run.run(([[/usr/bin/python3 -c '
import json
from prometheus_client.parser import text_string_to_metric_families as families
out = {}
for family in families(open("%s").read()):
  assert family.documentation and family.type in ("counter", "histogram"), family
  for s in family.samples:
    out[s.name + "".join(" %%s=%%s" %% x for x in sorted(s.labels.items()))] = s.value
print(json.dumps(out))']]):format(path))
  assert.equal("", got.err)
  return require "cjson".decode(got.out)
end

describe("the prometheus reporter", function()
  teardown(run.clean)

  it("counts traces, probes, failures, and their histograms", function()
    local path = run.dir() .. "/out.prom"
    local targets = { "203.0.113.9", "203.0.113.10", "no name", "2001:db8:f::9" }
    local summary, list = results.campaign({ prometheus.new(path) }, { targets = targets })
    local got, hops, duration = samples(path), 0, 0
    for _, result in ipairs(list) do
      hops, duration = hops + result.hop_count, duration + result.duration / 1000
    end
    assert.equal(3, got["mtr_traces_total stop_reason=completed"])
    assert.equal(summary.probes, got.mtr_probes_total)
    assert.equal(1, got["mtr_targets_failed_total error=" .. next(summary.errors)])
    assert.same({ 3, hops, 0, 3, 3 }, { got.mtr_trace_hops_count, got.mtr_trace_hops_sum,
      got["mtr_trace_hops_bucket le=4"], got["mtr_trace_hops_bucket le=6"],
      got["mtr_trace_hops_bucket le=+Inf"] })
    assert.is_true(math.abs(duration - got.mtr_trace_duration_seconds_sum) < 1e-9)
  end)

  it("replaces the file as a whole, and leaves no other", function()
    local path = run.file("replaced.prom", "old\n")
    local old = assert(io.open(path))
    local reporter = prometheus.new(path)
    assert(reporter:start {})
    assert(reporter:update { errors = {} })
    assert.equal("old\n", old:read "*a")
    old:close()
    assert.equal(0, samples(path).mtr_probes_total)
    assert.equal("replaced.prom\n", run.run("cd $DIR && ls -A | grep replaced").out)
    assert(reporter:finish {})
  end)

  it("keeps the file locked, and lets it go at the end", function()
    local path = run.dir() .. "/locked.prom"
    local one, two = prometheus.new(path), prometheus.new(path)
    assert(one:start {})
    for _ = 1, 2 do
      local ok, message, name = two:start {}
      assert.same({ nil, "EAGAIN" }, { ok, name })
      assert.truthy(message:find(path .. ": another process writes to it", 1, true))
      assert(one:update { errors = {} })
    end
    assert(one:finish {})
    assert(two:start {})
    assert(two:finish {})
    assert.equal(0, samples(path).mtr_probes_total)
  end)

  it("does not replace a device", function()
    run.run "ln -s /dev/null $DIR/device.prom"
    local ok, message, name = prometheus.new(run.dir() .. "/device.prom"):start {}
    assert.same({ nil, "ENOTSUP" }, { ok, name })
    assert.truthy(message:find "device.prom is no file that can be replaced")
    assert.equal("device.prom\n", run.run("ls $DIR | grep device").out)
  end)

  it("goes on with saved counters", function()
    local _, list = results.campaign {}
    local first = prometheus.new(function() return true end)
    for i = 1, 2 do first:trace(list[i]) end
    local data = json_read.decode(json.encode(first:save()))
    local out, text = results.collector()
    local second, whole, all = prometheus.new(out), results.collector()
    second:restore(data)
    results.give(second, { list[3], list[4], list[5] })
    results.give(prometheus.new(whole), list)
    assert.equal(all(), text())
  end)

  it("says which file cannot be written", function()
    for _, path in ipairs { run.dir() .. "/none/out.prom", run.dir() } do
      local ok, message = prometheus.new(path):start {}
      assert.is_nil(ok)
      assert.truthy(message:find(path, 1, true), message)
    end
    assert.equal("", run.run("ls -A $DIR.new 2>/dev/null").out)
    assert.has_error(function() prometheus.new(7) end,
      "report.prometheus: the path must be a string, got 7")
  end)
end)
