-- SPDX-License-Identifier: MIT
--
-- The reporter of Saimiris' columns: 23 of them, which Python's csv module reads.
local saimiris = require "mtr.report.saimiris"
local results = require "spec.support.virtual.results"
local run = require "spec.support.harness.run"

local function python(path)
  local got = run.run(([[python3 -c '
import csv, json
print(json.dumps(list(csv.DictReader(open("%s", newline=""), strict=True))))']]):format(path))
  assert.equal("", got.err)
  return require "cjson".decode(got.out)
end

describe("the saimiris reporter", function()
  teardown(run.clean)

  it("writes a row of 23 columns for each reply", function()
    local path = run.dir() .. "/saimiris.csv"
    local _, list = results.campaign({ saimiris.new(path) }, { monitor = 'a "b", c',
      trace = { protocol = "udp", attempts = 1, gap_limit = 3, timeout = "500ms" } })
    local rows, n = python(path), 0
    for _, result in ipairs(list) do
      for ttl, hop in ipairs(result.hops) do
        for _, reply in ipairs(hop.replies) do
          n = n + 1
          local row, six = rows[n], result.dst:find ":"
          local count, map = 0, six and "" or "::ffff:"
          for _ in pairs(row) do count = count + 1 end
          assert.equal(23, count)
          local at = result.start + (reply.at + reply.rtt) / 1000
          assert.is_true(math.abs(at - tonumber(row.time_received_ns)) < 1e-5)
          assert.truthy(row.time_received_ns:find "^%d+%.%d%d%d%d%d%d%d%d%d$")
          assert.same({ os.date("!%Y-%m-%d", math.floor(at)), 'a "b", c', map .. reply.addr,
            map .. result.src, map .. result.src, map .. result.dst, "17", tostring(ttl),
            tostring(result.sport), "33434", six and "58" or "1",
            ("%d"):format(math.floor(reply.rtt * 10 + 0.5)), tostring(result.size),
            tostring(reply.ip_id or 0) },
            { row.date, row.agent_id, row.reply_src_addr, row.reply_dst_addr, row.probe_src_addr,
              row.probe_dst_addr, row.probe_protocol, row.probe_ttl, row.probe_src_port,
              row.probe_dst_port, row.reply_protocol, row.rtt, row.probe_size, row.reply_id })
          assert.equal(reply.ext and "[(24001,0,1,1)]" or "[]", row.reply_mpls_labels)
        end
      end
    end
    assert.equal(n, #rows)
    assert.is_true(n > 15, n)
  end)
end)
