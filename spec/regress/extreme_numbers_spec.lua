-- SPDX-License-Identifier: MIT
--
-- Rates next to nothing were no limit at all, and numbers that no packet can hold went into
-- simulated networks.
local lib = require "mtr.lib"
local mtr = require "mtr"

local C = lib.C
local EINVAL = 22
local NETWORK = { nodes = { me = "192.0.2.1", web = "203.0.113.9" }, links = { { "me", "web" } } }

describe("extreme numbers", function()
  for _, rate in ipairs { 1e-7, 1e-10, 1e-300, 5e-324 } do
    it(("are no rate: %g"):format(rate), function()
      for _, name in ipairs { "rate", "per_target_rate" } do
        assert.error_matches(function()
          mtr.engine { sim = mtr.sim(NETWORK), [name] = rate }
        end, name .. " must be a rate")
      end
      local config, engine = lib.new "struct mtr_config", lib.new "struct mtr *[1]"
      local why = lib.new "char[200]"
      for _, name in ipairs { "rate", "target_rate" } do
        C.mtr_defaults(config)
        config.transport, config[name] = C.MTR_SIM, rate
        assert.equal(-EINVAL, C.mtr_open(config, engine, why, 200))
        assert(lib.string(why):find "a rate must be 0 or 1e%-06")
      end
      local e = assert(mtr.engine { sim = mtr.sim(NETWORK) })
      assert.equal(-EINVAL, C.mtr_set_rate(e.c, rate))
      assert.error_matches(function() e:set_rate(rate) end, "set_rate: rate must be")
      assert.error_matches(function() e:set_rate(1e10) end, "set_rate: rate must be at most 1e9")
      e:close()
    end)
  end

  it("are kept as rates where a clock has such times", function()
    local e = assert(mtr.engine { sim = mtr.sim(NETWORK), per_target_rate = 1e-6 })
    local result = assert(e:trace("203.0.113.9", { queries = 3 }))
    assert(result.duration > 1.99e9 and result.duration < 2.01e9, result.duration)
    e:close()
  end)

  it("are no waits beyond the end of simulated time", function()
    local e = assert(mtr.engine { sim = mtr.sim(NETWORK) })
    local handle, slept = lib.new "uint32_t[1]", 0
    for _ = 1, 20 do
      local code = C.mtr_timer(e.c, 9.9e11, 0, handle)
      if code == -EINVAL then break end
      assert.equal(0, code)
      assert.equal(0, C.mtr_timer_cancel(e.c, handle[0]))
      e:go(function() mtr.sleep(9.9e11) end)
      e:run()
      slept = slept + 1
    end
    assert.is_true(slept >= 2 and slept < 9, slept)
    assert.equal("completed", e:trace("203.0.113.9").stop_reason)
    e:close()
  end)

  it("are no pace: the trace ends and says why", function()
    local e = assert(mtr.engine { sim = mtr.sim(NETWORK) })
    local told
    e.report = function(_, text) told = text end
    local result = assert(e:trace("203.0.113.9", { pace = function() return 1e12 end }))
    assert.equal("error", result.stop_reason)
    assert(told:find "pace must return ms or a duration")
    e:close()
  end)

  for _, case in ipairs { { "set_tos", 256 }, { "set_tos", -2 }, { "set_ttl", 256 },
    { "quote", 65536 }, { "quoted_ttl", 256 }, { "quoted_size", 65536 }, { "quoted_id", -4 },
    { "quoted_check", 65536 }, { "icmp_type", 256 }, { "icmp_code", 2147483647 },
    { "mtu_said", 65536 }, { "ext_length", 256 } } do
    it(("are refused of a simulated node: %s = %d"):format(case[1], case[2]), function()
      local sim, node = C.mtr_sim_new(1), lib.new "struct mtr_sim_node"
      C.mtr_sim_node_defaults(node)
      assert.equal(0, C.mtr_sim_nodes(sim, node, 1))
      node[case[1]] = case[2]
      assert.equal(-EINVAL, C.mtr_sim_nodes(sim, node, 1))
      C.mtr_sim_free(sim)
    end)
  end
end)
