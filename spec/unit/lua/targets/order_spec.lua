-- SPDX-License-Identifier: MIT
--
-- Orders: which number of the source comes at which place.
local Order = require "mtr.targets.order"

local function all(order)
  local list = {}
  for place = 0, order.size - 1 do list[#list + 1] = order.at(place) end
  return list
end

describe("an order", function()
  it("without steps is that of the source", function()
    local order = Order.new({}, 4)
    assert.same({ 0, 1, 2, 3 }, all(order))
    assert.equal(0, order.steps)
    assert.equal(math.huge, Order.new({}, math.huge).size)
  end)

  it("takes each n-th for a shard, also of shards", function()
    assert.same({ 1, 4 }, all(Order.new({ { kind = "shard", a = 2, b = 3 } }, 7)))
    assert.same({ 0, 3, 6 }, all(Order.new({ { kind = "shard", a = 1, b = 3 } }, 7)))
    assert.same({}, all(Order.new({ { kind = "shard", a = 3, b = 3 } }, 2)))
    assert.same({ 5 }, all(Order.new({ { kind = "shard", a = 2, b = 2 },
      { kind = "shard", a = 3, b = 4 } }, 12)))
    assert.equal(math.huge, Order.new({ { kind = "shard", a = 2, b = 3 } }, math.huge).size)
  end)

  it("cuts where take stands", function()
    local take, shard = { kind = "take", a = 4 }, { kind = "shard", a = 2, b = 2 }
    assert.same({ 1, 3 }, all(Order.new({ take, shard }, 100)))
    assert.same({ 1, 3, 5, 7 }, all(Order.new({ shard, take }, 100)))
    assert.same({ 1, 3, 5, 7 }, all(Order.new({ shard, take }, math.huge)))
    assert.equal(3, Order.new({ take }, 3).size)
  end)

  it("shuffles what the steps before it left", function()
    for _, steps in ipairs {
      { { kind = "shuffle", a = 3 } }, { { kind = "shuffle", a = 3 }, { kind = "shuffle", a = 4 } },
      { { kind = "take", a = 40 }, { kind = "shuffle", a = 3 } },
      { { kind = "shard", a = 2, b = 5 }, { kind = "shuffle", a = 3 } },
    } do
      local plain = { unpack(steps) }
      for i = #plain, 1, -1 do
        if plain[i].kind == "shuffle" then table.remove(plain, i) end
      end
      local got, want = all(Order.new(steps, 101)), all(Order.new(plain, 101))
      assert.not_same(want, got)
      table.sort(got)
      assert.same(want, got)
    end
  end)
end)
