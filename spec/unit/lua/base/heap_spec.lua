-- SPDX-License-Identifier: MIT
--
-- A heap against a sorted list.
local random = require "spec.support.harness.random"
local heap = require "mtr.base.heap"

describe("a heap", function()
  it("gives its elements in order, however they come and go", function()
    local r, model, h = random(7), {}, heap.new(function(a, b) return a < b end)
    for i = 1, 3000 do
      if r(3) < 2 and i < 2500 then
        local element = r(1000) + i / 10000
        h:push(element)
        model[#model + 1] = element
        table.sort(model)
      else
        assert.equal(table.remove(model, 1), h:pop())
      end
      assert.equal(#model, h.n)
    end
    while h.n > 0 do assert.equal(table.remove(model, 1), h:pop()) end
    assert.is_nil(h:pop())
    assert.equal(0, #model)
    assert.same({}, { unpack(h) })
  end)
end)
