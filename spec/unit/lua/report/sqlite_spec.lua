-- SPDX-License-Identifier: MIT
--
-- The reporter that writes a database: the shell sqlite3 reads it.
local sqlite = require "mtr.report.sqlite"
local results = require "spec.support.virtual.results"
local run = require "spec.support.harness.run"

local function query(path, sql)
  local got = run.run(('sqlite3 %s "%s"'):format(path, sql))
  assert.equal("", got.err)
  return got.out
end

describe("the sqlite reporter", function()
  teardown(run.clean)

  it("writes traces, hops and replies", function()
    local path = run.dir() .. "/out.db"
    local _, list = results.campaign { sqlite.new(path) }
    local traces, replies = {}, 0
    for i, result in ipairs(list) do
      traces[i] = ("%d|%s|%s|%d|%d\n"):format(i, result.dst, result.stop_reason, result.hop_count,
        result.probe_count)
      for _, hop in ipairs(result.hops) do replies = replies + #hop.replies end
    end
    assert.equal(table.concat(traces),
      query(path, "SELECT id, dst, stop_reason, hop_count, probe_count FROM traces ORDER BY id"))
    assert.equal(replies .. "\n", query(path, "SELECT count(*) FROM replies"))
    local hop, reply = list[1].hops[5], list[1].hops[4].replies[1]
    assert.equal(("|%d\n"):format(hop.unanswered),
      query(path, "SELECT addr, unanswered FROM hops WHERE trace = 1 AND ttl = 5"))
    assert.equal(("%s|%.3f|%d|kernel|24001:0:1:1\n"):format(reply.addr, reply.rtt,
      reply.quoted.ttl), query(path, "SELECT addr, printf('%.3f', rtt), quoted_ttl, tstamp, mpls "
      .. "FROM replies WHERE trace = 1 AND ttl = 4 LIMIT 1"))
    assert.equal("ok\n", query(path, "PRAGMA integrity_check"))
    assert.equal("out.db\n", run.run("cd $DIR && ls | grep '^out.db'").out)
  end)

  it("adds to a database, and empties it only if it is told to", function()
    local path, list = run.dir() .. "/more.db", select(2, results.campaign {})
    results.give(sqlite.new(path), { list[1] })
    results.give(sqlite.new(path), { list[2], list[3] })
    assert.equal("1\n2\n3\n", query(path, "SELECT id FROM traces"))
    results.give(sqlite.new(path, { overwrite = true }), { list[4] })
    assert.equal(("1|%s\n"):format(list[4].dst), query(path, "SELECT id, dst FROM traces"))
  end)

  it("removes rows beyond the checkpoint when it is resumed", function()
    local path, list = run.dir() .. "/resume.db", select(2, results.campaign {})
    local first = sqlite.new(path)
    assert(first:start {})
    first:trace(list[1])
    first:trace(list[2])
    local data = assert(first:save())
    assert.equal("2\n", query(path, "SELECT count(*) FROM traces"))
    first:trace(list[3])
    assert(first:finish {})
    local second = sqlite.new(path, { overwrite = true })
    second:restore(data)
    results.give(second, { list[4] })
    assert.equal(("%s\n%s\n%s\n"):format(list[1].dst, list[2].dst, list[4].dst),
      query(path, "SELECT dst FROM traces ORDER BY id"))
    assert.equal("1|2|3\n", query(path, "SELECT group_concat(t, '|') FROM "
      .. "(SELECT DISTINCT trace t FROM replies ORDER BY t)"))
  end)

  it("refuses a database that lacks what the checkpoint says", function()
    local reporter = sqlite.new(run.dir() .. "/other.db")
    reporter:restore { traces = 7 }
    local ok, message, name = reporter:start {}
    assert.same({ nil, "EINVAL" }, { ok, name })
    assert.truthy(message:find("other.db has traces up to 0, but the state says 7", 1, true))
  end)

  it("loses what was not committed, and nothing else, when it is not finished", function()
    local path, list = run.dir() .. "/killed.db", select(2, results.campaign {})
    local reporter = sqlite.new(path)
    assert(reporter:start {})
    reporter:trace(list[1])
    assert(reporter:update {})
    reporter:trace(list[2])
    reporter.db:close()
    assert.equal("1\n", query(path, "SELECT count(*) FROM traces"))
  end)

  it("refuses a second writer, and files that are no databases", function()
    local path = run.dir() .. "/two.db"
    local reporter = sqlite.new(path)
    assert(reporter:start {})
    local ok, message, name = sqlite.new(path):start {}
    assert.same({ nil, "EAGAIN" }, { ok, name })
    assert.truthy(message:find("two.db: another process writes to it", 1, true))
    assert(reporter:finish {})
    ok, message, name = sqlite.new(run.file("text", ("no database\n"):rep(99))):start {}
    assert.same({ nil, "EINVAL" }, { ok, name })
    assert.truthy(message:find("/text: file is not a database", 1, true), message)
    for _, wrong in ipairs { run.dir(), run.dir() .. "/none/out.db" } do
      ok, message, name = sqlite.new(wrong):start {}
      assert.same({ nil, "ENOENT" }, { ok, name })
      assert.truthy(message:find(wrong, 1, true))
    end
  end)

  it("writes only to files", function()
    for _, wrong in ipairs { "-", 7 } do
      local message = select(2, pcall(sqlite.new, wrong))
      assert.truthy(message:find("report.sqlite: the path must be a string that names a file", 1,
        true))
    end
  end)

  it("names the package if SQLite is missing", function()
    local got = run.run [[luajit -e '
      package.path = "build/lua/?.lua;lua/?.lua;lua/?/init.lua"
      require("mtr.lib").sqlite = function() end
      print(require("mtr.report.sqlite").new("x.db"):start())']]
    assert.equal("nil\tELIBACC: x.db: needs SQLite, which is not installed: "
      .. "apt-get install libsqlite3-0\tELIBACC\n", got.out)
  end)
end)
