-- SPDX-License-Identifier: MIT
--
-- The bounded cache of answers.
local cache = require "mtr.names.cache"

describe("a cache of names", function()
  local now
  local function clock() return now end
  before_each(function() now = 1000 end)

  it("keeps an entry as long as it may be believed", function()
    local c = cache.new(10, clock)
    local value = {}
    c:put("a", value, 5)
    now = 1004
    assert.equal(value, c:get "a")
    now = 1005
    assert.is_nil(c:get "a")
    c:put("a", value, 0)
    assert.is_nil(c:get "a")
    c:put("a", value, 2)
    assert.equal(value, c:get "a")
  end)

  it("forgets what was not read for long, and keeps what is read", function()
    local c = cache.new(100, clock)
    c:put("kept", "x", 99)
    for i = 1, 1000 do
      c:put(i, i, 99)
      assert.equal("x", c:get "kept")
    end
    local left = 0
    for i = 1, 1000 do left = left + (c:get(i) and 1 or 0) end
    assert.is_true(left <= 100 and left >= 49)
    assert.is_nil(c:get(1))
  end)

  it("does not lengthen the life of an entry that is read", function()
    local c = cache.new(4, clock)
    c:put("a", "x", 10)
    for i = 1, 3 do c:put(i, i, 99) end
    now = 1009
    assert.equal("x", c:get "a")
    now = 1010
    assert.is_nil(c:get "a")
  end)

  it("can be emptied", function()
    local c = cache.new(4, clock)
    for i = 1, 4 do c:put(i, i, 99) end
    c:clear()
    for i = 1, 4 do assert.is_nil(c:get(i)) end
  end)
end)
