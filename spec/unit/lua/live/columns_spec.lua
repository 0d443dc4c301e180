-- SPDX-License-Identifier: MIT
--
-- The columns of the table.
local columns = require "mtr.live.columns"

describe("columns", function()
  it("have letters of their own, and titles and texts that fit", function()
    local seen, hop = {}, { sent = 1234567, unanswered = 1234567, received = 0 }
    function hop.quantile() return 99999.4 end
    for _, name in ipairs { "last", "avg", "best", "worst", "stdev", "gmean", "p95", "jitter",
      "jitter_avg", "jitter_max", "jitter_interarrival" } do
      hop[name] = 99999.4
    end
    for _, column in ipairs(columns.list) do
      assert.is_nil(seen[column.letter])
      seen[column.letter] = true
      assert.equal(column, columns.of(column.letter))
      assert.is_true(#column.title <= column.width)
      if column.letter:find "[^DS]" then assert.is_true(#column.text(hop) <= column.width) end
    end
    assert.is_nil(seen[columns.HISTORY])
    assert.is_nil(columns.problem(columns.DEFAULT))
  end)

  it("write times with two digits, or as many as there is room for", function()
    for value, written in pairs { [0.004] = "0.00", [9.994] = "9.99", [9.996] = "10.0",
      [123.44] = "123.4", [1234.2] = "1234" } do
      assert.equal(written, columns.ms(value))
    end
  end)

  it("write the loss in percent, and nothing of hops that were not asked", function()
    local loss = columns.of("L").text
    assert.same({ "-", "0.0%", "33.3%", "100%" }, { loss { sent = 0, unanswered = 0 },
      loss { sent = 3, unanswered = 0 }, loss { sent = 3, unanswered = 1 },
      loss { sent = 3, unanswered = 3 } })
    assert.equal("-", columns.of("V").text { sent = 1 })
  end)

  it("come and go by their letters, at their places", function()
    assert.equal("LN", columns.toggle("LSN", "S"))
    assert.equal("LSN", columns.toggle("LN", "S"))
    assert.equal("LNH", columns.toggle("NH", "L"))
    assert.equal("LNIH", columns.toggle("LNH", "I"))
    assert.equal("LN", columns.toggle("LNH", "H"))
    assert.equal("LNH", columns.toggle("LN", "H"))
    assert.equal("L", columns.toggle("", "L"))
  end)

  it("say which letters there are", function()
    assert.equal("must be letters of L D R S N A B W V G P J M X I and H", columns.problem "LQ")
  end)
end)
