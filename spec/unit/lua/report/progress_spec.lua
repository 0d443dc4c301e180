-- SPDX-License-Identifier: MIT
--
-- The reporter that shows how far a campaign is.
local progress = require "mtr.report.progress"
local results = require "spec.support.virtual.results"

-- An engine whose clock and counters are set by the spec.
local function engine()
  return { c = true, time = 0, replies = 0, timeouts = 0,
    now = function(self) return self.time end,
    stats = function(self) return { replies = self.replies, timeouts = self.timeouts } end }
end

local function set(e, time, replies, timeouts)
  e.time, e.replies, e.timeouts = time, replies, timeouts
end

describe("the progress reporter", function()
  it("shows bar, rate, time left and unanswered share on a terminal", function()
    local out, text = results.collector()
    local e = engine()
    local reporter = progress.new(out, { total = 200, terminal = true, color = false })
    assert(reporter:start { engine = e })
    set(e, 10000, 75, 25)
    assert(reporter:update { traces = 48, failed = 2, probes = 1000 })
    assert.equal("\r\27[K[#####...............]  25%  50 of 200  100 probes/s  30 s left  "
      .. "25.0% unanswered  2 failed", text())
    set(e, 11000, 75, 25)
    assert(reporter:finish { traces = 198, failed = 2, probes = 1500 })
    assert.equal("\r\27[K[####################] 100%  200 of 200  500 probes/s  "
      .. "25.0% unanswered  2 failed\n", text():match "failed(\r.*)$")
  end)

  it("writes plain lines, not each second, where there is no terminal", function()
    local out, text = results.collector()
    local reporter = progress.new(out)
    assert(reporter:start { engine = engine() })
    for i = 1, 21 do assert(reporter:update { traces = i, failed = 0, probes = i }) end
    assert.equal("1 targets done\n11 targets done\n21 targets done\n", text())
  end)

  it("tells about how many targets there are by the part of the list that was taken", function()
    local out, text = results.collector()
    local e, share = engine(), nil
    local reporter = progress.new(out, { terminal = true, color = false })
    assert(reporter:start { engine = e, share = function() return share end })
    local function shows(part, traces, expected)
      share, e.time = part, e.time + 10000
      assert(reporter:update { targets = traces + 10, traces = traces, failed = 0, probes = 0 })
      local line = text():match "[^\r]*$"
      assert(line:find(expected, 1, true), line)
    end
    shows(nil, 40, "K40 targets done")
    shows(0.25, 90, "] ".. " 22%  90 of about 400  0 probes/s  69 s left")
    shows(1, 100, "90%  100 of 110  ")
  end)

  it("counts what the runs before have seen", function()
    local first, e = progress.new(), engine()
    assert(first:start { engine = e })
    set(e, 1000, 30, 10)
    assert.same({ answered = 30, silent = 10, ended = 0, probes = 0 }, first:save())
    local out, text = results.collector()
    local second = progress.new(out, { total = 100 })
    second:restore { answered = 30, silent = 10, ended = 40, probes = 400 }
    set(e, 0, 0, 0)
    assert(second:start { engine = e })
    set(e, 1000, 30, 10)
    assert(second:update { traces = 50, failed = 0, probes = 500 })
    assert.equal("[##########..........]  50%  50 of 100  100 probes/s  5 s left  "
      .. "25.0% unanswered\n", text())
  end)

  it("uses colour unless NO_COLOR is set", function()
    for value, want in pairs { [""] = true, ["1"] = false } do
      local getenv = stub(os, "getenv").returns(value)
      local out, text = results.collector()
      local reporter = progress.new(out, { total = 2, terminal = true })
      getenv:revert()
      assert(reporter:start {})
      assert(reporter:update { traces = 1, failed = 0, probes = 1 })
      assert.equal(want, text():find("\27[32m", 1, true) ~= nil)
    end
  end)

  it("shows a campaign", function()
    local out, text = results.collector()
    local summary = results.campaign({ progress.new(out, { total = 5 }) }, { rate = 20 })
    assert.equal(5, summary.traces)
    assert.truthy(text():find("\n%[####################%] 100%%  5 of 5  %d+ probes/s  "
      .. "[%d.]+%% unanswered\n$"), text())
  end)

  it("takes a function or nothing", function()
    assert.has_error(function() progress.new "file" end,
      'report.progress: the output must be a function or nothing, got "file"')
  end)
end)
