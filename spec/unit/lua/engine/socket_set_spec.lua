-- SPDX-License-Identifier: MIT
--
-- Sets of sockets: who owns the descriptors. spec/net/handed_sockets_spec.lua opens engines with
-- them.
local config = require "mtr.engine.config"
local lib = require "mtr.lib"
local socket_set = require "mtr.engine.socket_set"
local fds = require "spec.support.harness.fds"

local function descriptor()
  return lib.C.mtr_output_open("/dev/null", 0, lib.new "int32_t[1]")
end

-- Eleven places of which the first two have descriptors.
local function list()
  local all = { descriptor(), descriptor() }
  for i = 3, lib.C.MTR_SOCKETS do all[i] = -1 end
  return all
end

describe("a set of sockets", function()
  local before
  before_each(function() before = fds() end)
  after_each(function() assert.equal(before, fds()) end)

  it("owns what it adopted, and closes it once", function()
    local given = list()
    local set = socket_set.adopt(given)
    assert.same(given, set:fds())
    assert.equal(before + 2, fds())
    set:close()
    assert.equal(before, fds())
    local other = descriptor()           -- gets a number that the set had
    assert.equal(given[1], other)
    set:close()
    set = nil  -- luacheck: ignore 311
    collectgarbage()
    assert.equal(before + 1, fds())
    lib.C.mtr_output_close(other)
  end)

  it("closes what is in it when it is collected", function()
    socket_set.adopt(list())
    collectgarbage()
    collectgarbage()
  end)

  it("has nothing while an engine has its descriptors, and cannot be closed", function()
    local given, c = list(), lib.new "struct mtr_config"
    local set = socket_set.adopt(given, 7)
    assert.is_nil(set:copy(c))
    assert.equal(given[1], c.sockets[0])
    assert.equal(7, c.mark)
    set:lend()
    assert.equal(-1, set:fds()[1])
    assert.equal("another engine uses this set of sockets", set:copy(c))
    assert.error_matches(function() set:close() end, "close the engine first")
    set:put_back(c.sockets)
    assert.same(given, set:fds())
    set:close()
    assert.equal("the set of sockets is closed", set:copy(c))
  end)

  it("is checked", function()
    for given, wanted in pairs {
      [{ 1, 2 }] = "must be a list of 11 descriptors, got 2",
      [7] = "must be a list of 11 descriptors, got 7",
      [{ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, -2 }] = "fds%[11%] must be a descriptor or %-1, got %-2",
    } do
      assert.error_matches(function() socket_set.adopt(given) end, wanted)
    end
    assert.error_matches(function() socket_set.open { fst = true } end, 'did you mean "fast"')
  end)

  it("excludes what has no use for it", function()
    local set, c = socket_set.adopt(list()), lib.new "struct mtr_config"
    for _, case in ipairs {
      { { mark = 1 }, "sockets excludes mark: give the mark to mtr.sockets.open" },
      { { replay = "x" }, "sockets excludes replay" },
      { { transport = "mtr-packet" }, 'sockets excludes transport "mtr%-packet"' },
      { { transport = "user" }, 'sockets excludes transport "user", which uses none' },
    } do
      case[1].sockets = set
      assert.matches(case[2], select(2, config.fill(case[1], c)))
    end
    assert.matches("must be a set of mtr.sockets", select(2, config.fill({ sockets = {} }, c)))
    set:close()
  end)
end)
