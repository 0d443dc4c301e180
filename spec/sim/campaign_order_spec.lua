-- SPDX-License-Identifier: MIT
--
-- Campaigns that do not trace in the order of their list: rates of prefixes and ASes, priorities,
-- retries. In virtual time, so rates are measured exactly.
local mtr = require "mtr"
local run = require "spec.support.harness.run"

local engine, net

local function open(opts)
  net = mtr.sim.internet { seed = 3, prefixes = 400, loss = opts and opts.loss }
  engine = assert(mtr.engine { sim = net, rate = opts and opts.rate or "1000/s", seed = 5 })
end

local function campaign(opts)
  opts.engine, opts.targets = engine, opts.targets or net:targets()
  local results
  mtr.go(function() results = { mtr.campaign(opts):run() } end)
  engine:run()
  return unpack(results, 1, 3)
end

-- Returns the options of traces that note when probes to each part are sent, and these times.
local function watched(part)
  local times = {}
  return { on_probe = function(trace)
    local key = part(trace.dst)
    times[key] = times[key] or {}
    table.insert(times[key], engine:now())
  end }, times
end

-- Returns the most probes within any second, and the mean rate.
local function rates(list)
  local most, first = 0, 1
  for i = 1, #list do
    while list[i] - list[first] >= 999.99 do first = first + 1 end
    most = math.max(most, i - first + 1)
  end
  return most, (#list - 1) / (list[#list] - list[1]) * 1000
end

local function slash16(dst) return dst:match "^%d+%.%d+" end

after_each(function()
  if engine then engine:close() end
  engine = nil
end)

describe("the rate of prefixes", function()
  for _, transport in ipairs { "icmp", "udp" } do
    for what, window in pairs { ["the automatic window"] = "auto", ["a window of 5"] = 5 } do
      it(("holds for all %s probes to each of them with %s"):format(transport, what), function()
        open()
        local trace, times = watched(slash16)
        trace.protocol = transport
        local summary = assert(campaign { trace = trace, window = window,
          prefix_rate = { ["/16"] = "20/s" } })
        assert.equal(400, summary.traces)
        local parts = 0
        for _, list in pairs(times) do
          local most, mean = rates(list)
          parts = parts + 1
          assert.is_true(most <= 21, tostring(most))
          assert.is_true(window == 5 or mean > 18, tostring(mean))
        end
        assert.equal(2, parts)
      end)
    end
  end

  it("holds for several lengths at once, and for traces with an object", function()
    for _, apart in ipairs { false, true } do
      open()
      local trace, times = watched(function(dst) return dst:match "^%d+%.%d+%.%d+" end)
      local of16 = {}
      local note = trace.on_probe
      function trace.on_probe(t)
        note(t)
        local key = slash16(t.dst)
        of16[key] = of16[key] or {}
        table.insert(of16[key], engine:now())
      end
      assert(campaign {
        trace = apart and function() return trace end or trace,
        targets = mtr.targets.cidr("1.1.0.0/21", { each = 26 }),
        prefix_rate = { ["/16"] = 40, ["/24"] = "6/s" },
      })
      for _, list in pairs(times) do
        local most, mean = rates(list)
        assert.is_true(most <= 7, tostring(most))
        assert.is_true(mean > 4, tostring(mean))
      end
      assert.is_true(rates(of16["1.1"]) <= 41)
      engine:close()
    end
  end)

  it("holds for IPv6 prefixes", function()
    open()
    local trace, times = watched(function() return "all" end)     -- each target has a /48
    local list, next_target, began = {}, net:targets(6), {}
    for i = 1, 100 do list[i] = next_target() end
    assert.equal(100, assert(campaign { targets = list, trace = trace,
      prefix_rate = { ["/48"] = "2/s", ["ipv6/32"] = "50/s", ["/8"] = 1 },
      on_trace = function(result)
        began[#began + 1] = result.probe_count / 2 - result.duration / 1000
      end }).traces)
    local most, mean = rates(times.all)
    assert.is_true(most <= 51 and mean > 35, ("%d %g"):format(most, mean))
    assert.is_true(math.max(unpack(began)) <= 0.51)
  end)

  it("lets other targets go on meanwhile", function()
    open()
    local slow, fast = net:targets()(), {}
    local list = {}
    for i = 0, 49 do list[#list + 1] = slow:gsub("%d+$", i) end
    local all = {}
    for target in net:targets() do all[#all + 1] = target end
    for i = 1, #all do
      if slash16(all[i]) ~= slash16(slow) then list[#list + 1], fast[all[i]] = all[i], true end
    end
    local last_fast, last = 0, 0
    assert(campaign { targets = list, prefix_rate = { ["/24"] = "1/s" },
      on_trace = function(result)
        if fast[result.dst] then last_fast = engine:now() else last = engine:now() end
      end })
    assert.is_true(last > 10 * last_fast, ("%g %g"):format(last, last_fast))
  end)

  it("reads no more targets than read_ahead while they wait", function()
    open()
    local read, most, n = 0, 0, 0
    local next_target = net:targets()
    local base = next_target():gsub("%d+$", "")
    assert(campaign { targets = function()
      if read == 200 then return nil end
      read = read + 1
      return base .. read
    end, prefix_rate = { ["/24"] = "20/s" }, read_ahead = 30, on_trace = function()
      n = n + 1
      most = math.max(most, read - n)
    end })
    assert.equal(200, n)
    assert.is_true(most <= 30 + 10, tostring(most))        -- and those under way: half of the rate
  end)
end)

describe("the rate of ASes", function()
  before_each(function() run.dir() end)
  teardown(run.clean)

  it("holds for all prefixes of each, of files with bad lines", function()
    open()
    local text = "# comment\n1.0.0.0\t17\t64496\n1.0.128.0\t17\t64496_64499\nnonsense\n"
      .. "1.1.0.0\t16\t{64497,64498}\n"
    local path = run.file("pfx2as.txt", text)
    local trace, times = watched(function(dst) return slash16(dst) end)
    local summary = assert(campaign { trace = trace, as_rate = "15/s", asn = path })
    assert.equal(400, summary.traces)
    for _, list in pairs(times) do assert.is_true(rates(list) <= 16) end
    assert.same({ 3, 1 }, { summary.as_table.prefixes, summary.as_table.bad })
    assert.equal(path .. ", line 4: this is no address, length and AS", summary.as_table.first)
  end)

  it("does not begin without its file", function()
    open()
    local summary, message, name = campaign { as_rate = 5, asn = "missing.txt" }
    assert.same({ nil, "ENOENT" }, { summary, name })
    assert.truthy(message:find("missing.txt", 1, true))
    local path = run.file("empty.txt", "1.0.0.0 17\n")
    summary, message, name = campaign { as_rate = 5, asn = { path } }
    assert.same({ nil, "ENODATA" }, { summary, name })
    assert.truthy(message:find("line 1: this is no address", 1, true), message)
  end)
end)

describe("the priority of targets", function()
  local function order(opts)
    local list = {}
    opts.window, opts.on_start = 1, function(target) list[#list + 1] = target end
    assert(campaign(opts))
    return list
  end

  it("lets the highest go first, and equal ones in their order", function()
    open()
    local given = { "1.0.0.1", { target = "1.0.0.2", priority = 1 }, { target = "1.0.0.3" },
      { target = "1.0.0.4", priority = 7.5 }, { target = "1.0.0.6/31", priority = 1 },
      { target = "1.0.0.9", priority = -1 }, "1.0.0.5" }
    assert.same({ "1.0.0.4", "1.0.0.2", "1.0.0.6", "1.0.0.7", "1.0.0.3", "1.0.0.5", "1.0.0.9" },
      { select(2, unpack(order { targets = given })) })
    local by_function = order { targets = given, priority = function(target)
      return tonumber(target:match "%d+$")
    end }
    assert.same({ "1.0.0.9", "1.0.0.7", "1.0.0.6" }, { unpack(by_function, 1, 3) })
  end)

  it("is looked at among those that were read ahead", function()
    open()
    local given = {}
    for i = 1, 9 do given[i] = "1.0.0." .. i end
    local found = order { targets = given, read_ahead = 3, priority = function(target)
      return tonumber(target:match "%d+$")
    end }
    assert.equal("3 4 5 6 7 8 9 2 1", (table.concat(found, " "):gsub("1%.0%.0%.", "")))
  end)

  it("must be a number", function()
    open()
    local summary, message = campaign { targets = { { target = "1.0.0.1", priority = "high" } } }
    assert.is_nil(summary)
    assert.truthy(message:find("priority must be a number, got high", 1, true), message)
  end)
end)

describe("the retry of failed targets", function()
  it("traces again those that failed, after a wait, and hands out the last result", function()
    open()
    local seen, starts, tries = {}, {}, {}
    local summary = assert(campaign { retry = { times = 2, after = "30s" },
      on_start = function(target)
        starts[target] = starts[target] or {}
        table.insert(starts[target], engine:now())
      end,
      on_trace = function(result)
        seen[result.dst] = (seen[result.dst] or 0) + 1
        tries[result.dst] = result.try
        assert.equal(result.try, tonumber(result:json():match '"try":(%d+)'))
        assert.equal(result.try, result:copy().try)
      end })
    assert.equal(400, summary.traces)
    local failed, again = summary.stop_reasons.gaplimit, 0
    assert.is_true(failed > 0)
    for target, list in pairs(starts) do
      assert.equal(1, seen[target])
      assert.equal(#list, tries[target])
      again = again + #list - 1
      for i = 2, #list do assert.is_true(list[i] - list[i - 1] >= 30000) end
    end
    assert.equal(again, summary.retried)
    assert.is_true(again >= 2 * failed)
  end)

  it("hands out every result if it is asked to", function()
    open()
    local n = {}
    local summary = assert(campaign { retry = { times = 3, after = 10, all = true },
      trace = function() return {} end,
      on_trace = function(result)
        n[result.dst] = (n[result.dst] or 0) + 1
        assert.equal(n[result.dst], result.try)
      end })
    local most, all = 0, 0
    for _, count in pairs(n) do most, all = math.max(most, count), all + count end
    assert.equal(4, most)
    assert.equal(all, summary.traces + summary.retried)
  end)

  it("tries again what could not be traced, if it is asked to", function()
    open()
    local told = 0
    local summary = assert(campaign { targets = { "nowhere.example", "1.0.0.1" },
      retry = { times = 2, after = "5s", when = { "failed" } },
      on_error = function() told = told + 1 end })
    assert.same({ 1, 1, 2 }, { told, summary.failed, summary.retried })
    assert.is_true(engine:now() >= 10000)
  end)

  it("tells of targets that wait when the campaign ends early", function()
    open()
    local told = {}
    local summary = assert(campaign { retry = { after = "1h" }, time_limit = "2m",
      on_error = function(message, _, name)
        told[#told + 1] = name
        assert.equal("ECANCELED: the campaign ended before it was tried again", message)
      end })
    assert.equal("time_limit", summary.stopped_by)
    assert.is_true(#told > 0)
    assert.equal(400, summary.traces + summary.failed)
    assert.is_true(engine:now() < 125000)
  end)
end)

describe("wrong options of the order", function()
  for what, case in pairs {
    ["an unknown length"] = { { prefix_rate = { ["/33x"] = 1 } }, "prefix_rate: a length must be" },
    ["a length that is too long"] = { { prefix_rate = { ["ipv4/33"] = 1 } }, 'got "ipv4/33"' },
    ["a rate of nothing"] = { { prefix_rate = { ["/16"] = 0 } },
      "prefix_rate of /16 must be a rate in probes per second above 0" },
    ["no limit"] = { { prefix_rate = { ["/16"] = "max" } },
      'above 0, such as 2 or "0.5/s", got "max"' },
    ["no table"] = { { prefix_rate = "2/s" }, "prefix_rate must be a table such as" },
    ["an empty table"] = { { prefix_rate = {} }, "prefix_rate must be a table such as" },
    ["too many lengths"] = { { prefix_rate = { ["/8"] = 1, ["/9"] = 1, ["/10"] = 1, ["/11"] = 1 } },
      "prefix_rate can have 3 lengths of IPv4" },
    ["one length twice"] = { { prefix_rate = { ["/8"] = 1, ["ipv4/8"] = 1 } },
      "prefix_rate has IPv4 /8 twice" },
    ["a rate of ASes without a table"] = { { as_rate = 1 }, "as_rate needs asn, a file" },
    ["a table of ASes without a rate"] = { { asn = "x" }, "asn needs as_rate" },
    ["a rate of ASes that is none"] = { { as_rate = "fast", asn = "x" }, "as_rate must be a rate" },
    ["an unknown reason"] = { { retry = { when = { "gaplimt" } } },
      'with "gaplimt"; did you mean "gaplimit"?' },
    ["an unknown member"] = { { retry = { time = 2 } }, 'did you mean "times"' },
    ["a wait that is none"] = { { retry = { after = "soon" } }, "retry: after must be a duration" },
    ["no room"] = { { read_ahead = 0 }, "read_ahead must be 1..1000000" },
  } do
    it("such as " .. what .. " are told", function()
      case[1].targets = {}
      local ok, message = pcall(mtr.campaign, case[1])
      assert.is_false(ok)
      assert.truthy(message:find(case[2], 1, true), message)
    end)
  end
end)
