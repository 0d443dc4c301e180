-- SPDX-License-Identifier: MIT
--
-- The reporter of the strategy pmtu's results.
local pmtu = require "mtr.report.pmtu"

local function written(found, target, reason)
  local out = ""
  local reporter = pmtu.new(function(text) out = out .. text return true end)
  assert.is_true(reporter:start())
  assert.is_true(reporter:trace { target = target or "web", dst = "192.0.2.9", pmtu = found,
    stop_reason = reason })
  assert.is_true(reporter:finish())
  return out
end

describe("the pmtu reporter writes", function()
  for name, case in pairs {
    ["silence"] = { { limits = {} }, "web (192.0.2.9): nothing came back\n" },
    ["a path without limits"] = { { mtu = 1500, complete = true, limits = {} },
      "web (192.0.2.9): path mtu 1500\n" },
    ["who limits it, and whether they say to what"] = { { mtu = 1300, complete = true, limits = {
      { size = 9000 }, { addr = "192.0.2.1", size = 1500, mtu = 1400 },
      { addr = "192.0.2.2", size = 1400 } } },
      "web (192.0.2.9): path mtu 1300\n  this host does not pass 9000 bytes\n"
        .. "  192.0.2.1 does not pass 1500 bytes, reports 1400\n"
        .. "  192.0.2.2 does not pass 1400 bytes\n" },
    ["a black hole"] = { { mtu = 1380, complete = true, blackhole = true, limits = {} },
      "web (192.0.2.9): path mtu 1380, black hole\n" },
    ["a target that is silent"] = { { mtu = 1500, ttl = 4, limits = {} },
      "web (192.0.2.9): path mtu 1500, as far as hop 4: the target is silent\n" },
  } do
    it(name, function() assert.equal(case[2], written(case[1])) end)
  end

  it("what it knows of a trace that did not end by itself", function()
    assert.equal("web (192.0.2.9): nothing came back\n", written(nil, nil, "halted"))
    assert.equal("web (192.0.2.9): not done, path mtu at least 68, as far as hop 3\n",
      written({ ttl = 3, passed = 68, complete = false, limits = {} }, nil, "halted"))
    assert.equal("web (192.0.2.9): not done, path mtu at least 1000\n",
      written({ ttl = 3, passed = 1000, complete = true, limits = {} }, nil, "halted"))
    assert.equal("web (192.0.2.9): no path mtu, a routing loop at hop 5\n",
      written({ ttl = 5, passed = 68, complete = false, limits = {} }, nil, "loop"))
  end)

  it("a name with control characters", function()
    assert.equal("w?[0m? (192.0.2.9): nothing came back\n", written({ limits = {} }, "w\27[0m\n"))
  end)
end)
