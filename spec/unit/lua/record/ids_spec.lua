-- SPDX-License-Identifier: MIT
--
-- The ids of results: where they come from, and that they are in every result.
local mtr = require "mtr"
local ids = require "mtr.record.ids"
local simulated = require "spec.support.virtual.simulated"

-- The results of a campaign of two targets: an address and a name.
local function results(engine_opts, opts)
  local list = {}
  simulated.with(simulated.chain(2), function(engine)
    opts.engine, opts.targets = engine, { simulated.V4, "web" }
    function opts.on_trace(result)
      assert.equal(result:json(), result:copy():json())
      list[#list + 1] = result:copy()
      for _, name in ipairs { "list", "cycle", "campaign", "monitor" } do
        assert.equal(list[#list][name], result[name])
      end
    end
    assert(mtr.campaign(opts):run())
  end, engine_opts)
  assert.equal(2, #list)
  return list
end

describe("ids of results", function()
  it("come from the engine, and its campaign can replace them", function()
    local of_engine, of_campaign = { monitor = "ams", list = 1 }, { list = 't"op', cycle = 7 }
    for _, result in ipairs(results(of_engine, of_campaign)) do
      assert.same({ 't"op', 7, "ams" }, { result.list, result.cycle, result.monitor })
      assert.is_nil(result.campaign)
      assert.equal(1, result:json():find([[{"type":"trace","version":"2","list":"t\"op",]]
        .. [["cycle":7,"monitor":"ams","transport":"sim",]], 1, true))
    end
  end)

  it("are in results of mtr.trace", function()
    local result = simulated.trace(simulated.chain(1), nil, nil, { campaign = "c", cycle = -2 })
    assert.same({ "c", -2 }, { result.campaign, result.cycle })
  end)

  it("are absent where none are given", function()
    for _, result in ipairs(results({}, {})) do
      assert.is_nil(result:json():find '"list"')
      assert.is_nil(result.monitor)
    end
  end)

  for _, wrong in ipairs { "", ("x"):rep(256), 1.5, 2 ^ 53, true } do
    it("must be a name or a whole number, not " .. tostring(wrong):sub(1, 9), function()
      assert.has_error(function() mtr.campaign { targets = {}, list = wrong } end)
      local ok, message = pcall(mtr.engine, { monitor = wrong })
      assert.is_false(ok)
      assert.truthy(message:find("engine: monitor must be a name of 1..255 bytes or a whole number",
        1, true), message)
    end)
  end

  it("are taken from options in one order, over those below", function()
    assert.is_nil(ids.take({}))
    assert.same({ list = 2, cycle = 3 }, ids.take({ list = 2, rate = 5 }, { list = 1, cycle = 3 }))
  end)
end)
