-- SPDX-License-Identifier: MIT
--
-- What mtr.campaign refuses before anything is sent; spec/net/campaign_spec has what it does.
local campaign = require "mtr.campaign"
local tally = require "mtr.campaign.tally"

local function bug(opts)
  local ok, message = pcall(function() campaign.new(opts) end)
  assert.is_false(ok)
  return (message:gsub("^[^ ]+:%d+: ", ""))
end

describe("mtr.campaign", function()
  for _, case in ipairs {
    { { target = {} }, 'campaign: unknown option "target"; did you mean "targets"?' },
    { { targets = {}, embellish = {} }, 'campaign: unknown option "embellish"' },
    { { targets = 7 }, "campaign: targets must be a table or a function, got 7" },
    { {}, "campaign: targets must be a list or an iterator of strings, got nil" },
    { { targets = {}, window = 0 }, 'campaign: window must be 1..1000000, or "auto", got 0' },
    { { targets = {}, window = "wide" },
      'campaign: window must be 1..1000000, or "auto", got "wide"' },
    { { targets = {}, time_limit = -1 },
      'campaign: time_limit must be a duration such as 250, "250ms", "2s" or "1m", from 1 to '
        .. '10000000000 ms, got -1' },
    { { targets = {}, on_start = "x" }, 'campaign: on_start must be a function, got "x"' },
    { { targets = {}, thresholds = 0.9 }, "campaign: thresholds must be a table, got 0.9" },
    { { targets = {}, thresholds = { complete = ">= 0.9" } },
      'campaign: thresholds: there is no figure "complete"; did you mean "completed"?' },
    { { targets = {}, thresholds = { completed = "=> 0.9" } },
      'campaign: thresholds: completed must be <, <=, >, >= or == and a number, such as ">= 0.9", '
        .. 'got "=> 0.9"' },
    { { targets = {}, thresholds = { completed = ">= 90" } },
      'campaign: thresholds: completed must be compared with a share from 0 to 1, or "90%", '
        .. 'got ">= 90"' },
    { { targets = {}, rate = "fast" },
      'campaign: rate must be a rate in probes per second, such as 100, "100/s" or "max", '
        .. 'got "fast"' },
    { { targets = {}, on_trace = true }, "campaign: on_trace must be a function, got true" },
    { { targets = {}, trace = { ttl = 3 } }, 'campaign: trace: unknown option "ttl"' },
    { { targets = {}, trace = { max_ttl = 300 } },
      "campaign: trace: max_ttl must be 1..255, got 300" },
    { { targets = {}, trace = { first_ttl = 9, max_ttl = 3 } },
      "campaign: trace: first_ttl 9 is above max_ttl 3" },
    { { targets = {}, reporters = { "jsonl" } },
      'campaign: reporters must be a list of reporters, got 1 = "jsonl"' },
  } do
    it("says: " .. case[2], function() assert.equal(case[2], bug(case[1])) end)
  end

  it("takes a table of options", function()
    assert.truthy(bug("192.0.2.1"):find "options must be a table")
  end)
end)

describe("a campaign's tally", function()
  it("counts traces by their end and failures by name", function()
    local t = tally.new()
    t:count(nil, 1, 8, 4)
    t:count("error", 1, 2, 1)
    t:count(nil, 5, 10, 5)
    t:refuse("192.0.2.1", "EACCES: no", "EACCES")
    t:refuse("192.0.2.2", "EACCES: never", "EACCES")
    local summary = t:summary(true)
    assert.same({
      targets = 0, traces = 3, failed = 2, probes = 20, hops = 10, halted = true,
      stop_reasons = { completed = 1, error = 1, gaplimit = 1 }, errors = { EACCES = 2 },
      first_error = "192.0.2.1: EACCES: no",
    }, summary)
    t:count(nil, 1, 1, 1)
    assert.equal(1, summary.stop_reasons.completed)
  end)
end)
