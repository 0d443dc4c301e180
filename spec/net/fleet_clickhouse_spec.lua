-- SPDX-License-Identifier: MIT
--
-- A drain into tables of ClickHouse: a real one, of the version in Debian 12, and a stand-in that
-- knows tokens of inserts as later versions do, and is as busy or broken as it is told to be.
local clickhouse = require "spec.support.real.clickhouse"
local fleets = require "spec.support.real.fleet"
local redis = require "spec.support.real.redis"
local run = require "spec.support.harness.run"

local TABLES = "scripts/FLEET.md"

describe("a drain into ClickHouse", function()
  local fleet = fleets.each(before_each, after_each)
  local url

  local function behave(mode) run.file("mode", mode) end

  before_each(function()
    behave "ok"
    redis.start("python3 spec/support/real/clickhouse.py " .. run.dir(), run.dir() .. "/click.log")
    local port = redis.await("a port", function()
      local file = io.open(run.dir() .. "/port")
      local text = file and file:read "*a"
      if file then file:close() end
      return text
    end)
    url = "http://iris:s%20e@127.0.0.1:" .. port .. "/TABLE?async=x%20y"
    fleet:good("submit", "s --lease 10 --prefix 1.0.0.0/26")
    fleet:good("work", "--name ams --once")
  end)

  local function into(format, name)
    return ("s -o %s='%s' --state %s/state"):format(format, url:gsub("TABLE", name), run.dir())
  end

  -- How many rows a table has, each once.
  local function rows(name)
    local seen, n = {}, -1
    for line in io.lines(("%s/%s.csv"):format(run.dir(), name)) do
      assert.is_nil(seen[line], "twice: " .. line)
      seen[line], n = true, n + 1
    end
    return n
  end

  -- The table has what the reporter writes to a file.
  local function same(format, name, columns)
    local file = run.dir() .. "/file"
    fleet:good("drain", into(format, name) .. (" -o %s=%s"):format(format, file))
    local function text(path) return (run.read(path):gsub("%d+%.000000000,", "NOW,")) end
    assert.equal(text(file), text(("%s/%s.csv"):format(run.dir(), name)))
    assert.equal(columns, select(2, run.read(file):match "^[^\n]*":gsub(",", ",")) + 1)
    assert.is_true(rows(name) > 300)
  end

  it("writes the columns of the tables in " .. TABLES, function()
    local text, reporters = run.read(TABLES), {
      results = require "mtr.report.caracal", replies = require "mtr.report.saimiris" }
    for name, reporter in pairs(reporters) do
      local written, columns = {}, {}
      reporter.new(function(row)
        written[#written + 1] = row
        return true
      end):start {}
      local list = text:match("CREATE TABLE " .. name .. " %((.-)%)\nENGINE") .. ","
      for column in list:gsub("%b()", ""):gmatch "([%w_]+) %w+," do
        columns[#columns + 1] = column
      end
      assert.equal(table.concat(columns, ",") .. "\n", written[1])
    end
    assert.equal(2, select(2, text:gsub("SETTINGS non_replicated_deduplication_window", "")))
  end)

  it("writes a row for each reply, in Iris' columns", function()
    same("caracal", "iris.results", 17)
  end)

  it("writes them in Saimiris' columns", function() same("saimiris", "saimiris.replies", 23) end)

  it("tries again while the server is busy", function()
    behave "busy"
    local drain = fleet:start("drain", into("caracal", "r"))
    drain:says "says: 503 Code: 252. Too many parts; trying again"
    behave "ok"
    drain:says "takes rows again"
    drain:wait()
    assert.is_true(rows "r" > 300)
  end)

  it("has each row once, though answers are lost and the drain is killed", function()
    behave "drop"
    local drain = fleet:start("drain", into("caracal", "r"))
    drain:says "closed the connection; trying again"
    drain:kill()
    behave "stale"
    fleet:redis "DEL mtr:fleet:{s}:drain"
    fleet:good("drain", into("caracal", "r"))
    assert.is_true(rows "r" > 300)
  end)

  it("ends with what the server says is wrong, and goes on later", function()
    behave "wrong"
    local got = fleet:run("drain", into("caracal", "none"))
    assert.equal(1, got.status)
    assert.truthy(got.err:find("/none says: 404 Code: 60. Unknown table none\n", 1, true), got.err)
    got = fleet:run("drain", (into("caracal", "r"):gsub("iris:", "other:"):gsub("state$", "b")))
    assert.truthy(got.err:find("says: 403 Code: 516. Authentication failed", 1, true), got.err)
    behave "ok"
    fleet:good("drain", into("caracal", "none"))
    assert.is_true(rows "none" > 300)
  end)

  it("says what is wrong with an URL", function()
    for text, message in pairs {
      ["caracal=https://h/t"] = "run stunnel beside it",
      ["caracal=http://h"] = "it must be http://HOST[:PORT]/TABLE",
      ["caracal=http://h:99999/t"] = "there is no port 99999",
      ["jsonl=http://h/t"] = "format must be caracal or saimiris, got \"jsonl\"",
    } do
      local got = fleet:run("drain", "s -o " .. text)
      assert.equal(2, got.status)
      assert.truthy(got.err:find(message, 1, true), got.err)
    end
  end)
end)

describe("a drain into a real ClickHouse", function()
  local missing = clickhouse.missing()
  local fleet = fleets.each(before_each, after_each)
  local server

  -- The columns of a table, as the README has them, with types that the version of 2018 knows.
  local function columns_of(name)
    local list = run.read(TABLES):match("CREATE TABLE " .. name .. " %((.-)%)\nENGINE")
    return (list:gsub("IPv6", "String"):gsub("DateTime64%b()", "String")
      :gsub("Array(%b())", "String"))
  end

  local function make(name)
    assert.equal("", server:ask(("CREATE TABLE %s (%s) ENGINE = MergeTree ORDER BY probe_ttl")
      :format(name, columns_of(name))))
  end

  before_each(function()
    if missing then return end
    server = clickhouse.up()
    make "results"
    fleet:good("submit", "s --lease 10 --prefix 1.0.0.0/26")
    fleet:good("work", "--name ams --once")
  end)

  local function into(format, name, user)
    return ("s -o %s='http://%s@127.0.0.1:%d/%s' --state %s/state"):format(format,
      user or "iris:s%20e", server.port, name, run.dir())
  end

  local function sorted(text)
    local lines = {}
    for line in text:gmatch "[^\n]+" do lines[#lines + 1] = line end
    table.sort(lines)
    return lines
  end

  -- The table has the rows that the reporter writes to a file, all columns but the first |but|.
  local function same(format, name, but, columns)
    local path = run.dir() .. "/file"
    local got = fleet:good("drain", into(format, name) .. (" -o %s=%s"):format(format, path))
    assert.truthy(got.err:find("too old for tokens of inserts", 1, true), got.err)
    local text = run.read(path):gsub("^[^\n]*\n", "")
      :gsub('"', ""):gsub(",", "\t"):gsub("[^\n]+", function(line)
        return (line:gsub("^" .. ("[^\t]*\t"):rep(but), ""))
      end)
    local rows = sorted(server:ask(("SELECT %s FROM %s"):format(columns, name)))
    assert.is_true(#rows > 300)
    assert.same(sorted(text), rows)
  end

  -- The names of the columns behind the first |but|.
  local function names(name, but)
    local list = {}
    for column in columns_of(name):gmatch "([%w_]+) %w+" do list[#list + 1] = column end
    return table.concat(list, ", ", but + 1)
  end

  it("writes a row for each reply, in Iris' columns", function()
    if missing then pending(missing) end
    same("caracal", "results", 0, "toUInt32(capture_timestamp), " .. names("results", 1))
  end)

  it("writes them in Saimiris' columns", function()
    if missing then pending(missing) end
    make "replies"
    same("saimiris", "replies", 2, names("replies", 2))
  end)

  it("goes on when the server was killed and is back", function()
    if missing then pending(missing) end
    local path = run.dir() .. "/all"
    server:kill()
    local drain = fleet:start("drain", into("caracal", "results") .. " -o caracal=" .. path)
    drain:says "trying again"
    assert.is_true(server:begin())
    drain:says "takes rows again"
    drain:wait()
    local seen = tonumber(server:ask "SELECT count(*) FROM (SELECT DISTINCT * FROM results)")
    assert.equal(select(2, run.read(path):gsub("\n", "")) - 1, seen)
    assert.is_true(seen > 300)
  end)

  it("ends with what does not pass, and goes on when that is mended", function()
    if missing then pending(missing) end
    server:ask "CREATE TABLE other (a Date, b Date) ENGINE = MergeTree ORDER BY a"
    for words, said in pairs {
      [into("caracal", "none")] = "/none says: 404 Code: 60, .*none doesn't exist",
      [into("caracal", "results", "iris:no")] = "/results says: 401 Code: 193, .*Wrong password",
      [into("caracal", "other")] = "/other says: 500 Code: %d+, e.displayText",
      [into("caracal", "results?readonly=1")] = "/results says: 500 Code: 164, .*readonly",
    } do
      os.remove(run.dir() .. "/state")
      local got = fleet:run("drain", words)
      assert.equal(1, got.status)
      assert.truthy(got.err:find(said), got.err)
    end
    os.remove(run.dir() .. "/state")
    fleet:run("drain", into("caracal", "results", "iris:no"))
    fleet:good("drain", into("caracal", "results"))        -- the same state, though it was no user
    assert.is_nil(run.read(run.dir() .. "/state"):find("iris", 1, true))
    assert.is_true(tonumber(server:ask "SELECT count(*) FROM results") > 300)
  end)
end)
