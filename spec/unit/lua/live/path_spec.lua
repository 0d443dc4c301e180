-- SPDX-License-Identifier: MIT
--
-- What live knows of a target, fed with replies and timeouts.
local live_paths = require "spec.support.virtual.live_paths"

local probe = live_paths.probe

describe("a path", function()
  local path
  before_each(function()
    path = live_paths.new("web.example", { "10.0.0.1", "10.0.0.2", "203.0.113.9" }, 10)
  end)

  it("has statistics, history and the address of each hop", function()
    assert.same({ 3, 3 }, { path:length(), path:heard() })
    for ttl, addr in ipairs { "10.0.0.1", "10.0.0.2", "203.0.113.9" } do
      assert.same({ addr, 10, ttl }, { path.hops[ttl].route.addr, path.stats:hop(ttl).received,
        path.hops[ttl].history:at(7) })
    end
  end)

  it("says which hop and round an answer belongs to", function()
    local hop, round, changed = probe(path, 2, 11, "10.0.0.2")
    assert.same({ path.hops[2], 11, false }, { hop, round, changed })
    hop, round = probe(path, 2, 12, false)
    assert.same({ path.hops[2], 12, false }, { hop, round, path.hops[2].history:at(12) })
  end)

  it("counts duplicates and late replies, and does not show them", function()
    for _, kind in ipairs { "dup", "late", "ignored", "too_big" } do
      assert.is_nil((probe(path, 2, 11, "10.0.0.9", { [kind] = true })))
    end
    assert.is_nil(path.hops[2].history:at(11))
    assert.same({}, path.hops[2].route:others())
    assert.equal(10, path.stats:hop(2).received)
  end)

  it("knows of no hop behind the target, also when the target was silent", function()
    for round = 11, 13 do
      probe(path, 3, round, false)
      assert.is_nil((probe(path, 4, round, false)))
    end
    assert.same({ 3, 3, 13 }, { path:length(), path:heard(), path.stats:hop(3).sent })
    probe(path, 4, 14, "203.0.113.9", { final = true })
    assert.equal(3, path:length())
  end)

  it("becomes longer when the target answers only from further away", function()
    for round = 11, 18 do probe(path, 3, round, false) end
    probe(path, 4, 18, "203.0.113.9", { final = true })
    assert.same({ 4, 4 }, { path:length(), path:heard() })
    probe(path, 3, 19, "203.0.113.9", { final = true })
    assert.equal(3, path:length())
  end)

  it("notes when it has changed", function()
    path.clock = 2e9
    for round = 11, 13 do probe(path, 2, round, "10.0.0.7") end
    assert.same({ at = 2e9, ttl = 2 }, path.changed)
    assert.equal("10.0.0.7", path.hops[2].route.addr)
  end)

  it("remembers the mark of an unreachable, until another answer comes", function()
    probe(path, 2, 11, "10.0.0.2", { unreach = true, icmp_type = 3, icmp_code = 13 })
    assert.equal("!X", path.hops[2].mark)
    probe(path, 2, 12, "10.0.0.2", { icmp_type = 11, icmp_code = 0 })
    assert.is_nil(path.hops[2].mark)
  end)

  it("forgets all by a reset, and counts rounds from there", function()
    path:reset()
    assert.same({ 0, 0, {}, 10 }, { path:length(), path:heard(), path.hops, path.since })
  end)
end)
