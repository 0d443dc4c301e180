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

  it("says when its results are too large to be handed in", function()
    local lease = assert(read("lease", "7", "targets", "1.0.0.1"))
    lease.failed, lease.gather = 0, { count = 1, take = function()
      return { { bytes = "", size = 2 ^ 27 }, { bytes = "", size = 2 ^ 27 + 1 } }
    end }
    local ok, message, name = lease:finish { name = "a", point = "a" }
    assert.same({ nil, "EMSGSIZE" }, { ok, name })
    assert.equal("EMSGSIZE: campaign s: the results of lease 7 have 256 MiB; at most 256 can be "
      .. "handed in: submit with a smaller --lease", message)
  end)
end)
