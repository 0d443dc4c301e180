-- SPDX-License-Identifier: MIT
--
-- The reporter of warts: its list and cycle, files that are appended to, resumed or rotated, and
-- records of several files.
local mtr = require "mtr"
local err = require "mtr.base.err"
local read = require "mtr.report.read"
local warts = require "mtr.report.warts"
local write = require "mtr.report.warts.write"
local run = require "spec.support.harness.run"

local seconds

local function clock()
  seconds = seconds + 1
  return seconds
end

before_each(function() seconds = 1e9 end)

local function bytes_of(path)
  local file = assert(io.open(path, "rb"))
  local bytes = file:read "*a"
  file:close()
  return bytes
end

-- What a file has: words and numbers of the records, in order.
local function contents(path)
  local file, list = assert(read.open(path)), {}
  while true do
    local record, message = file.source.records:next()
    assert.is_nil(message)
    if not record then break end
    list[#list + 1] = table.concat({ record.record, record.id or "", record.list or "",
      record.cycle or "" }, " "):gsub(" +", " "):match "^(.-) ?$"
  end
  file:close()
  return list
end

-- Results of the simulator, kept.
local function results(n)
  local list, engine = {}, assert(mtr.engine {
    sim = mtr.sim.internet { seed = 3, prefixes = 100 }, rate = "max" })
  local next_target = engine:sim():targets()
  mtr.go(function()
    for i = 1, n do list[i] = assert(engine:trace(next_target())) end
  end)
  engine:run()
  engine:close()
  return list
end

local RESULTS = results(4)

-- Writes results with one reporter.
local function session(path, opts, list, saved)
  opts.clock = clock
  local reporter = warts.new(path, opts)
  if saved then reporter:restore(saved) end
  assert.is_true(reporter:start {})
  for _, result in ipairs(list) do assert.is_true(reporter:trace(result)) end
  return reporter
end

