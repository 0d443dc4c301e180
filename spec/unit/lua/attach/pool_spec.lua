-- SPDX-License-Identifier: MIT
--
-- Turns of sources that have more commands than there is room for.
local pool = require "mtr.attach.pool"

-- A source that has always commands, and counts its turns.
local function endless(priority)
  return { priority = priority, pass = 0, turns = 0, open = true,
    ready = function(self) return self.open end,
    start = function(self) self.turns = self.turns + 1 end }
end

describe("a pool", function()
  it("keeps to its window", function()
    local p, source = pool.new(nil, 3), endless(1)
    p:join(source)
    p:fill()
    assert.same({ 3, 3 }, { source.turns, p.under_way })
    p:ended()
    assert.same({ 4, 3 }, { source.turns, p.under_way })
    source.open = false
    p:ended()
    assert.same({ 4, 2 }, { source.turns, p.under_way })
  end)

  it("gives turns in proportion to priorities", function()
    local p, one, three = pool.new(nil, 1), endless(1), endless(3)
    p:join(one)
    p:join(three)
    p:fill()
    for _ = 1, 399 do p:ended() end
    assert.same({ 100, 300 }, { one.turns, three.turns })
  end)

  it("lets a source that comes late or was idle not catch up", function()
    local p, old, new = pool.new(nil, 1), endless(1), endless(1)
    p:join(old)
    p:fill()
    for _ = 1, 99 do p:ended() end
    p:join(new)
    for _ = 1, 100 do p:ended() end
    assert.same({ 150, 50 }, { old.turns, new.turns })
  end)

  it("goes on with those that are left, one or several", function()
    local p, list = pool.new(nil, 1), { endless(1), endless(1), endless(1) }
    local function turns(n)
      for _, source in ipairs(list) do source.turns = 0 end
      for _ = 1, n do p:ended() end
      return { list[1].turns, list[2].turns, list[3].turns }
    end
    for _, source in ipairs(list) do p:join(source) end
    p:fill()
    assert.same({ 3, 3, 3 }, turns(9))
    p:leave(list[2])
    assert.same({ 4, 0, 4 }, turns(8))
    p:leave(list[1])
    assert.same({ 0, 0, 5 }, turns(5))
    p:join(list[2])
    assert.same({ 0, 4, 4 }, turns(8))
    p:leave(list[2])
    p:leave(list[3])
    assert.same({ 0, 0, 0 }, turns(1))
  end)

  it("asks a source that has left no more", function()
    local p, source = pool.new(nil, 1), endless(1)
    p:join(source)
    p:fill()
    p:leave(source)
    p:ended()
    assert.same({ 1, 0 }, { source.turns, p.under_way })
  end)
end)
