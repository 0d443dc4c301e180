-- SPDX-License-Identifier: MIT
--
-- The file with the state of a campaign: what is written is read, anything else is refused.
local state = require "mtr.campaign.state"
local run = require "spec.support.harness.run"

local function written(left, count)
  return state.text({
    finished = false, campaign = { targets = "file a.txt" }, position = 12,
    tally = { targets = 12, errors = {}, stops = { completed = 9 } },
    reporters = { false, { length = 123456789012, part = 2 } },
  }, left, count)
end

describe("the state of a campaign", function()
  teardown(run.clean)

  it("is read as it was written", function()
    local left = "192.0.2.1\nfe80::1%3\nname.example\n" .. state.line 'a\n"b'
    local read = assert(state.read(run.file("run.state", written(left, 4))))
    assert.same({ "192.0.2.1", "fe80::1%3", "name.example", 'a\n"b' }, read.left)
    assert.same({ 12, false, 4 }, { read.position, read.finished, read.unfinished })
    assert.same({ false, { length = 123456789012, part = 2 } }, read.reporters)
    assert.same({ targets = 12, errors = {}, stops = { completed = 9 } }, read.tally)
    assert.same({ targets = "file a.txt" }, read.campaign)
  end)

  it("keeps what a target carries", function()
    local left = state.line { target = "192.0.2.1", priority = 2.5, attempt = 1 }
      .. state.line { target = 'a\n"b', attempt = 3, wait = 250 }
      .. state.line { target = "192.0.2.2" }
      .. state.line "{x"
    assert.truthy(left:find("\n192.0.2.2\n", 1, true))
    local read = assert(state.read(run.file("run.state", written(left, 4))))
    assert.same({ { target = "192.0.2.1", priority = 2.5, attempt = 1 },
      { target = 'a\n"b', priority = 0, attempt = 3, wait = 250 }, "192.0.2.2", "{x" }, read.left)
  end)

  it("is not there yet: no message", function()
    assert.same({}, { state.read(run.dir() .. "/none") })
  end)

  it("is refused wherever it was cut off", function()
    local text = written("192.0.2.1\n192.0.2.2\n", 2)
    for i = 30, #text - 1 do
      local read, message, name = state.read(run.file("cut", text:sub(1, i)))
      assert.same({ nil, "EPROTO" }, { read, name })
      assert.equal(run.dir() .. "/cut: the state is cut off", message:sub(9))
    end
  end)

  for what, case in pairs {
    ["an empty file"] = { "", "this is not the state of a campaign" },
    ["a list of targets"] = { "192.0.2.1\n", "this is not the state of a campaign" },
    ["other JSON"] = { '{"state":1}\n', "this is not the state of a campaign" },
    ["bytes"] = { "\0\1\2\255\n\0", "this is not the state of a campaign" },
    ["a newer version"] = { '{"state":"mtrlua campaign","version":2}\nend\n',
      "this state has version 2; this mtrlua reads version 1" },
    ["one line less than it says"] = { written("192.0.2.1\n", 2), "the state is cut off" },
  } do
    it("is not " .. what, function()
      local read, message, name = state.read(run.file("wrong", case[1]))
      assert.same({ nil, "EPROTO" }, { read, name })
      assert.equal(("EPROTO: %s/wrong: %s"):format(run.dir(), case[2]), message)
    end)
  end

  it("is not a directory", function()
    local read, message, name = state.read(run.dir())
    assert.same({ nil, "EISDIR" }, { read, name })
    assert.truthy(message:find(run.dir(), 1, true))
  end)

  it("tells campaigns apart by targets, options of traces and outputs", function()
    local function id(targets, trace, ...)
      local reporters = {}
      for i, path in ipairs { ... } do reporters[i] = { sink = { path = path } } end
      return state.identity(targets, trace, reporters)
    end
    local one = id("file a", { protocol = "udp", port = 80 }, "out.jsonl")
    assert.is_nil(state.difference(one, id("file a", { port = 80, protocol = "udp" }, "out.jsonl")))
    assert.equal("targets was file a, now file b",
      state.difference(one, id("file b", { protocol = "udp", port = 80 }, "out.jsonl")))
    assert.equal('reporter 1 was out.jsonl, now out.csv; reporter 2 was not given, now a; '
      .. 'trace.port was 80, now not given; trace.protocol was "udp", now "icmp"',
      state.difference(one, id("file a", { protocol = "icmp" }, "out.csv", "a")))
    assert.truthy(state.difference(one, id("file a", print, "out.jsonl"))
      :find("trace was not given, now a function", 1, true))
    local strategy = { width = 3, name = "mine", next = print }
    strategy.itself = strategy
    assert.equal('{ name = "mine", width = 3 }',
      id("x", { strategy = strategy, data = {} })["trace.strategy"])
    assert.is_nil(id("x", { data = {} })["trace.data"])
    local bytes = id("file \255", { payload = "\0\254\n" }, "out\200")
    local text = state.text({ campaign = bytes, finished = true }, "", 0)
    assert.is_nil(state.difference(assert(state.read(run.file("bytes", text))).campaign, bytes))
    assert.equal("a reporter of its own kind", state.identity("x", nil, { {} })["reporter 1"])
  end)
end)
