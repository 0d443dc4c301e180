-- SPDX-License-Identifier: MIT
--
-- A hop before the target may answer from the target's address, with time exceeded. The page of
-- html showed it as the target, and paths of all flows that were read from a file of scamper's
-- format were complete by it.
local cjson = require "cjson"
local hard = require "spec.support.virtual.hard"
local reports = require "mtr.report"
local read = require "mtr.report.read"
local record = require "mtr.report.html.record"
local run = require "spec.support.harness.run"

-- Returns for each hop whether the page says that the target's address is only passed there; nil
-- where it did not answer.
local function passed(result)
  local list = {}
  for ttl, hop in ipairs(cjson.decode(record.trace(result)).hops) do
    local addr
    for _, item in ipairs(hop) do
      if type(item) == "string" then addr = item end
      if addr == result.dst then list[ttl] = type(item) == "table" and item.passed == 1 end
    end
  end
  return list
end

describe("the target's address on the way", function()
  teardown(run.clean)

  it("is not the target in the records of html", function()
    for _, strategy in ipairs { "sweep", "mda" } do
      hard.each(function(opts)
        opts.strategy = strategy ~= "sweep" and strategy or nil
        local result = hard.trace("shared_addresses", "target", opts)
        assert.same({ [1] = true, [3] = true, [5] = false }, passed(result), strategy)
      end)
    end
  end)

  it("is the target if the user wants it so, and if both are at one hop", function()
    hard.each(function(opts)
      opts.stop_on_te_from_dst = true
      local result = hard.trace("shared_addresses", "target", opts)
      assert.same({ "completed", { false } }, { result.stop_reason, passed(result) })
    end)
    local replies = { { addr = "192.0.2.9", rtt = 1, te_from_dst = true },
      { addr = "192.0.2.9", rtt = 2, final = true } }
    local made = cjson.decode(record.trace { target = "t", dst = "192.0.2.9", protocol = "udp",
      stop_reason = "completed", hops = { { ttl = 1, replies = replies } } })
    assert.same({ "192.0.2.9", 1, 2, { note = "has the address of the target" } }, made.hops[1])
  end)

  it("completes no paths that are read from a file", function()
    hard.each(function(opts, family)
      opts.strategy = "mda"
      for most, reason in pairs { [3] = "gaplimit", [4] = "gaplimit", [9] = "completed" } do
        opts.max_ttl = most
        local path = ("%s/%s%d.%d.warts"):format(run.dir(), opts.protocol, family, most)
        local reporter = reports.warts(path)
        assert(reporter:start {})
        assert(reporter:trace(hard.trace("shared_addresses", "target", opts)))
        assert(reporter:finish {})
        local file, seen = assert(read.open(path)), 0
        for result in file:results() do
          assert.equal(reason, result.stop_reason, most .. " " .. opts.protocol)
          seen = seen + 1
        end
        assert.equal(1, seen)
        file:close()
      end
    end)
  end)
end)
