-- SPDX-License-Identifier: MIT
--
-- A client of `mtrlua scamper` that asked for a trace to 0.0.0.0 or :: never got a record, and its
-- place among the commands under way was lost for all clients; with more than one such command the
-- server could end. The command is now refused, as the first of its kind or as a later one.
local attach = require "spec.support.harness.attach"
local run = require "spec.support.harness.run"

describe("an unspecified target", function()
  teardown(run.clean)

  it("is refused, and takes no place of other commands", function()
    local server = attach.start("--sim spec/sim/topologies/plain.lua", "-w 1")
    local client = server:connect()
    client:say("attach format json", "trace 0.0.0.0", "trace 203.0.113.9", "trace 0.0.0.0",
      "trace 2001:db8:9::1", "trace ::", "trace 0:0::0", "trace ::ffff:0.0.0.0", "ping ::",
      "tracelb 0.0.0.0", "trace 203.0.113.9", "done")
    local records, lines = client:all()
    local ids, refused = 0, 0
    for _, line in ipairs(lines) do
      if line:find "^OK id%-" then ids = ids + 1 end
      if line == "ERR command not accepted: the target must be an address" then
        refused = refused + 1
      end
    end
    assert.same({ 3, 7 }, { ids, refused })
    assert.equal(5, #records)          -- with the start and the stop of the cycle
    client:close()
    local _, log = server:stop()
    assert.falsy(log:find("traceback", 1, true), log)
  end)
end)
