-- SPDX-License-Identifier: MIT
--
-- The reporter of JSON lines: what is in the file is whole lines, whatever happens.
local mtr = require "mtr"
local lib = require "mtr.lib"
local err = require "mtr.base.err"
local jsonl = require "mtr.report.jsonl"
local random = require "spec.support.harness.random"
local run = require "spec.support.harness.run"

-- A borrowed result with this text; and one that only has json().
local function lazy(text)
  return {
    json = function() return text end,
    line = function(_, out, size, used)
      if used[0] + #text >= size then return -err.code.EMSGSIZE end
      lib.copy(out + used[0], text .. "\n", #text + 1)
      used[0] = used[0] + #text + 1
      return 0
    end,
  }
end

local function own(text) return { json = function() return text end } end

local read = run.read

describe("the jsonl reporter", function()
  teardown(run.clean)

  it("writes every result as a line, long and short, in order", function()
    local path, r, lines = run.dir() .. "/out.jsonl", random(1), {}
    local reporter = jsonl.new(path)
    assert.is_true(reporter:start())
    for i = 1, 400 do
      local size = r(10) == 1 and 240000 + r(48000) or r(2000)
      lines[i] = ("{%q}"):format(("x"):rep(size))
      assert.is_true(reporter:trace(r(3) == 1 and own(lines[i]) or lazy(lines[i])))
    end
    assert.is_true(reporter:finish())
    assert.is_true(table.concat(lines, "\n") .. "\n" == read(path))
  end)

  it("writes results of the engine, as many as there are", function()
    local path, lines = run.dir() .. "/campaign.jsonl", {}
    local net = mtr.sim.internet { seed = 3, prefixes = 1000 }
    local engine = assert(mtr.engine { sim = net, rate = "max" })
    local next_target, n = net:targets(), 0
    mtr.go(function()
      local summary = assert(mtr.campaign {
        engine = engine, window = 50, reporters = { jsonl.new(path) },
        targets = function()
          n = n + 1
          return n <= 300 and next_target() or nil
        end,
        on_trace = function(result) lines[#lines + 1] = result:json() end,
      }:run())
      assert.equal(300, summary.traces)
    end)
    engine:run()
    engine:close()
    assert.is_true(#table.concat(lines) > 3 * 262144)
    assert.is_true(table.concat(lines, "\n") .. "\n" == read(path))
  end)

  it("makes a file of nothing when there was nothing", function()
    local path = run.dir() .. "/nothing.jsonl"
    local reporter = jsonl.new(path)
    assert.is_true(reporter:start())
    assert.is_true(reporter:finish())
    assert.equal("", read(path))
  end)

  it("appends to what is there, unless it is to overwrite it", function()
    local path = run.file("old.jsonl", "{\"old\":1}\n")
    for _, opts in ipairs { { "{\"old\":1}\n{}\n" }, { "{}\n", overwrite = true } } do
      local reporter = jsonl.new(path, { overwrite = opts.overwrite })
      assert.is_true(reporter:start())
      assert.is_true(reporter:trace(lazy "{}"))
      assert.is_true(reporter:finish())
      assert.equal(opts[1], read(path))
    end
  end)

  it("has what it was given in the file after an update", function()
    local path = run.dir() .. "/update.jsonl"
    local reporter = jsonl.new(path)
    assert.is_true(reporter:start())
    reporter:trace(lazy "{}")
    assert.equal("", read(path))
    assert.is_true(reporter:update())
    assert.equal("{}\n", read(path))
    reporter:finish()
  end)

  it("says which file cannot be opened", function()
    local ok, message, name = jsonl.new(run.dir() .. "/none/out"):start()
    assert.is_nil(ok)
    assert.equal("ENOENT", name)
    assert.truthy(message:find("/none/out", 1, true))
  end)

  it("says which file is full, and fails at once with a long line", function()
    for _, size in ipairs { 10, 270000 } do
      local reporter = jsonl.new "/dev/full"
      assert.is_true(reporter:start())
      local ok, message, name = reporter:trace(lazy(("x"):rep(size)))
      if size == 10 then ok, message, name = reporter:finish() end
      assert.is_nil(ok)
      assert.equal("ENOSPC", name)
      assert.truthy(message:find("writing /dev/full", 1, true), message)
    end
  end)

  it("leaves no half line on a disk that fills up", function()
    local path = run.dir() .. "/limited.jsonl"
    local got = run.run(([[ulimit -f 100; trap '' XFSZ; exec luajit -e '
      package.path = "build/lua/?.lua;lua/?.lua;lua/?/init.lua"
      local reporter = require("mtr.report.jsonl").new "%s"
      assert(reporter:start())
      local result = { json = function() return "{" .. ("x"):rep(2997) .. "}" end }
      for i = 1, 100 do
        local ok, message, name = reporter:trace(result)
        if not ok then print(name, message) break end
      end']]):format(path))
    assert.equal("", got.err)
    assert.truthy(got.out:find "^EFBIG\tEFBIG.*writing .*limited.jsonl", got.out)
    local text = read(path)
    assert.is_true(#text >= 51000)              -- all lines of 3000 bytes that fit
    assert.equal("", (text:gsub("{x+}\n", "")), "half a line was left")
  end)

  it("gives a function each line at once", function()
    local lines = {}
    local reporter = jsonl.new(function(line) lines[#lines + 1] = line return true end)
    assert.is_true(reporter:start())
    assert.is_true(reporter:trace(own "{}"))
    assert.is_true(reporter:trace(lazy "[]"))
    assert.same({ "{}\n", "[]\n" }, lines)
    assert.is_true(reporter:update())
    assert.is_true(reporter:finish())
    assert.equal(2, #lines)
  end)

  it("passes on what the function says has failed", function()
    local reporter = jsonl.new(function() return nil, "EIO: no more", "EIO" end)
    assert.is_true(reporter:start())
    assert.same({ nil, "EIO: no more", "EIO" }, { reporter:trace(own "{}") })
  end)

  it("writes the fields that it is told of a plain table, in that order", function()
    local out = ""
    local reporter = jsonl.new(function(line) out = out .. line return true end,
      { fields = { "type", "seq", "addr", "dup" } })
    assert.is_true(reporter:start())
    reporter:trace { type = "ping", addr = "a\27\n", seq = 1.5, dup = true, other = 1 }
    reporter:trace { seq = 2 }
    assert.equal('{"type":"ping","seq":1.5,"addr":"a\\u001b\\n","dup":true}\n{"seq":2}\n', out)
  end)

  it("takes a path or nothing", function()
    assert.has_error(function() jsonl.new(7) end, "report.jsonl: the path must be a string, got 7")
    assert.equal("-", jsonl.new().sink.path)
  end)
end)
