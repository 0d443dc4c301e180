-- SPDX-License-Identifier: MIT
--
-- Entries in the stream of results that others have put there, or that are damaged. Each of them
-- stopped the drain, and every later one: it ended at them, or waited for a part that never came.
local fleets = require "spec.support.real.fleet"
local run = require "spec.support.harness.run"

describe("a drain passes over", function()
  local fleet = fleets.each(before_each, after_each)
  local lines

  before_each(function()
    fleet:good("submit", "s --lease 4 --prefix 1.0.0.0/28")
  end)

  -- Puts a file there as the results of an entry.
  local function add(lease, part, path)
    return fleet:redis(("-x XADD mtr:fleet:{s}:results '*' lease %s point x worker x part %s "
      .. "targets 0 failed 0 complaints '' results <%s"):format(lease, part, path or "/dev/null"))
  end

  -- Drains: all results of the worker are written, and nothing is left; what it says.
  local function drained(words)
    local out = run.dir() .. "/out"
    local got = fleet:run("drain", ("s -o jsonl=%s --state %s/state %s"):format(out, run.dir(),
      words or ""))
    local n, count = fleets.dsts(run.records(run.read(out)))
    assert.equal(16, n)
    for _, times in pairs(count) do assert.equal(1, times) end
    assert.equal("0", fleet:redis "XLEN mtr:fleet:{s}:results")
    assert.equal(0, fleet:field("s", "bytes"))
    lines = got.err
    return got.status
  end

  local function says(text) assert.truthy(lines:find(text, 1, true), lines) end

  it("a part without the others, and a lease without its last parts", function()
    add(77, "2/2")
    add(78, "1/2")
    fleet:good("work", "--name ams --once")
    add(79, "1/3")
    assert.equal(1, drained())
    says "3 entries could not be read and are in no output; the first: mtr:fleet:{s}:results "
    says ": lease 77 of x has no part 1 of 2"
    assert.equal(0, drained())         -- the state says that it is done
  end)

  it("entries of others", function()
    fleet:redis "XADD mtr:fleet:{s}:results '*' foreign x"
    fleet:good("work", "--name ams --once")
    add(-1, "1/1")
    add(1, "2/1")
    assert.equal(1, drained())
    says "3 entries could not be read"
    says ": this is no entry of a fleet"
  end)

  it("an entry that is larger than what is taken, and takes large ones one by one", function()
    local function large(lease, size)
      fleet:redis(("EVAL \"redis.call('SETRANGE', 'blob', %d, 'x') redis.call('XADD', KEYS[1], "
        .. "'*', 'lease', '%d', 'point', 'x', 'part', '1/1', 'results', redis.call('GET', 'blob')) "
        .. "redis.call('DEL', 'blob')\" 1 mtr:fleet:{s}:results"):format(size - 1, lease))
    end
    fleet:redis "CONFIG SET appendonly no"
    large(81, 70000000)
    large(82, 300000000)
    fleet:good("work", "--name ams --once")
    for lease = 83, 84 do large(lease, 70000000) end
    assert.equal(1, drained())
    says "3 lines and 1 entry could not be read"
  end)

  it("lines that are no results, as many as there are", function()
    local bad = run.dir() .. "/bad"
    run.run("yes x | head -n 1000000 >" .. bad)
    fleet:good("work", "--name ams --once")
    add(80, "1/1", bad)
    assert.equal(1, drained())
    says "fleet: 1000000 lines could not be read and are in no output; the first: EBADMSG: "
    says "line 1: this is not JSON"
  end)
end)
