-- SPDX-License-Identifier: MIT
--
-- Campaigns over real routers: targets that share one slot, and targets with single traces.

local cjson = require "cjson"
local mtr = require "mtr"
local nets = require "spec.support.real.nets"
local topo = require "spec.lab.topo"

local HOPS = 4
local QUICK = { timeout = 2000, attempts = 1 }

local function with(more)
  local opts = {}
  for key, value in pairs(QUICK) do opts[key] = value end
  for key, value in pairs(more or {}) do opts[key] = value end
  return opts
end

local function lines(path)
  local list = {}
  for line in io.lines(path) do list[#list + 1] = line end
  return list
end

describe("a campaign", function()
  local l, plan, truth

  setup(function() plan = topo.plan("many", { HOPS }) end)
  before_each(function() nets.needs_privilege(pending) end)
  teardown(nets.down)

  local function inside(fn, opts)
    l = l or nets.up("many " .. HOPS)
    truth = truth or plan.truth.v4
    nets.inside(l, fn, opts)
  end

  -- The first n destinations.
  local function targets(n)
    local i = 0
    return function()
      i = i + 1
      return i <= n and plan.target(i) or nil
    end
  end

  it("keeps the rate of prefixes through real routers", function()
    inside(function(e)
      local times = {}
      local summary = assert(mtr.campaign {
        engine = e, targets = targets(60), prefix_rate = { ["/8"] = "400/s" },
        trace = with { on_probe = function() times[#times + 1] = e:now() end },
      }:run())
      assert.equal(60, summary.stop_reasons.completed)
      local first, most = 1, 0                 -- in any tenth of a second
      for i = 1, #times do
        while times[i] - times[first] >= 100 do first = first + 1 end
        most = math.max(most, i - first + 1)
      end
      assert.is_true(most <= 42, tostring(most))
      assert.is_true(#times >= 60 * HOPS and times[#times] - times[1] >= (#times - 2) / 0.4)
    end, { rate = "10000/s" })
  end)

  it("traces each target once, never more than its window at a time", function()
    inside(function(e)
      local seen, most = {}, 0
      local summary = assert(mtr.campaign {
        engine = e, targets = targets(300), window = 17, trace = QUICK,
        on_trace = function(result)
          seen[result.dst] = (seen[result.dst] or 0) + 1
          most = math.max(most, e:stats().traces)
          assert(result.stop_reason == "completed" and result.hop_count == HOPS, result.dst)
        end,
      }:run())
      assert.equal(300, summary.traces)
      assert.equal(300, summary.targets)
      assert.same({ completed = 300 }, summary.stop_reasons)
      assert.equal(300 * HOPS, summary.hops)
      assert.equal(e:stats().probes_sent, summary.probes)
      assert.is_false(summary.halted)
      for i = 1, 300 do assert.equal(1, seen[plan.target(i)], plan.target(i)) end
      assert.is_true(most > 8 and most <= 17, most)
      assert.equal(0, e.work)
    end)
  end)

  it("lends results that say what mtr.trace returns", function()
    inside(function(e)
      local path, kept, fields = os.tmpname(), {}, 0
      assert(mtr.campaign {
        engine = e, targets = targets(20), trace = with { data = { 1 } },
        reporters = { mtr.report.jsonl(path) },
        on_trace = function(result)
          local copy = result:copy()
          kept[#kept + 1] = copy
          for key, value in pairs(copy) do
            if key:sub(1, 1) ~= "_" then
              assert.same(value, result[key], key)
              fields = fields + 1
            end
          end
          assert.equal(copy:json(), result:json())
          assert.equal(copy.hops[HOPS].addr, result.hops[HOPS].addr)
          assert.is_nil(result.nonsense)
        end,
      }:run())
      assert.equal(20, #kept)
      assert.is_true(fields >= 20 * 18)
      local written = lines(path)
      assert(os.remove(path))
      for i, copy in ipairs(kept) do
        assert.equal(copy:json(), written[i])
        for ttl = 1, HOPS - 1 do assert.equal(truth[ttl][1], copy.hops[ttl].addr) end
        assert.equal(copy.dst, copy.hops[HOPS].addr)
        assert.same({ 1 }, copy.data)
      end
    end)
  end)

  it("takes back what it lends when the hook returns", function()
    inside(function(e)
      local last, trace
      assert(mtr.campaign {
        engine = e, targets = targets(3),
        trace = with { on_hop = function(t) trace = t end },
        on_trace = function(result) last = result end,
      }:run())
      local function gone()
        assert.is_nil(last.dst)
        for _, method in ipairs { "copy", "json" } do
          assert.has_error(function() last[method](last) end,
            "copy: the result is no longer valid; copy it inside the hook")
        end
        trace:stop()
      end
      gone()
      e:close()
      gone()
    end)
  end)

  it("calls hooks with the trace that they are about", function()
    inside(function(e)
      local hops, probes, replies = {}, 0, 0
      local summary = assert(mtr.campaign {
        engine = e, targets = targets(100), window = 20,
        trace = with {
          data = "mine",
          on_probe = function(trace) assert(trace.data == "mine") probes = probes + 1 end,
          on_reply = function(_, reply) assert(reply.rtt) replies = replies + 1 end,
          on_hop = function(trace, hop)
            hops[trace.dst] = hops[trace.dst] or {}
            table.insert(hops[trace.target], hop.addr)
          end,
        },
      }:run())
      assert.same({ probes, replies }, { summary.probes, e:stats().replies })
      for i = 1, 100 do
        local target, want = plan.target(i), {}
        for ttl = 1, HOPS - 1 do want[ttl] = truth[ttl][1] end
        want[HOPS] = target
        assert.same(want, hops[target], target)
      end
    end)
  end)

  it("ends the trace whose hook returns stop, and no other", function()
    inside(function(e)
      local stop, ends, after = plan.target(7), {}, 0
      local summary = assert(mtr.campaign {
        engine = e, targets = targets(40),
        trace = with { on_hop = function(trace, hop)
          if trace.dst ~= stop then return end
          after = after + 1
          return hop.ttl == 2 and "stop" or nil
        end },
        on_trace = function(result) ends[result.dst] = result:copy() end,
      }:run())
      assert.same({ completed = 39, halted = 1 }, summary.stop_reasons)
      assert.equal("halted", ends[stop].stop_reason)
      assert.equal("halted", cjson.decode(ends[stop]:json()).stop_reason)
      assert.equal(2, after)
    end)
  end)

  it("ends the trace whose hook raises as an error, with its traceback", function()
    inside(function(e)
      local bad, reports, ends = plan.target(5), {}, {}
      mtr.on_error(function(text) reports[#reports + 1] = text end)
      local summary = assert(mtr.campaign {
        engine = e, targets = targets(10),
        trace = with { on_hop = function(trace) assert(trace.dst ~= bad, "boom") end },
        on_trace = function(result)
          ends[result.dst] = { result.stop_reason, result.error, result:json() }
        end,
      }:run())
      mtr.on_error(nil)
      assert.same({ completed = 9, error = 1 }, summary.stop_reasons)
      assert.equal(1, #reports)
      assert.truthy(reports[1]:find "boom" and reports[1]:find "traceback")
      assert.equal("error", ends[bad][1])
      assert.equal(reports[1], ends[bad][2])
      assert.equal(reports[1], cjson.decode(ends[bad][3]).error)
    end)
  end)

  it("goes on when on_trace raises, and stops when it says so", function()
    inside(function(e)
      local n, reports = 0, 0
      mtr.on_error(function() reports = reports + 1 end)
      local summary = assert(mtr.campaign {
        engine = e, targets = targets(1000), window = 10, trace = QUICK,
        on_trace = function()
          n = n + 1
          if n == 3 then error "boom" end
          return n == 30 and "stop" or nil
        end,
      }:run())
      mtr.on_error(nil)
      assert.equal(1, reports)
      assert.is_true(summary.halted)
      assert.equal(n, summary.traces)
      assert.is_true(n >= 30 and n < 50, n)
    end)
  end)

  it("reports a target that cannot be traced, with its name, and goes on", function()
    inside(function(e)
      local errors, ends = {}, {}
      local summary = assert(mtr.campaign {
        engine = e, trace = QUICK,
        targets = { plan.target(1), "203.0.113.1", "no such name", plan.target(2), "224.0.0.1",
          plan.target(3), "10.0.0.0/99" },
        on_error = function(message, target, name) errors[target] = name .. "|" .. message end,
        on_trace = function(result) ends[#ends + 1] = result.dst end,
      }:run())
      assert.truthy(errors[plan.target(2)]:find "^EACCES|EACCES: .* exclude list")
      assert.truthy(errors["203.0.113.1"]:find "^ENETUNREACH|ENETUNREACH: .*no route")
      assert.truthy(errors["224.0.0.1"]:find "^EACCES|EACCES: .*allow_broadcast")
      assert.truthy(errors["no such name"]:find "^E%u+|E%u+: name")
      assert.truthy(errors["10.0.0.0/99"]:find "^EINVAL|EINVAL: .*not a prefix")
      table.sort(ends)
      assert.same({ plan.target(1), (plan.target(3)) }, ends)
      assert.equal(5, summary.failed)
      assert.equal(7, summary.targets)
      assert.equal(2, summary.errors.EACCES)
      assert.equal(1, (summary.first_error:find(plan.target(2) .. ": EACCES", 1, true)))
    end, { exclude = { (plan.target(2)) } })
  end)

  it("traces names beside addresses, with results of their own", function()
    inside(function(e)
      local got, path = {}, os.tmpname()
      local summary = assert(mtr.campaign {
        engine = e, targets = { "localhost", plan.target(1) }, trace = with { family = 4 },
        reporters = { mtr.report.jsonl(path) },
        on_trace = function(result) got[result.target] = result:copy() end,
      }:run())
      assert.equal(2, summary.traces)
      assert.equal("127.0.0.1", got.localhost.dst)
      local written = table.concat(lines(path), "\n")
      assert(os.remove(path))
      assert.truthy(written:find('"target":"localhost"', 1, true))
    end)
  end)

  it("takes options for each target from a function", function()
    inside(function(e)
      local got = {}
      local summary = assert(mtr.campaign {
        engine = e, targets = targets(6), window = 2,
        trace = function(target)
          return with { max_ttl = target == plan.target(3) and 2 or 30, data = target }
        end,
        on_trace = function(result) got[result.data] = result.stop_reason end,
      }:run())
      assert.same({ completed = 5, hoplimit = 1 }, summary.stop_reasons)
      assert.equal("hoplimit", got[plan.target(3)])
    end)
  end)

  it("gives its results in a loop that may be slower than it", function()
    inside(function(e)
      local n, most = 0, 0
      local c = mtr.campaign { engine = e, targets = targets(50), window = 5, trace = QUICK }
      for result in c:results() do
        n = n + 1
        assert.equal(HOPS, #result.hops)
        most = math.max(most, c.unread + e:stats().traces)
        if n % 10 == 0 then mtr.sleep(5) end
      end
      assert.equal(50, n)
      assert.is_true(most <= 5, most)
      assert.equal(50, c.summary.traces)
    end)
  end)

  it("waits when the engine is full, and goes on", function()
    inside(function(e)
      local other = assert(mtr.campaign { engine = e, targets = targets(30), trace = QUICK }:run())
      assert.equal(30, other.traces)
      local done = 0
      for _ = 1, 4 do
        assert(e:trace(plan.target(99), with { max_ttl = 2 }, function() done = done + 1 end))
      end
      local summary = assert(mtr.campaign {
        engine = e, targets = targets(30), window = 100, trace = QUICK,
      }:run())
      assert.equal(30, summary.stop_reasons.completed)
      assert.equal(4, done)
    end, { max_traces = 4 })
  end)

  it("ends with the error of its reporter, its targets, or its options", function()
    inside(function(e)
      local c = mtr.campaign {
        engine = e, targets = targets(5000), window = 5, trace = QUICK,
        reporters = { mtr.report.jsonl "/dev/full" },
      }
      local summary, message, name = c:run()
      assert.is_nil(summary)
      assert.equal("ENOSPC", name)
      assert.truthy(message:find("/dev/full", 1, true))
      assert.is_true(c.summary.halted and c.summary.traces < 5000)

      summary, message, name = mtr.campaign {
        engine = e, targets = function() error "no more" end, trace = QUICK,
      }:run()
      assert.is_nil(summary)
      assert.equal("ETARGETS", name)
      assert.truthy(message:find "no more" and message:find "traceback")

      summary, message, name = mtr.campaign {
        engine = e, targets = targets(5), reporters = { mtr.report.jsonl "/nowhere/x" },
      }:run()
      assert.is_nil(summary)
      assert.equal("ENOENT", name)
      assert.truthy(message:find("/nowhere/x", 1, true))

      local ok, problem = pcall(function()
        mtr.campaign { engine = e, targets = targets(5), trace = { flow = 511 } }:run()
      end)
      assert.is_false(ok)
      assert.truthy(problem:find "campaign: flow must be 0%.%.", problem)
      assert.equal(0, e.work)
    end, { max_probes = 524288 })
  end)

  it("reports its open traces as halted when its engine closes", function()
    inside(function(e)
      local c, reasons = nil, {}
      c = mtr.campaign {
        engine = e, targets = targets(5000), window = 50, trace = QUICK, rate = "400/s",
        on_trace = function(result)
          reasons[result.stop_reason] = (reasons[result.stop_reason] or 0) + 1
          if c.tally.traces == 20 then e:close() end
        end,
      }
      local summary = assert(c:run())
      assert.is_true(summary.halted)
      assert.same(reasons, summary.stop_reasons)
      assert.is_true(reasons.halted > 0 and reasons.completed >= 20)
    end)
  end)

  it("refuses to run a second time", function()
    inside(function(e)
      local c = mtr.campaign { engine = e, targets = {} }
      assert.equal(0, c:run().targets)
      assert.has_error(function() c:run() end, "campaign: it has run already; make another one")
    end)
  end)

  it("saves link-local targets with their interfaces, when it is stopped", function()
    inside(function(e)
      local zone
      for line in io.lines "/proc/net/if_inet6" do
        zone = zone or line:match "^fe80%x+ (%x+)"
      end
      local state, target = os.tmpname(), "fe80::77%" .. tonumber(zone, 16)
      os.remove(state)
      local c = mtr.campaign { engine = e, targets = { target }, state = state }
      mtr.go(function()
        mtr.sleep(20)
        c:stop()
      end)
      local summary = assert(c:run())
      assert.same({ true, 0, 1 }, { summary.halted, summary.traces, summary.targets })
      local list = lines(state)
      os.remove(state)
      assert.same({ target, "end" }, { list[2], list[3] })
    end)
  end)
end)

describe("mtrlua with a campaign", function()
  local l

  before_each(function() nets.needs_privilege(pending) end)
  teardown(nets.down)

  local function run(text, options)
    l = l or nets.up("many " .. HOPS)
    local name = os.tmpname()
    local file = assert(io.open(name, "w"))
    file:write(text)
    file:close()
    local output, status = l:exec(("timeout 120 $MTR_PROGRAM %s %s 2>&1"):format(options, name))
    os.remove(name)
    return output, status
  end

  it("reports the traces that ^C halted, in whole lines, and exits with 130", function()
    local path = os.tmpname()
    local output, status = run(([[
      local mtr = require "mtr"
      local n = 0
      local summary = assert(mtr.campaign {
        targets = mtr.targets.cidr("%s/20"), window = 100,
        on_trace = function()
          n = n + 1
          if n == 10 then io.popen("kill -INT $PPID"):close() end
        end,
        reporters = { mtr.report.jsonl "%s" },
      }:run())
      print(summary.halted, summary.traces, summary.stop_reasons.halted)
    ]]):format((topo.plan("many", { HOPS }).target(1)), path), "--rate 200/s")
    assert.equal(130, status)
    local traces, halted = output:match "^mtrlua: interrupted\ntrue\t(%d+)\t(%d+)\n$"
    assert.truthy(traces, output)
    local n = { completed = 0, halted = 0 }
    for _, line in ipairs(lines(path)) do
      local reason = cjson.decode(line).stop_reason
      n[reason] = n[reason] + 1
    end
    assert.same({ tonumber(traces) - tonumber(halted), tonumber(halted) },
      { n.completed, n.halted })
    assert(os.remove(path))
  end)

  it("exits with 1 after the error of a hook", function()
    local output, status = run(([[
      local mtr = require "mtr"
      mtr.campaign { targets = { "%s" }, trace = { on_hop = function() error "boom" end } }:run()
    ]]):format((topo.plan("many", { HOPS }).target(1))), "")
    assert.equal(1, status)
    assert.truthy(output:find "boom" and output:find "traceback")
  end)

  it("ends although nobody reads the results", function()
    local output, status = run(([[
      local mtr = require "mtr"
      for result in mtr.campaign { targets = mtr.targets.cidr("%s/24"), window = 3 }:results() do
        print(result.stop_reason)
        break
      end
    ]]):format((topo.plan("many", { HOPS }).target(1))), "--rate max")
    assert.equal("completed\n", output)
    assert.equal(0, status)
  end)
end)
