-- SPDX-License-Identifier: MIT
--
-- result.hop_cuont and mtr.trce were nil in silence.
local mtr = require "mtr"
local run = require "spec.support.harness.run"

describe("a field that there is not", function()
  teardown(function()
    mtr.strict(false)
    run.clean()
  end)

  local function result()
    local engine = assert(mtr.engine { seed = 1, sim = {
      nodes = { me = "192.0.2.1", web = "192.0.2.2" }, links = { { "me", "web" } } } })
    local found = assert(engine:trace "web")
    engine:close()
    return found
  end

  it("raises with the nearest name in strict mode", function()
    mtr.strict(true)
    local found = result()
    assert.error_matches(function() return found.hop_cuont end,
      'a result has no field "hop_cuont"; did you mean "hop_count"?', 1, true)
    assert.error_matches(function() return mtr.trce end,
      'mtr has no field "trce"; did you mean "trace"?', 1, true)
    assert.same({}, { found.error, found.data, found.flow_label, found.all_addresses })
    assert.is_string(found:json())
    mtr.strict(false)
    assert.is_nil(found.hop_cuont)
    assert.is_nil(mtr.trce)
  end)

  it("raises in mtrlua", function()
    local got = run.run [["$MTR_PROGRAM" -e 'print(require("mtr").trce)']]
    assert.equal(1, got.status)
    assert.matches('did you mean "trace"', got.err)
  end)
end)
