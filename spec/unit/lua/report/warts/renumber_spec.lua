-- SPDX-License-Identifier: MIT
--
-- Lists and cycles of one file keep their numbers; those of further files get the next ones.
local renumber = require "mtr.report.warts.renumber"

describe("numbers of lists and cycles", function()
  it("of one file stay as they are", function()
    local numbers, file = renumber.new(), {}
    assert.same({ record = "list", id = 1 }, numbers:between({ record = "list", id = 1 }, file))
    assert.same({ record = "cycle_start", id = 1, list = 1 },
      numbers:between({ record = "cycle_start", id = 1, list = 1 }, file))
    assert.same({ list = 1, cycle = 1, dst = "d" },
      numbers:result({ list = 1, cycle = 1, dst = "d" }, file))
    assert.same({ list = 0, cycle = 0 }, numbers:result({ list = 0, cycle = 0 }, file))
    assert.same({ record = "cycle_stop", id = 1 },
      numbers:between({ record = "cycle_stop", id = 1 }, file))
  end)

  it("of other files are counted on, also behind some of our own", function()
    local numbers, a, b = renumber.new(), {}, {}
    numbers:between({ record = "list", id = 1 }, a)
    assert.equal(2, numbers:take "list")
    assert.equal(1, numbers:take "cycle")
    assert.equal(3, numbers:between({ record = "list", id = 1 }, b).id)
    local cycle = numbers:between({ record = "cycle_def", id = 5, list = 1 }, b)
    assert.same({ 2, 3 }, { cycle.id, cycle.list })
    assert.same({ list = 3, cycle = 2 }, numbers:result({ list = 1, cycle = 5 }, b))
    assert.same({ list = 1 }, numbers:result({ list = 1, cycle = 5 }, a))
    assert.is_nil(numbers:between({ record = "cycle_stop", id = 9 }, b))
  end)
end)
