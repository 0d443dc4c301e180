-- SPDX-License-Identifier: MIT
--
-- The reporter of caracal's CSV: 17 columns that Python's csv module reads.
local caracal = require "mtr.report.caracal"
local results = require "spec.support.virtual.results"
local run = require "spec.support.harness.run"

local function python(path)
  local got = run.run(([[python3 -c '
import csv, json
print(json.dumps(list(csv.DictReader(open("%s", newline=""), strict=True))))']]):format(path))
  assert.equal("", got.err)
  return require "cjson".decode(got.out)
end

describe("the caracal reporter", function()
  teardown(run.clean)

  it("writes a row of 17 columns for each reply", function()
    local path = run.dir() .. "/caracal.csv"
    local _, list = results.campaign({ caracal.new(path, { round = 4 }) },
      { trace = { protocol = "udp", attempts = 1, gap_limit = 3, timeout = "500ms" } })
    local rows, n = python(path), 0
    for _, result in ipairs(list) do
      for ttl, hop in ipairs(result.hops) do
        for _, reply in ipairs(hop.replies) do
          n = n + 1
          local row, six = rows[n], result.dst:find ":"
          local count = 0
          for _ in pairs(row) do count = count + 1 end
          assert.equal(17, count)
          assert.same({ "17", tostring(ttl), tostring(result.sport), "33434", "4",
            (six and "" or "::ffff:") .. reply.addr, six and "58" or "1",
            ("%d"):format(math.floor(reply.rtt * 10 + 0.5)) },
            { row.probe_protocol, row.probe_ttl, row.probe_src_port, row.probe_dst_port, row.round,
              row.reply_src_addr, row.reply_protocol, row.rtt })
          assert.equal(reply.ext and "[(24001,0,1,1)]" or "[]", row.reply_mpls_labels)
        end
      end
    end
    assert.equal(n, #rows)
    assert.is_true(n > 15, n)
  end)

  it("writes the same of copies, and only a header of nothing", function()
    local path = run.dir() .. "/borrowed.csv"
    local _, list = results.campaign { caracal.new(path) }
    local out, text = results.collector()
    results.give(caracal.new(out), list)
    assert.equal(text(), run.read(path))
    out, text = results.collector()
    results.give(caracal.new(out), {})
    assert.truthy(text():find "^capture_timestamp,[%l_,]+,rtt,round\n$")
  end)
end)
