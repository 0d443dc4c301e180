-- SPDX-License-Identifier: MIT
--
-- Where a drain is in the stream of results, also when ids come again below those that it has read.
local place = require "mtr.fleet.place"

describe("the place of a drain", function()
  local drain

  before_each(function()
    drain = { after = place.FIRST, seen = place.FIRST, ids = {}, whole = true,
      link = { connection = "first" } }
  end)

  it("is behind the entry that was read last; the highest one is remembered", function()
    for _, id in ipairs { "1000-0", "1000-12", "999-5", "1000-9" } do place.took(drain, id) end
    assert.equal("1000-9", drain.after)
    assert.equal("1000-12", drain.seen)
    assert.same({ "1000-0", "1000-12", "999-5", "1000-9" }, drain.ids)
    for id, new in pairs { ["1000-12"] = false, ["1000-9"] = false, ["999-13"] = false,
      ["1000-13"] = true, ["1001-0"] = true, ["10000-0"] = true } do
      assert.equal(new, place.is_new(drain, id), id)
    end
  end)

  it("is the beginning again after a new connection, when no lease is written in part", function()
    assert.is_false(place.begin_again(drain))      -- the first one: there is nothing to read again
    place.took(drain, "5-0")
    assert.is_false(place.begin_again(drain))
    drain.link.connection, drain.whole = "second", false
    assert.is_false(place.begin_again(drain))
    drain.whole = true
    assert.is_true(place.begin_again(drain))
    assert.equal("0-0", drain.after)
    assert.equal("5-0", drain.seen)
    assert.is_false(place.begin_again(drain))
  end)
end)
