-- SPDX-License-Identifier: MIT
--
-- mtr.prefixes, the tables of prefixes that users may make.
local mtr = require "mtr"
local run = require "spec.support.harness.run"

describe("mtr.prefixes", function()
  teardown(run.clean)

  it("finds the longest prefix that contains an address", function()
    local set = mtr.prefixes.new()
    assert(set:add("192.0.2.0/24", "office"))
    assert(set:add("192.0.2.128/25", "lab"))
    assert(set:add("2001:db8::/32", 6))
    assert.same({ "office", "192.0.2.0/24" }, { set:lookup "192.0.2.7" })
    assert.same({ "lab", "192.0.2.128/25" }, { set:lookup "192.0.2.200" })
    assert.same({ 6, "2001:db8::/32" }, { set:lookup "2001:db8::9" })
    assert.same({}, { set:lookup "192.0.3.1" })
    assert.same({}, { set:lookup "nonsense" })
  end)

  it("reads lists and files", function()
    assert.same({ "10.0.0.0/8", "10.0.0.0/8" },
      { assert(mtr.prefixes.load { "10.0.0.0/8" }):lookup "10.1.1.1" })
    local set = assert(mtr.prefixes.load(run.file("list", "# all\n192.0.2.0/24\n")))
    assert.equal("192.0.2.0/24", set:lookup "192.0.2.1")
    set = assert(mtr.prefixes.pfx2as(run.file("pfx", "192.0.2.0\t24\t64500\n")))
    assert.same({ "64500", "192.0.2.0/24" }, { set:lookup "192.0.2.1" })
  end)

  it("says what is wrong", function()
    assert.equal("EINVAL", select(3, mtr.prefixes.load { "nonsense" }))
    assert.equal("ENOENT", select(3, mtr.prefixes.load(run.dir() .. "/missing")))
    assert.equal("ENOENT", select(3, mtr.prefixes.pfx2as(run.dir() .. "/missing")))
    assert.has_error(function() mtr.prefixes.load(7) end)
  end)
end)
