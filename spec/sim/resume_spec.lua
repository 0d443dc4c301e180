-- SPDX-License-Identifier: MIT
--
-- Campaigns with a state: wherever one was stopped or killed, the same campaign again traces the
-- rest, and every target is once in every output.
--
-- A kill is played by copying the state and the outputs while the campaign runs, and resuming from
-- the copies; spec/net/killed_spec.lua kills for real.
local mtr = require "mtr"
local fds = require "spec.support.harness.fds"
local run = require "spec.support.harness.run"

local COUNT = 300
local OUTPUTS = { "out.jsonl", "out.txt", "out.jsonl.gz" }

local read = run.read

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

-- Makes a directory.
local made = 0
local function fresh()
  made = made + 1
  local dir = ("%s/%d"):format(run.dir(), made)
  run.run("mkdir " .. dir)
  return dir
end

-- The targets: addresses, with names and other texts that cannot be traced between them.
local list, valid = {}, {}
local function prepare()
  local next_target = mtr.sim.internet({ seed = 3, prefixes = 1000 }):targets()
  for i = 1, COUNT do
    list[#list + 1] = next_target()
    valid[i] = list[#list]
    if i % 50 == 0 then list[#list + 1] = i % 100 == 0 and "" or ("no%d.example"):format(i) end
  end
end

-- Runs a campaign in a directory; returns what run() returned.
local function campaign(dir, opts)
  local engine = assert(mtr.engine {
    sim = mtr.sim.internet { seed = 3, prefixes = 1000 }, rate = opts.rate or 500, seed = 1,
  })
  local results
  mtr.go(function()
    local c = mtr.campaign {
      engine = engine, targets = opts.targets or list, window = 40, state = dir .. "/run.state",
      reporters = opts.reporters and opts.reporters(dir) or {
        mtr.report.jsonl(dir .. "/out.jsonl"), mtr.report.text(dir .. "/out.txt"),
        mtr.report.jsonl(dir .. "/out.jsonl.gz"),
      },
      trace = opts.trace, on_trace = opts.on_trace, on_error = opts.on_error,
      prefix_rate = opts.prefix_rate, retry = opts.retry, priority = opts.priority,
      thresholds = opts.thresholds, on_start = opts.on_start,
    }
    results = { c:run() }
    results.campaign = c
  end)
  engine:run()
  engine:close()
  return results[1], results[2], results[3], results.campaign
end

-- The destinations in the order of the output, which has only whole records.
local function found(dir, name)
  local text
  if name:find "%.gz$" then
    local got = run.run(("gzip -dc %s/%s"):format(dir, name))
    assert.equal("", got.err)
    text = got.out
  else
    text = read(dir .. "/" .. name)
  end
  assert.truthy(text == "" or text:sub(-1) == "\n")
  local order = {}
  if name:find "txt" then
    for target in text:gmatch "trace to (%S+)" do order[#order + 1] = target end
  else
    for line in text:gmatch "[^\n]+" do
      order[#order + 1] = line:match '^{"type":"trace".*"target":"([^"]+)".*}$' or line
    end
  end
  return order
end

local function assert_each_once(dir, outputs)
  local expected = { unpack(valid) }
  table.sort(expected)
  for _, name in ipairs(outputs or OUTPUTS) do
    local order = found(dir, name)
    table.sort(order)
    assert.same(expected, order)
  end
end

local function assert_whole(summary)
  assert.same({ #list, COUNT, #list - COUNT, false },
    { summary.targets, summary.traces, summary.failed, summary.halted })
end

describe("a campaign with a state", function()
  local open

  setup(function()
    prepare()
    campaign(fresh(), { targets = {} })        -- libuv opens some descriptors once per process
  end)
  before_each(function()
    run.dir()
    collectgarbage()
    open = fds()
  end)
  after_each(function()
    collectgarbage()
    assert.equal(open, fds())
  end)
  teardown(run.clean)

  it("does nothing when it has finished before, and says so", function()
    local dir = fresh()
    local summary = assert(campaign(dir, {}))
    assert_whole(summary)
    assert.is_nil(summary.already)
    local before = read(dir .. "/out.jsonl.gz")
    local again = assert(campaign(dir, { on_trace = error }))
    assert.is_true(again.already)
    again.already = nil
    assert.same(summary, again)
    assert.is_true(before == read(dir .. "/out.jsonl.gz"))
    assert_each_once(dir)
  end)

  -- Options of the order of targets, in which some wait in memory.
  local stored = {
    prefix_rate = { ["/16"] = "80/s" }, retry = { times = 2, after = "9s" },
    priority = function(target) return tonumber(target:match "%d+$") or 0 end,
  }

  for what, case in pairs { ["of one cohort"] = { { max_ttl = 20 }, {} },
    ["of single traces"] = { function() return { max_ttl = 20 } end, {} },
    ["of one cohort, in an order of its own"] = { { max_ttl = 20 }, stored },
    ["of single traces, in an order of its own"] = {
      function() return { max_ttl = 20 } end, stored },
  } do
    local trace, order = unpack(case)
    local function options(on_trace)
      return { trace = trace, on_trace = on_trace, prefix_rate = order.prefix_rate,
        retry = order.retry, priority = order.priority }
    end

    it("goes on wherever it was stopped: " .. what, function()
      local dir, seen, runs = fresh(), {}, 0
      local summary
      repeat
        local n = 0
        summary = assert(campaign(dir, options(function(result)
          n = n + 1
          assert.is_nil(seen[result.dst])
          seen[result.dst] = true
          return n == 33 * (runs + 1) and "stop" or nil
        end)))
        runs = runs + 1
      until not summary.halted
      assert.is_true(runs > 2)
      assert_whole(summary)
      assert_each_once(dir)
    end)

    it("goes on wherever it was killed: " .. what, function()
      local dir, copies = fresh(), {}
      for i = 1, 4 do copies[i * i * 17] = fresh() end
      local n = 0
      local summary = assert(campaign(dir, options(function()
        n = n + 1
        local copy = copies[n]
        for _, name in ipairs(copy and { "run.state", unpack(OUTPUTS) } or {}) do
          write(copy .. "/" .. name, read(dir .. "/" .. name))
        end
      end)))
      for _, copy in pairs(copies) do
        local resumed = assert(campaign(copy, options()))
        assert.same({ summary.targets, summary.traces, summary.failed },
          { resumed.targets, resumed.traces, resumed.failed })
        assert_each_once(copy)
      end
    end)
  end

  it("keeps the attempt of each target, and its wait", function()
    -- No second attempt begins before all targets had a first one. Names would wait for a real
    -- name server, and meanwhile the time of the simulation goes on.
    local dir, first, retry = fresh(), {}, { times = 2, after = "1h" }
    assert(campaign(dir, { targets = valid, retry = retry, on_trace = function(result)
      first[#first + 1] = result.dst
      return #first == COUNT - 60 and "stop" or nil
    end }))
    local attempts, waits, n, waiting = {}, {}, 0, 0
    for line in read(dir .. "/run.state"):gmatch '\n({"target"[^\n]+)' do
      local target, attempt, wait =
        line:match '^{"target":"([^"]+)","priority":0,"attempt":(%d),?"?w?a?i?t?"?:?(%d*)}$'
      attempts[target], waits[target], n = tonumber(attempt), tonumber(wait), n + 1
      if waits[target] then waiting = waiting + 1 end
    end
    assert.is_true(n == waiting and n > 5)
    assert(campaign(dir, { targets = valid, retry = retry, on_start = function(target)
      assert.is_true(mtr.now() >= (waits[target] or 0))
      waits[target] = nil
    end, on_trace = function(result)
      assert.is_true(result.try >= (attempts[result.dst] or 1))
      attempts[result.dst] = nil
    end }))
    assert.same({}, attempts)
    assert.same({}, waits)
    assert_each_once(dir)
  end)

  it("is judged by the values of all its runs, also when it has finished before", function()
    local function wanted()
      return { ["rtt.p95"] = "< 1", ["duration.mean"] = "> 0", ["hops.max"] = "< 256" }
    end
    local whole = assert(campaign(fresh(), { thresholds = wanted() })).thresholds
    local dir, runs = fresh(), 0
    local summary
    repeat
      local n = 0
      summary = assert(campaign(dir, { thresholds = wanted(), on_trace = function()
        n = n + 1
        return n == 120 and "stop" or nil
      end }))
      runs = runs + 1
    until not summary.halted
    assert.is_true(runs > 2)
    local again = assert(campaign(dir, { thresholds = wanted() }))
    assert.is_true(again.already)
    for i, one in ipairs(again.thresholds) do
      assert.same(summary.thresholds[i], one)
      assert.equal(whole[i].met, one.met)
      assert.is_near(whole[i].value, one.value, 0.2 * whole[i].value)
    end
  end)

  it("goes on in a shuffled order, without what is excluded or there twice", function()
    local twice = { unpack(valid) }
    for i = 1, 40 do twice[COUNT + i] = valid[i] end
    local function chain(seed)
      return mtr.targets.list(twice):shuffle(seed):unique():exclude { "192.0.2.0/24" }
    end
    local dir, runs = fresh(), 0
    local summary
    repeat
      local n = 0
      summary = assert(campaign(dir, { targets = chain(42), on_trace = function()
        n = n + 1
        return n == 90 and "stop" or nil
      end }))
      runs = runs + 1
    until not summary.halted
    assert.is_true(runs > 2)
    assert.equal(COUNT, summary.traces)
    assert_each_once(dir)
    local _, message = campaign(dir, { targets = chain(43) })
    assert.truthy(message:find("targets was list of 340:shuffle(42):", 1, true), message)
    assert.truthy(message:find("now list of 340:shuffle(43):", 1, true), message)
  end)

  it("traces first what was not done", function()
    local dir, n = fresh(), 0
    assert(campaign(dir, { on_trace = function()
      n = n + 1
      return n == 100 and "stop" or nil
    end }))
    local left = {}
    for line in read(dir .. "/run.state"):gmatch "\n([%d.]+)%f[\n]" do left[line] = true end
    assert.is_not_nil(next(left))
    local count, first = 0, {}
    for _ in pairs(left) do count = count + 1 end
    assert(campaign(dir, { trace = nil, on_trace = function(result)
      first[#first + 1] = left[result.dst]
    end }))
    assert.equal(count, #first)
  end)

  it("keeps what was not done if it is killed before it has traced that", function()
    local dir, n = fresh(), 0
    assert(campaign(dir, { on_trace = function()
      n = n + 1
      return n == 90 and "stop" or nil
    end }))
    local function left()
      local text = read(dir .. "/run.state")
      return tonumber(text:match '"unfinished":(%d+)'), text:match '"position":(%d+)'
    end
    local unfinished, position = left()
    assert.is_true(unfinished > 0)
    -- When the first result comes, the state is still the first one.
    local looked, first
    local summary = assert(campaign(dir, { on_trace = function()
      looked, first = looked or { left() }, first or read(dir .. "/run.state")
    end }))
    assert.same({ unfinished, position }, looked)
    run.file(dir:match "[^/]+$" .. "/run.state", first)    -- as if it was killed then
    assert.same(summary, assert(campaign(dir, {})))
  end)

  it("rotates its outputs without a loss", function()
    local dir, n = fresh(), 0
    local function reporters(where)
      return { mtr.report.jsonl(where .. "/out.jsonl", { rotate = { size = 40000 } }),
        mtr.report.jsonl(where .. "/out.jsonl.gz", { rotate = { size = 4000 } }) }
    end
    local copies = { [100] = fresh(), [200] = fresh(), [290] = fresh() }
    assert(campaign(dir, { reporters = reporters, on_trace = function()
      n = n + 1
      if copies[n] then run.run(("cp %s/run.state %s/o* %s"):format(dir, dir, copies[n])) end
    end }))
    for _, copy in pairs { dir, unpack({ copies[100], copies[200], copies[290] }) } do
      assert(campaign(copy, { reporters = reporters }))
      local got = run.run(("cd %s && cat out.0*.jsonl >out.jsonl && cat out.0*.jsonl.gz "
        .. ">out.jsonl.gz"):format(copy))
      assert.same({ 0, "" }, { got.status, got.err })
      assert_each_once(copy, { "out.jsonl", "out.jsonl.gz" })
    end
  end)

  it("appends to outputs that were there before, and does not cut into them", function()
    local dir = fresh()
    write(dir .. "/out.txt", "mine\n")
    assert(campaign(dir, { on_trace = function() return "stop" end }))
    assert(campaign(dir, {}))
    assert.equal("mine\n", read(dir .. "/out.txt"):sub(1, 5))
    assert_each_once(dir)
  end)

  it("is whole without targets", function()
    local dir = fresh()
    assert.equal(0, assert(campaign(dir, { targets = {} })).targets)
    assert.is_true(assert(campaign(dir, { targets = {} })).already)
    assert.equal("", read(dir .. "/out.jsonl"))
  end)

  for what, case in pairs {
    ["other targets"] = { opts = { targets = { "192.0.2.1" } },
      says = "targets was list of 306, now list of 1" },
    ["other options of traces"] = { opts = { trace = { protocol = "udp" } },
      says = 'trace.protocol was not given, now "udp"' },
    ["other outputs"] = { opts = { reporters = function(dir)
      return { mtr.report.jsonl(dir .. "/out.jsonl"), mtr.report.text(dir .. "/new.txt"),
        mtr.report.jsonl(dir .. "/out.jsonl.gz") }
    end }, says = "reporter 2 was out.txt, now new.txt" },
  } do
    it("refuses the state of a campaign with " .. what, function()
      local dir = fresh()
      assert(campaign(dir, { on_trace = function() return "stop" end }))
      local calls = 0
      local function called() calls = calls + 1 end
      local before, list_of = read(dir .. "/out.jsonl"), case.opts.reporters
      local opts = setmetatable({ reporters = function()
        local all = list_of and list_of(dir) or { mtr.report.jsonl(dir .. "/out.jsonl"),
          mtr.report.text(dir .. "/out.txt"), mtr.report.jsonl(dir .. "/out.jsonl.gz") }
        all[#all + 1] = { aside = true, start = called, finish = called }
        return all
      end }, { __index = case.opts })
      local summary, message, name = campaign(dir, opts)
      assert.same({ nil, "EINVAL" }, { summary, name })
      assert.equal(("EINVAL: %s/run.state is the state of another campaign: %s"):format(dir,
        case.says), message)
      assert.equal(before, read(dir .. "/out.jsonl"))
      assert.equal(0, calls)                   -- so no output is touched
    end)
  end

  it("refuses outputs that were changed, and a list that became shorter", function()
    local dir = fresh()
    local n = 0
    assert(campaign(dir, { on_trace = function()
      n = n + 1
      return n == 200 and "stop" or nil
    end }))
    local whole = read(dir .. "/out.jsonl")
    write(dir .. "/out.jsonl", whole:sub(1, 100))
    local summary, message = campaign(dir, {})
    assert.is_nil(summary)
    assert.truthy(message:find("out.jsonl has 100 bytes, but the state says", 1, true), message)
    local packed = read(dir .. "/out.jsonl.gz")
    for name, text in pairs { ["out.jsonl"] = whole, ["out.jsonl.gz"] = packed } do
      write(dir .. "/out.jsonl", whole)
      local length = tonumber(read(dir .. "/run.state"):match '"length":(%d+)')
      local other = name == "out.jsonl" and text:sub(1, length - 9) .. "x" .. text:sub(length - 7)
        or ("x"):rep(2 * #text)
      write(dir .. "/" .. name, other)
      summary, message = campaign(dir, {})
      assert.is_nil(summary)
      assert.truthy(message:find(name .. " has other bytes than those the state knows", 1, true))
      assert.equal(other, read(dir .. "/" .. name))
      write(dir .. "/" .. name, text)
    end
    local short = {}
    for i = 1, #list do short[i] = i < 100 and list[i] or nil end
    local text = read(dir .. "/run.state"):gsub("list of 306", "list of 99")
    write(dir .. "/run.state", text)
    summary, message = campaign(dir, { targets = short })
    assert.is_nil(summary)
    assert.truthy(message:find "run.state: EINVAL: there are only 99 targets, but %d+ were taken")
  end)

  it("saves its state less often if that takes long", function()
    local dir, saves, ticks = fresh(), 0, 0
    -- Saves are done by a thread, in real time, and while one is under way there is no other: so
    -- the simulated time waits for it. The threads look for names as well, so there are none.
    local function update()
      ticks = ticks + 1
      for _ = 1, 6000 do
        local file = io.open(dir .. "/run.state.new")
        if not file then return end
        file:close()
        run.pause(0.01)
      end
    end
    local slow = { update = update, save = function()
      saves = saves + 1
      local till = os.clock() + 0.105            -- with the rest of a save less than 0.15
      repeat until os.clock() > till
      return {}
    end }
    local summary = assert(campaign(dir, { rate = 100, targets = valid,
      reporters = function() return { slow } end }))
    assert.is_true(ticks >= 9, ticks)
    assert.is_true(saves >= 3 and saves <= ticks / 3 + 2, saves)
    assert.equal(COUNT, summary.traces)
  end)

  for what, command in pairs {
    removed = "rm", moved = "f() { mv $1 $1.old; }; f", replaced = "f() { mv $1 o; cp o $1; }; f",
  } do
    it("ends when an output is " .. what .. " as it runs", function()
      local dir = fresh()
      local n = 0
      local summary, message, name = campaign(dir, { on_trace = function()
        n = n + 1
        if n == 50 then run.run(("cd %s; %s out.jsonl"):format(dir, command)) end
      end })
      assert.same({ nil, "ENOENT" }, { summary, name })
      assert.equal("ENOENT: " .. dir
        .. "/out.jsonl was moved, removed or replaced while it was written", message)
    end)
  end

  it("refuses a list in a file that has become longer", function()
    local dir = fresh()
    write(dir .. "/list", table.concat(list, "\n"))
    local function once(fn)
      return campaign(dir, { targets = assert(mtr.targets.file(dir .. "/list")), on_trace = fn })
    end
    assert(once(function() return "stop" end))
    write(dir .. "/list", table.concat(list, "\n") .. "\n203.0.113.77\n")
    local summary, message = once()
    assert.is_nil(summary)
    assert.truthy(message:find "was file .* of %d+ bytes, now file .* of %d+ bytes", message)
  end)

  it("says that its state cannot be saved", function()
    local dir = fresh()
    run.run(("ln -s /dev/null %s/run.state"):format(dir))
    local summary, message = campaign(dir, {})
    assert.is_nil(summary)
    assert.truthy(message:find("run.state", 1, true), message)
  end)
end)
