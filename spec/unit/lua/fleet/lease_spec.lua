-- SPDX-License-Identifier: MIT
--
-- A lease at a worker: how its entry is read, and results that are too large.
local leases = require "mtr.fleet.lease"

local CAMPAIGN = { name = "s", group = "all", seats = 1, most_bytes = 1e9 }

local function read(...) return leases.read(CAMPAIGN, { "1-1", { ... } }) end

describe("a lease", function()
  it("is read from its entry", function()
    local lease = assert(read("lease", "7", "count", "2", "targets", "1.0.0.1\n1.0.0.2"))
    assert.same({ "1-1", 7, { "1.0.0.1", "1.0.0.2" } }, { lease.id, lease.number, lease.targets })
  end)

  it("has a number and targets", function()
    for _, fields in ipairs { {}, { "lease", "x", "targets", "a" }, { "lease", "1" },
      { "lease", "1", "targets", "\n" } } do
      local lease, message = read(unpack(fields))
      assert.is_nil(lease)
      assert.equal("mtr:fleet:{s}:leases: the entry 1-1 is no lease of this version", message)
    end
  end)

  -- A worker that keeps what a lease says and hands in.
  local function keeper()
    local self = { name = "a", point = "a", said = {}, link = {} }
    function self.notify(_, about, message) self.said[#self.said + 1] = about .. " " .. message end
    function self.link.call(_, words)
      self.words = words
      return 1
    end
    return self
  end

  it("counts its targets as failed if its results are too large to be handed in", function()
    local lease = assert(read("lease", "7", "targets", "1.0.0.1\n1.0.0.2"))
    local released = false
    lease.gather = { count = 2, take = function()
      return { { bytes = "", size = 2 ^ 27 }, { bytes = "", size = 2 ^ 27 + 1 } }
    end, release = function() released = true end }
    local worker = keeper()
    assert.is_true(lease:finish(worker))
    assert.is_true(released)
    local why = "lease 7: its results have 256 MiB; at most 256 can be handed in: submit with a "
      .. "smaller --lease"
    assert.same({ "s campaign s: " .. why }, worker.said)
    -- EVAL, the script, the number of keys, 4 keys; group worker id most-bytes points lease point
    -- targets failed complaints part.
    local words = worker.words
    assert.same({ "all", "a", "1-1", 1e9, 1, 7, "a", 0, 2, why }, { unpack(words, 8, 17) })
    assert.same({ 0, 18 }, { words[18].size, #words })
    lease:release()
  end)

  it("that has no targets can be handed in as failed, if it has a number", function()
    local _, message, empty = read("lease", "7", "count", "3")
    assert.equal(3, empty:count())
    assert.is_true(empty:finish(keeper()))
    assert.equal("lease 7: " .. message, empty.complaints)
    empty:release()
    for _, fields in ipairs { {}, { "lease", "0" }, { "lease", "1.5" }, { "lease", "1e300" } } do
      assert.is_nil((select(3, read(unpack(fields)))))
    end
  end)
end)
