-- SPDX-License-Identifier: MIT
--
-- Which address answers at a hop: changes of the path, and alternatives that are none.
local random = require "spec.support.harness.random"
local route = require "mtr.live.route"

-- Takes addresses, one letter each, of one flow. Returns the numbers of answers that were a change.
local function feed(r, letters, flow, now)
  local changes = {}
  for i = 1, #letters do
    if r:add(flow or 0, letters:sub(i, i), now or i) then changes[#changes + 1] = i end
  end
  return changes
end

describe("a route", function()
  for _, case in ipairs {
    { "a path that stays", "aaaaaaaaaaaaaaaa", {}, "a", {} },
    { "another address once", "aaaaaaaabaaaaaaaa", {}, "a", { "b" } },
    { "another address from now on", "aaaaaaaabbbbbb", { 11 }, "b", {} },
    { "a way there and back", "aaaaaaaabbbbbbbbbaaaa", { 11, 20 }, "a", {} },
    { "packets balanced one by one", "abababababababababab", {}, "a", { "b" } },
    { "packets balanced over three", "abcabcabcabcabc", {}, "a", { "b", "c" } },
    { "another address after too few of one", "aaabbbbb", {}, "b", { "a" } },
    { "a path that is not settled yet", "aaaaaabb", {}, "a", { "b" } },
  } do
    local what, letters, changes, addr, others = unpack(case)
    it(("sees in %s %d changes"):format(what, #changes), function()
      local r = route.new()
      assert.same(changes, feed(r, letters))
      assert.equal(addr, r.addr)
      assert.same(others, r:others())
    end)
  end

  it("says when and from where the path has changed", function()
    local r = route.new()
    feed(r, "aaaaaa", 0, 100)
    feed(r, "bbb", 0, 200)
    assert.same({ from = "a", to = "b", at = 200 }, r.change)
  end)

  it("does not take the flows of a load balancer for changes", function()
    local r, changes = route.new(), 0
    for _ = 1, 50 do
      for flow = 1, 4 do
        if r:add(flow, flow % 2 == 0 and "a" or "b", 0) then changes = changes + 1 end
      end
    end
    assert.equal(0, changes)
    assert.same({ "a" }, r:others())
  end)

  it("does not call it a change when a flow moves to a known alternative", function()
    local r = route.new()
    for _ = 1, 10 do
      r:add(1, "a", 0)
      r:add(2, "b", 0)
    end
    for _ = 1, 10 do
      assert.is_false(r:add(1, "b", 0))
      assert.is_false(r:add(2, "b", 0))
    end
    assert.equal("b", r.addr)
  end)

  it("forgets an alternative that answers no more", function()
    local r = route.new()
    feed(r, "aaaaabaaaa")
    assert.same({ "b" }, r:others())
    feed(r, ("a"):rep(20))
    assert.same({}, r:others())
  end)

  it("sees hardly ever a change in packets that are balanced at random", function()
    local r, draw, changes = route.new(), random(7), 0
    for i = 1, 100000 do
      if r:add(0, draw(2) == 1 and "a" or "b", i) then changes = changes + 1 end
    end
    assert.is_true(changes <= 1, changes .. " changes")
  end)
end)
