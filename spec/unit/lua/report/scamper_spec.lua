-- SPDX-License-Identifier: MIT
--
-- The reporter of scamper's JSON: files of M-Lab, options, and what it does with unfinished pings.
-- spec/sim/scamper_json_spec.lua compares the lines with scamper's.
local cjson = require "cjson"
local report = require "mtr.report"
local run = require "spec.support.harness.run"
local simulated = require "spec.support.virtual.simulated"

-- What a reporter says, as a list of tables.
local function open(opts)
  local said = {}
  local reporter = report.scamper(function(text)
    for line in text:gmatch "[^\n]+" do said[#said + 1] = cjson.decode(line) end
    return true
  end, opts)
  return reporter, said
end

describe("the scamper reporter", function()
  teardown(run.clean)

  it("writes a file of M-Lab as four lines", function()
    local reporter, said = open { mlab = { uuid = "h_1_42", version = "v1", cached = true,
      cached_uuid = "h_1_41" } }
    assert.is_true(reporter:start({ list = "l", cycle = 3 }))
    local result = simulated.trace(simulated.chain(2), nil, { strategy = "mda" })
    assert.is_true(reporter:trace(result))
    local ok, message, name = reporter:trace(result)
    assert.same({ nil, "EINVAL" }, { ok, name })
    assert.truthy(message:find "one result")
    assert.is_true(reporter:finish())
    assert.equal(4, #said)
    assert.same({ UUID = "h_1_42", TracerouteCallerVersion = "v1", CachedResult = true,
      CachedUUID = "h_1_41" }, said[1])
    assert.same({ "cycle-start", "l", 3 }, { said[2].type, said[2].list_name, said[2].id })
    assert.same({ "tracelb", "icmp-echo", 3 }, { said[3].type, said[3].method, said[3].nodec })
    assert.equal("cycle-stop", said[4].type)
  end)

  it("writes a ping when it has ended", function()
    local reporter, said = open()
    reporter:start({})
    local of = { target = "web", dst = "192.0.2.9" }
    local function put(result)
      assert.is_true(reporter:trace(setmetatable(result, { __index = of })))
    end
    put { type = "ping", seq = 1, error = "no answer" }      -- of a ping that did not begin here
    put { type = "ping_start", size = 84, start = 1.5, src = "192.0.2.1", protocol = "icmp" }
    put { type = "ping", seq = 2, addr = "192.0.2.9", rtt = 1.5, ttl = 60, size = 84, at = 1000 }
    assert.equal(1, #said)
    put { type = "ping_summary", sent = 3, received = 1, unanswered = 66.7 }
    assert.same({ "ping", "icmp-echo", 3, "192.0.2.1" },
      { said[2].type, said[2].method, said[2].ping_sent, said[2].src })
    assert.same({ { from = "192.0.2.9", seq = 1, reply_size = 84, reply_ttl = 60, rtt = 1.5,
      probe_ipid = 0, reply_ipid = 0, reply_proto = "icmp", icmp_type = 0, icmp_code = 0,
      tx = { sec = 2, usec = 500000 }, rx = { sec = 2, usec = 501500 } } }, said[2].responses)
    assert.same({ replies = 1, loss = 0.67, min = 1.5, max = 1.5, avg = 1.5, stddev = 0 },
      said[2].statistics)
  end)

  it("says what is wrong with an option", function()
    assert.has_error(function() report.scamper("-", { cycle = -1 }) end,
      "report.scamper: cycle must be 0..4294967295, got -1")
    assert.has_error(function() report.scamper("-", { mlab = {} }) end,
      "report.scamper: mlab.uuid must be a string, got nil")
  end)
end)
