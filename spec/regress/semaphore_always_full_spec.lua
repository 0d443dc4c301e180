-- SPDX-License-Identifier: MIT
--
-- A semaphore for which tasks always waited kept a place in its queue for each task that had ever
-- waited: memory grew as long as the program ran.
local mtr = require "mtr"

describe("a semaphore for which tasks always wait", function()
  it("keeps no place of those that wait no more, and their order", function()
    local semaphore, order, longest = mtr.semaphore(1), {}, 0
    local function worker(name)
      for _ = 1, 2000 do
        semaphore:acquire()
        order[#order + 1] = name
        mtr.sleep(0)
        semaphore:release()
        longest = math.max(longest, #semaphore.queue)
      end
    end
    local engine = assert(mtr.engine { sim = mtr.sim.internet { seed = 1, prefixes = 10 } })
    for name = 1, 3 do mtr.go(worker, name) end
    engine:run()
    mtr.run()
    engine:close()
    assert.equal(6000, #order)
    for i = 1, 5000 do assert.equal(i <= 3 and i or order[i - 3], order[i]) end
    assert.is_true(longest < 2000, longest)
  end)
end)
