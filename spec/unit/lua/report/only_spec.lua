-- SPDX-License-Identifier: MIT
--
-- Lines of JSON with some members of results.
local cjson = require "cjson"
local mtr = require "mtr"
local only = require "mtr.report.only"
local report = require "mtr.report"
local run = require "spec.support.harness.run"
local simulated = require "spec.support.virtual.simulated"

describe("lines with some members", function()
  teardown(run.clean)

  it("have these only, with the values of the full line, in its order", function()
    local path, full = run.dir() .. "/some.jsonl", {}
    simulated.with(simulated.chain(2), function(engine)
      assert(mtr.campaign({ engine = engine, targets = { simulated.V4, simulated.V6, "web" },
        reporters = { report.jsonl(path, { only = { "stop_reason", "hops", "dst", "error" } }) },
        on_trace = function(result) full[#full + 1] = cjson.decode(result:json()) end }):run())
    end)
    local n = 0
    for line in io.lines(path) do
      n = n + 1
      local some = cjson.decode(line)
      assert.truthy(line:find '^{"dst":"[^"]+","stop_reason":"completed","hops":%[{')
      assert.same({ dst = full[n].dst, stop_reason = "completed", hops = full[n].hops }, some)
    end
    assert.equal(3, n)
  end)

  it("are made of pings too", function()
    assert.equal('{"dst":"192.0.2.9","rtt":1.500}',
      only.encode({ "rtt", "dst", "late" }, { type = "ping", dst = "192.0.2.9", rtt = 1.5 }))
    assert.equal("{}", only.encode({ "late" }, { type = "ping" }))
  end)

  for name, case in pairs {
    ["a name that no result has"] = { { "dst", "stop_reson" },
      'only: results have no member "stop_reson"; did you mean "stop_reason"?' },
    ["what is no name"] = { { 7 }, "only: results have no member 7" },
    ["a field that is not in JSON"] = { { "handle" }, 'only: results have no member "handle"' },
    ["an empty list"] = { {}, "only must be a list of members of results, got" },
    ["what is no list"] = { "dst", 'only must be a list of members of results, got "dst"' },
  } do
    it("refuse " .. name, function()
      local ok, message = pcall(report.jsonl, "-", { only = case[1] })
      assert.is_false(ok)
      assert.truthy(message:find("report.jsonl: " .. case[2], 1, true), message)
    end)
  end
end)