describe("the warts reporter", function()
  teardown(run.clean)

  it("begins with a list and a cycle, and ends with its stop", function()
    local path = run.dir() .. "/a.warts"
    assert.is_true(session(path, { list = "mine", list_id = 5, cycle = 9, description = "all of it",
      monitor = "ams", host = "box" }, RESULTS):finish {})
    assert.same({ "list 1", "cycle_start 1 1", "trace 1 1", "trace 1 1", "trace 1 1", "trace 1 1",
      "cycle_stop 1" }, contents(path))
    local file = assert(read.open(path))
    assert.same({ record = "list", id = 1, person = 5, name = "mine", description = "all of it",
      monitor = "ams" }, file:next().record)
    assert.same({ record = "cycle_start", id = 1, list = 1, person = 9, start = 1000000001,
      host = "box" }, file:next().record)
    assert.same({ "mine", 9, "ams" }, { file:next().list, file:next().cycle, file:next().monitor })
    file:close()
  end)

  it("makes a whole file without results", function()
    local path = run.dir() .. "/none.warts"
    assert.is_true(session(path, {}, {}):finish {})
    assert.same({ "list 1", "cycle_start 1 1", "cycle_stop 1" }, contents(path))
  end)

  for cycle, number in pairs { [7] = 7, ["9"] = 9, ["9a"] = 1, ["-1"] = 1, ["1.5"] = 1 } do
    it("takes the cycle of a campaign if it is a number: " .. cycle, function()
      local path = run.file("cycle", "")
      local reporter = warts.new(path, { overwrite = true })
      assert.is_true(reporter:start { cycle = cycle })
      assert.is_true(reporter:finish {})
      local records, found = assert(read.open(path)).source.records, nil
      for record in function() return (records:next()) end do
        if record.record == "cycle_start" then found = record.person end
      end
      assert.equal(number, found)
    end)
  end

  it("appends a list and a cycle with the next numbers", function()
    for _, name in ipairs { "b.warts", "b.warts.gz" } do
      local path = run.dir() .. "/" .. name
      for i = 1, 3 do assert.is_true(session(path, {}, { RESULTS[i] }):finish {}) end
      assert.same({ "list 1", "cycle_start 1 1", "trace 1 1", "cycle_stop 1", "list 2",
        "cycle_start 2 2", "trace 2 2", "cycle_stop 2", "list 3", "cycle_start 3 3", "trace 3 3",
        "cycle_stop 3" }, contents(path))
    end
  end)

  it("does not append to what is no whole warts file", function()
    for text, message in pairs { ["hello, world"] = "this is no warts record",
      [write.record({ record = "list", id = 1, person = 0, name = "a" }):sub(1, 9)] = "cut off" } do
      local path = run.file("foreign", text)
      local ok, problem, name = warts.new(path):start {}
      assert.same({ nil, "EBADMSG" }, { ok, name })
      assert.truthy(problem:find(message, 1, true), problem)
      assert.equal(text, bytes_of(path))
    end
  end)

  it("overwrites if it is told to", function()
    local path = run.file("old", "hello, world")
    assert.is_true(session(path, { overwrite = true }, {}):finish {})
    assert.equal(3, #contents(path))
  end)

  it("goes on with the cycle of the run that is resumed", function()
    for _, name in ipairs { "c.warts", "c.warts.gz" } do
      local path = run.dir() .. "/" .. name
      session(path, {}, { RESULTS[1] }):finish {}
      local reporter = session(path, {}, { RESULTS[2] })
      local data = assert(reporter:save())
      assert.same({ 2, 2 }, { data.list, data.cycle })
      reporter:trace(RESULTS[3])                   -- lost: the process is killed now
      reporter:update()
      reporter.sink.file.file:close()
      assert.is_true(session(path, {}, { RESULTS[4] }, data):finish {})
      assert.same({ "list 1", "cycle_start 1 1", "trace 1 1", "cycle_stop 1", "list 2",
        "cycle_start 2 2", "trace 2 2", "trace 2 2", "cycle_stop 2" }, contents(path))
      local file, last = assert(read.open(path)), nil
      for result in file:results() do last = result end
      file:close()
      assert.equal(RESULTS[4].dst, last.dst)
    end
  end)

  it("begins and ends each file when files rotate", function()
    local path = run.dir() .. "/d.warts"
    local reporter = warts.new(path, { rotate = { size = 4096 }, clock = clock })
    assert.is_true(reporter:start {})
    for i = 1, 40 do
      assert.is_true(reporter:trace(RESULTS[i % 4 + 1]))
      if i % 4 == 0 then assert.is_true(reporter:update()) end
    end
    assert.is_true(reporter:finish {})
    local traces, files = 0, 0
    for i = 1, 99 do
      local part = ("%s/d.%04d.warts"):format(run.dir(), i)
      if not io.open(part) then break end
      local list = contents(part)
      files, traces = files + 1, traces + #list - 3
      assert.same({ "list 1", "cycle_start 1 1", "cycle_stop 1" },
        { list[1], list[2], list[#list] })
    end
    assert.equal(40, traces)
    assert.is_true(files > 2)
  end)

  it("collects the results of a ping into one record", function()
    local path = run.dir() .. "/ping.warts"
    local function line(fields)
      fields.target, fields.dst = "web", "192.0.2.9"
      return fields
    end
    session(path, {}, {
      line { type = "ping_start", size = 84, start = 5.5, src = "192.0.2.1", protocol = "icmp",
        ttl = 64, tos = 8, count = 3, interval = "1.5s", timeout = "250ms" },
      line { type = "ping", seq = 1, addr = "192.0.2.9", rtt = 2.25, ttl = 60, size = 84, at = 1 },
      line { type = "ping", seq = 2, error = "no answer" },
      line { type = "ping", seq = 3, addr = "192.0.2.8", rtt = 1, ttl = 60, size = 56,
        error = "!H", reply = { icmp_type = 3, icmp_code = 1, protocol = "icmp", ip_id = 9,
          tos = 192 } },
      line { type = "ping_summary", sent = 3, received = 1, unanswered = 50 },
    }):finish {}
    local file = assert(read.open(path))
    file:next()
    file:next()
    local record = file:next()._warts
    file:close()
    assert.same({
      record = "ping", list = 1, cycle = 1, start = 5500000, stop_reason = 1, stop_data = 0,
      count = 3, probe_size = 84, wait = 1, wait_us = 500000, ttl = 64, sent = 3,
      src = "\1\192\0\2\1", dst = "\1\192\0\2\9", tos = 8, timeout = 0, timeout_us = 250000,
      replies = {
        { flags = 1, ttl = 60, size = 84, icmp = { 0, 0 }, rtt = 2250, probe_id = 0,
          addr = "\1\192\0\2\9", sent = 5501000 },
        { flags = 35, ttl = 60, size = 56, icmp = { 3, 1 }, rtt = 1000, probe_id = 2, ip_id = 9,
          addr = "\1\192\0\2\8", tos = 192 } },
    }, record)
  end)

  it("writes to a function, whole records each time", function()
    local pieces = {}
    local reporter = warts.new(function(text) pieces[#pieces + 1] = text return true end,
      { clock = clock })
    assert.is_true(reporter:start {})
    assert.is_true(reporter:trace(RESULTS[1]))
    assert.is_true(reporter:finish {})
    assert.equal(3, #pieces)
    assert.same({ "\18\5\0\1", "\18\5\0\6", "\18\5\0\4" },
      { pieces[1]:sub(1, 4), pieces[2]:sub(1, 4), pieces[3]:sub(1, 4) })
  end)

  it("says what is wrong with an option", function()
    for message, opts in pairs {
      ['report.warts: list must be a string of at most 1000 bytes, got 7'] = { list = 7 },
      ['report.warts: monitor must be a string of at most 1000 bytes, got "a?0b"'] = {
        monitor = "a\0b" },
      ['report.warts: cycle must be 0..4294967295, got -1'] = { cycle = -1 },
      ['report.warts: list_id must be 0..4294967295, got "x"'] = { list_id = "x" },
    } do
      local ok, got = pcall(warts.new, "x", opts)
      assert.is_false(ok)
      assert.equal(message:gsub("%?0", ""), (got:gsub("\\0+", ""):gsub("%?", "")))
    end
  end)

  it("says which file it was when the library fails", function()
    local reporter = session(run.dir() .. "/failed.warts", {}, {})
    local ok, message, name = reporter:trace { warts = function() return -err.code.EINVAL end }
    assert.same({ nil, "EINVAL" }, { ok, name })
    assert.truthy(message:find("/failed.warts", 1, true), message)
    assert.is_true(reporter:finish {})
  end)

  it("says what a result has that does not fit", function()
    local reporter = session(run.dir() .. "/e.warts", {}, {})
    local bad = require "mtr.record.result".of { type = "trace", protocol = "udp",
      multipath = "paris", dst = "192.0.2.9", target = "x", stop_reason = "completed",
      sport = 99999, hop_count = 0, hops = {} }
    local ok, message, name = reporter:trace(bad)
    assert.same({ nil, "EINVAL" }, { ok, name })
    assert.truthy(message:find "does not fit into warts", message)
    assert.is_true(reporter:finish {})
    assert.equal(3, #contents(run.dir() .. "/e.warts"))
  end)
end)
