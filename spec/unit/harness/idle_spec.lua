-- SPDX-License-Identifier: MIT
--
-- The idle share of the processors' time, from what Linux says in /proc/stat.
local idle = require "spec.support.harness.idle"

-- A meter over these lines, one for each look.
local function meter(lines)
  local look = 0
  return idle.meter(function()
    look = look + 1
    return lines[look]
  end)
end

describe("the idle share of the processors", function()
  it("is that of the time since the last look", function()
    local share = meter { "cpu  100 0 100 800 0 0 0 0 0 0", "cpu  150 0 120 830 0 0 0 0 0 0",
      "cpu  150 0 120 930 0 0 0 0 0 0" }
    assert.equal(0.3, share())
    assert.equal(1, share())
  end)

  it("counts waiting for a disk as idle, and a guest's time once", function()
    local share = meter { "cpu  0 0 0 0 0 0 0 0 0 0", "cpu  10 10 10 10 20 10 10 20 10 10" }
    assert.equal(0.3, share())
  end)

  it("is none before any time has passed, and where nobody can tell", function()
    local line = "cpu  100 0 100 800 0 0 0 0 0 0"
    assert.equal(0, meter { line, line }())
    assert.equal(0, meter {}())
  end)

  it("can be told of this machine", function()
    local all, part = idle.ticks(assert(io.open "/proc/stat"):read "*l")
    assert.is_true(all > 0 and part >= 0 and part <= all)
  end)
end)
