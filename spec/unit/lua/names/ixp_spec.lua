-- SPDX-License-Identifier: MIT
--
-- Files of exchange points.
local ixp = require "mtr.names.ixp"
local run = require "spec.support.harness.run"

describe("a file of exchange points", function()
  teardown(run.clean)

  it("has a name for each prefix, safe to print", function()
    local set = assert(ixp.load(run.file("ixp", "# all\n192.0.2.0/24  EXAMPLE-IX Berlin # x\n"
      .. "\n2001:db8:7::/48 SIX\27[1m\n198.51.100.0/24\n")))
    assert.same({ "EXAMPLE-IX Berlin", "192.0.2.0/24" }, { set:lookup "192.0.2.200" })
    assert.same({ "SIX?[1m", "2001:db8:7::/48" }, { set:lookup "2001:db8:7::1" })
    assert.equal("IXP", set:lookup "198.51.100.1")
    assert.is_nil(set:lookup "192.0.3.1")
  end)

  it("says where it is wrong, or why it cannot be read", function()
    local path = run.file("bad", "192.0.2.0/24 A\n\nnonsense B\n")
    local set, message, name = ixp.load(path)
    assert.is_nil(set)
    assert.equal("EINVAL", name)
    assert.equal(('EINVAL: %s, line 3: "nonsense" is not a prefix such as 192.0.2.0/24 or '
      .. '2001:db8::/120'):format(path), message)
    assert.equal("ENOENT", select(3, ixp.load(run.dir() .. "/missing")))
  end)
end)
