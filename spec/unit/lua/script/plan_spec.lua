-- SPDX-License-Identifier: MIT
--
-- What a campaign would send, in words.
local plan = require "mtr.script.plan"

describe("a plan", function()
  it("counts targets and probes, and says how long they take", function()
    assert.equal([[
targets: 34, first 192.0.2.1, name.example, 198.51.100.0
probes: about 1088 if paths have 16 hops, at most 40 to each target
time: about 109 s at 10 probes/s
]], plan.of { targets = { "192.0.2.1", "name.example", "198.51.100.0/27" }, rate = "10/s",
      trace = { queries = 2, max_ttl = 10 } })
  end)

  it("knows no time without a rate, and no target of an empty list", function()
    assert.equal([[
targets: 0
wrong: 1, first: EINVAL: "300.1.2.3" is not an IPv4 or IPv6 address
probes: about 0 if paths have 16 hops, at most 60 to each target
time: not known without a rate
]], plan.of { targets = { "300.1.2.3" } })
  end)

  it("counts no more than a million", function()
    local text = plan.of { targets = { "10.0.0.0/8" }, rate = 1000 }
    assert.truthy(text:find "^targets: at least 1000000, first 10%.0%.0%.0, 10")
    assert.truthy(text:find("time: about at least 4.4 h at 1000 probes/s", 1, true))
  end)

  it("says what is wrong with targets", function()
    assert.has_error(function() plan.of { targets = 7 } end,
      "plan: targets must be a list or an iterator of strings, got 7")
  end)
end)
