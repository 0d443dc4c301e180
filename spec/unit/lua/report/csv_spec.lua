-- SPDX-License-Identifier: MIT
--
-- The reporter of CSV: what the library writes (mtr_csv) and what Lua writes is the same, and
-- Python's csv module reads it back.
local mtr = require "mtr"
local err = require "mtr.base.err"
local csv = require "mtr.report.csv"
local results = require "spec.support.virtual.results"
local run = require "spec.support.harness.run"

-- Reads a file with Python's csv module; returns its rows as lists of cells.
local function python(path)
  local got = run.run(([[python3 -c '
import csv, json
print(json.dumps(list(csv.reader(open("%s", newline=""), strict=True))))']]):format(path))
  assert.equal("", got.err)
  return require "cjson".decode(got.out)
end

describe("the csv reporter", function()
  teardown(run.clean)

  for _, rows in ipairs { "replies", "hops" } do
    it("writes the same from the library and from copies, all columns, a row for " .. rows,
      function()
        local path, opts = run.dir() .. "/" .. rows .. ".csv", { fields = csv.names, rows = rows }
        local _, list = results.campaign { csv.new(path, opts) }
        local out, text = results.collector()
        results.give(csv.new(out, opts), list)
        assert.equal(text(), run.read(path))
        assert.truthy(text():find("24001:0:1:1", 1, true), "no label")
      end)
  end

  it("has the columns of mtr.h, and two that the library does not know", function()
    local header, wanted = io.open "core/mtr.h":read "*a", { "name", "asn" }
    local body = header:match "enum {([^}]*)MTR_CSV_COLUMNS":gsub("/%*.-%*/", "")
    for name in body:gmatch "MTR_CSV_([%u%d_]+)" do wanted[#wanted + 1] = name:lower() end
    table.sort(wanted)
    assert.same(wanted, csv.names)
  end)

  it("writes rows that Python reads back", function()
    local path = run.dir() .. "/read.csv"
    local fields = { "dst", "ttl", "attempt", "addr", "rtt", "stop_reason", "unanswered" }
    local _, list = results.campaign { csv.new(path, { fields = fields }) }
    local got, want = python(path), { fields }
    for _, result in ipairs(list) do
      for ttl, hop in ipairs(result.hops) do
        local missed = hop.unanswered and tostring(hop.unanswered) or ""
        for _, reply in ipairs(hop.replies) do
          want[#want + 1] = { result.dst, tostring(ttl), tostring(reply.attempt), reply.addr,
            ("%.3f"):format(reply.rtt), result.stop_reason, missed }
        end
        if not hop.replies[1] then
          want[#want + 1] = { result.dst, tostring(ttl), "", "", "", result.stop_reason, missed }
        end
      end
    end
    assert.is_true(#want > 60)
    assert.same(want, got)
  end)

  it("writes one row for a trace without hops", function()
    local path = run.dir() .. "/empty.csv"
    local function at_once() return "halted" end
    results.campaign({ csv.new(path, { fields = { "target", "stop_reason", "ttl", "addr" } }) },
      { targets = { "203.0.113.9" }, trace = { strategy = at_once } })
    assert.same({ { "target", "stop_reason", "ttl", "addr" }, { "203.0.113.9", "halted", "", "" } },
      python(path))
  end)

  it("quotes what needs quotes", function()
    local path = run.dir() .. "/quotes.csv"
    results.give(csv.new(path, { fields = { "target", "error", "dst" } }), {
      { target = 'a,"b"', error = "two\nlines", dst = "x", hops = {} } })
    assert.same({ { "target", "error", "dst" }, { 'a,"b"', "two\nlines", "x" } }, python(path))
    assert.truthy(run.read(path):find('"a,""b"""', 1, true))
  end)

  it("writes the header once, also if the file is appended to or resumed", function()
    local path, list = run.dir() .. "/twice.csv", select(2, results.campaign {})
    results.give(csv.new(path), { list[1] })
    local length = #run.read(path)
    local second = csv.new(path)
    assert(second:start {})
    local data = second:save()
    assert(second:trace(list[2]))
    assert(second:finish {})
    assert.equal(length, data.length)
    local third = csv.new(path)
    third:restore(data)
    assert(third:start {})
    assert(third:trace(list[3]))
    assert(third:finish {})
    local seen = {}
    for i, row in ipairs(python(path)) do
      assert.equal(i == 1, row[1] == "start")
      seen[row[4]] = true
    end
    assert.same({ dst = true, [list[1].dst] = true, [list[3].dst] = true }, seen)
  end)

  it("writes results longer than its memory", function()
    local path = run.dir() .. "/long.csv"
    local fields = { "dst", "ttl", "addr" }
    local opts = { fields = fields, rotate = { size = 4096 } }
    local _, list = results.campaign { csv.new(path, opts) }
    local out, text = results.collector()
    results.give(csv.new(out, { fields = fields }), list)
    local parts = run.run("cat $DIR/long.*.csv").out
    assert.equal(text(), (parts:gsub("(dst,ttl,addr\r\n)", "")):gsub("^", "dst,ttl,addr\r\n"))
  end)

  it("says which file it was when the library fails", function()
    local reporter = csv.new(run.dir() .. "/failed.csv")
    assert.is_true(reporter:start())
    local ok, message, name = reporter:trace {
      engine = true, rows = function() return -err.code.EINVAL end,
    }
    assert.same({ nil, "EINVAL" }, { ok, name })
    assert.truthy(message:find("/failed.csv", 1, true), message)
    assert.is_true(reporter:finish())
  end)

  it("writes kept results of names in strict mode", function()
    local path, list = run.dir() .. "/strict.csv", select(2, results.campaign {})
    mtr.strict(true)
    local ok, message = pcall(results.give, csv.new(path), list)
    mtr.strict(false)
    assert.is_true(ok, message)
  end)

  it("names a wrong field and the nearest one", function()
    for _, case in ipairs {
      { { fields = { "dst", "adr" } }, 'unknown field "adr"; did you mean "addr"?' },
      { { fields = {} }, "fields must be a list of 1..64 names" },
      { { fields = "dst" }, "fields must be a list of 1..64 names" },
      { { rows = "lines" }, 'rows must be "replies" or "hops", got "lines"' },
    } do
      local ok, message = pcall(csv.new, "x.csv", case[1])
      assert.is_false(ok)
      assert.truthy(message:find(case[2], 1, true), message)
    end
    local message = select(2, pcall(csv.new, "x.csv", { fields = { "quux12345" } }))
    assert.truthy(message:find("known are addr, asn, at, ", 1, true), message)
  end)
end)
