-- SPDX-License-Identifier: MIT
--
-- The reporter with the layout of mtr --json: its keys and their types are those of the real mtr.
local cjson = require "cjson"
local report_mtr = require "mtr.report.mtr"
local results = require "spec.support.virtual.results"
local run = require "spec.support.harness.run"

-- Returns the keys of a document with their types, with "[]" for the first element of a list.
local function shape(value, path, out)
  out[path .. ": " .. type(value)] = true
  if type(value) ~= "table" then return out end
  for key, member in pairs(value) do
    if type(key) == "string" then shape(member, path .. "." .. key, out) end
  end
  if value[1] ~= nil then shape(value[1], path .. "[]", out) end
  return out
end

describe("the mtr reporter", function()
  teardown(run.clean)

  it("writes the numbers of each hop", function()
    local _, list = results.campaign({}, { targets = { "203.0.113.10" } })
    local out, text = results.collector()
    results.give(report_mtr.new(out, { tos = 16 }), list)
    local report = cjson.decode(text()).report
    assert.same({ "203.0.113.10", "192.0.2.1", 16, 3 },
      { report.mtr.dst, report.mtr.src, report.mtr.tos, report.mtr.tests })
    local hub = report.hubs[1]
    assert.same({ 1, "10.0.0.1", 0, 3 }, { hub.count, hub.host, hub["Loss%"], hub.Snt })
    assert.is_true(hub.Best <= hub.Avg and hub.Avg <= hub.Wrst and hub.Best > 0)
    assert.same({ 5, "???", 100 }, { report.hubs[5].count, report.hubs[5].host,
      report.hubs[5]["Loss%"] })
  end)

  it("writes a document without hops", function()
    local out, text = results.collector()
    results.give(report_mtr.new(out), { { target = 'a"b', dst = "192.0.2.7", hops = {} } })
    assert.same({}, cjson.decode(text()).report.hubs)
    assert.equal('a"b', cjson.decode(text()).report.mtr.dst)
  end)

  it("has the keys of the real mtr", function()
    local got = run.run "mtr --json -n -c 2 -i 0.1 127.0.0.1"
    if got.status ~= 0 then return pending "needs a working mtr" end
    local _, list = results.campaign({}, { targets = { "203.0.113.10" } })
    local out, text = results.collector()
    results.give(report_mtr.new(out), list)
    assert.same(shape(cjson.decode(got.out), "", {}), shape(cjson.decode(text()), "", {}))
  end)
end)
