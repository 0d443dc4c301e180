-- SPDX-License-Identifier: MIT
--
-- Tasks side by side whose calls are made in order.
local mtr = require "mtr"
local Turns = require "mtr.script.turns"

-- Runs fn(turns, i, say) for each of a list; what they said, and whether all was well.
local function run(list, fn)
  local said, turns, well = {}, Turns.new(), nil
  mtr.go(function()
    well = turns:run(list, function(i, item)
      return fn(turns, i, function(text)
        turns:call(i, function(a, b) said[#said + 1] = a .. b end, item, text)
      end)
    end)
  end)
  mtr.run()
  return table.concat(said, " "), well
end

describe("turns", function()
  it("order the calls of tasks that end in another order", function()
    local before, ended = { mtr.semaphore(0), mtr.semaphore(0) }, {}
    local said, well = run({ "a", "b", "c" }, function(_, i, say)
      say "1"
      if before[i] then before[i]:acquire() end
      say "2"
      if i > 1 then before[i - 1]:release() end
      ended[#ended + 1] = i
      return true
    end)
    assert.equal("a1 a2 b1 b2 c1 c2", said)
    assert.is_true(well)
    assert.same({ 3, 2, 1 }, ended)
  end)

  it("make the calls of the next task at once", function()
    local calls = {}
    run({ "a", "b" }, function(turns, i)
      turns:call(i, function() calls[#calls + 1] = i end)
      if i == 1 then assert.same({ 1 }, calls) end
      return true
    end)
    assert.same({ 1, 2 }, calls)
  end)

  it("return whether all was well, and go on when it was not", function()
    for _, bad in ipairs { false, "raise" } do
      local said, well = run({ "a", "b", "c" }, function(_, i, say)
        say(i)
        if i == 2 and bad == "raise" then error "oh no" end
        return i ~= 2
      end)
      assert.same({ "a1 b2 c3", false }, { said, well })
    end
  end)

  it("of no task are well", function()
    assert.same({ "", true }, { run({}, function() end) })
  end)
end)
