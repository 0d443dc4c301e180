-- SPDX-License-Identifier: MIT
--
-- What a Redis says of itself: whether a fleet can use it, and whether it deletes keys.
local server = require "mtr.fleet.server"

local function info(version, most, policy)
  return ("# Server\r\nredis_version:%s\r\n# Memory\r\nused_memory:900\r\nmaxmemory:%s\r\n"
    .. "maxmemory_human:1M\r\nmaxmemory_policy:%s\r\n"):format(version, most, policy)
end

describe("what a Redis says", function()
  it("is too old before 6.2", function()
    for _, version in ipairs { "6.2.0", "6.10.1", "7.0.15", "8.1.0", "7" } do
      assert.is_nil(server.unfit(info(version, 0, "noeviction")), version)
    end
    for _, version in ipairs { "6.1.9", "5.0.14", "2.8", "x" } do
      assert.equal(("is Redis %s; a fleet needs 6.2 or later"):format(version),
        server.unfit(info(version, 0, "noeviction")))
    end
    assert.equal("is Redis 0; a fleet needs 6.2 or later", server.unfit "")
  end)

  it("is of no use in a cluster, where keys are on several servers", function()
    local text = info("7.0.15", 0, "noeviction")
    assert.is_nil(server.unfit(text .. "redis_mode:standalone\r\n"))
    assert.equal("belongs to a cluster; a fleet needs one server that has all its keys",
      server.unfit(text .. "redis_mode:cluster\r\n"))
  end)

  it("means that it deletes keys, with a limit and a policy for all keys", function()
    for _, case in ipairs {
      { 0, "allkeys-lru" }, { 1000, "noeviction" }, { 1000, "volatile-lru" }, { 0, "noeviction" },
    } do
      assert.is_nil(server.evicts(info("7.0.15", case[1], case[2])))
    end
    assert.equal("has the maxmemory-policy allkeys-lfu: when its memory is full it deletes keys, "
      .. "and with them targets and results; give it noeviction",
      server.evicts(info("7.0.15", 1000, "allkeys-lfu")))
    assert.is_nil(server.evicts "redis_version:7.0.15\r\n")
  end)
end)
