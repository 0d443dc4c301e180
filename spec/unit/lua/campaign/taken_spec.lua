-- SPDX-License-Identifier: MIT
--
-- The targets of a campaign that can be resumed: the unfinished ones, then the list from its place.
local lib = require "mtr.lib"
local taken = require "mtr.campaign.taken"
local targets = require "mtr.targets"

local out = lib.new "uint8_t[16]"

-- Takes up to `most` targets; returns their texts, names in brackets, and how it ended.
local function take(feed, most)
  local list = {}
  for _ = 1, most do
    local kind, what = feed:next(out)
    if not kind then break end
    list[#list + 1] = kind == 4 and table.concat({ out[0], out[1], out[2], out[3] }, ".")
      or kind == 0 and "<" .. what .. ">" or "!" .. tostring(feed.text)
  end
  return list
end

describe("the targets of a campaign that can be resumed", function()
  local given = { "192.0.2.0/30", "name.example", "", "192.0.2.9", "10.0.0.0/31" }
  local all = take(taken.new(targets.feed(given)), 99)

  it("are those of the list, counted", function()
    assert.same({ "192.0.2.0", "192.0.2.1", "192.0.2.2", "192.0.2.3", "<name.example>", '!',
      "192.0.2.9", "10.0.0.0", "10.0.0.1" }, all)
    local feed = taken.new(targets.feed(given))
    take(feed, 5)
    assert.equal(5, feed:position())
  end)

  it("tell what was left before and is not handed out yet", function()
    local feed = taken.new(targets.feed(given))
    local function left()
      local texts = {}
      feed:each_left(function(target) texts[#texts + 1] = target end)
      return texts
    end
    assert.same({}, left())
    assert.is_true(feed:resume(2, { "10.9.9.9", "left.example", "10.9.9.8" }))
    for n, rest in ipairs { { "10.9.9.9", "left.example", "10.9.9.8" },
      { "left.example", "10.9.9.8" }, { "10.9.9.8" }, {}, {} } do
      assert.same(rest, left(), n)
      take(feed, 1)
    end
  end)

  it("go on wherever the other run was, after what it left", function()
    for position = 0, #all do
      local feed = taken.new(targets.feed(given))
      assert.is_true(feed:resume(position, { "10.9.9.9", "left.example" }))
      local list = take(feed, 99)
      assert.same({ "10.9.9.9", "<left.example>" }, { list[1], list[2] })
      assert.same({ unpack(all, position + 1) }, { unpack(list, 3) })
      assert.equal(#all, feed:position())
    end
  end)

  it("are fewer than were taken before, if the list was changed", function()
    local feed = taken.new(targets.feed { "192.0.2.1", "192.0.2.2" })
    assert.same({ nil, "EINVAL: there are only 2 targets, but 3 were taken before: the list was "
      .. "changed", "EINVAL" }, { feed:resume(3, {}) })
  end)
end)
