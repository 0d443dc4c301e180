-- SPDX-License-Identifier: MIT
--
-- The latest outcomes of a hop, by round.
local history = require "mtr.live.history"

describe("a history", function()
  it("has outcomes at their rounds, in whatever order they come", function()
    local h = history.new()
    h:add(1, 5)
    h:add(4, 8)
    h:add(2, false)
    assert.same({ 5, false, "none", 8, 4 }, { h:at(1), h:at(2), h:at(3) == nil and "none", h:at(4),
      h.last })
  end)

  it("forgets old rounds, and does not give them for new ones", function()
    local h = history.new()
    for round = 1, 2000 do h:add(round, round) end
    assert.is_nil(h:at(1))
    assert.equal(2000, h:at(2000))
    assert.equal(1800, h:at(1800))
    assert.is_nil(h:at(2000 + 512))
    local n = 0
    for _ in pairs(h.value) do n = n + 1 end
    assert.equal(512, n)
  end)
end)
