-- SPDX-License-Identifier: MIT
--
-- Statistics per hop, fed with replies as hooks get them and with whole results.
local stats = require "mtr.script.stats"

local function reply(ttl, addr, rtt, more)
  local r = { ttl = ttl, addr = addr, rtt = rtt }
  for k, v in pairs(more or {}) do r[k] = v end
  return r
end

-- `received` answers of 1 ms at this TTL, and `unanswered` probes.
local function hear(s, ttl, received, unanswered, more)
  for _ = 1, received do s:on_reply(nil, reply(ttl, "192.0.2." .. ttl, 1, more)) end
  for _ = 1, unanswered do s:on_timeout(nil, { ttl = ttl }) end
end

describe("stats", function()
  local s
  before_each(function() s = stats.new() end)

  it("knows no hop that nothing was heard of", function()
    assert.is_nil(s:hop(1))
    assert.same({}, s:hops())
  end)

  it("has the columns of mtr", function()
    for _, rtt in ipairs { 10, 14, 13 } do s:on_reply(nil, reply(2, "192.0.2.2", rtt)) end
    s:on_timeout(nil, { ttl = 2 })
    local hop = s:hop(2)
    assert.same({ 2, "192.0.2.2", 4, 3, 1, 13, 10, 14 }, { hop.ttl, hop.addr, hop.sent,
      hop.received, hop.unanswered, hop.last, hop.best, hop.worst })
    assert.same({ 1, 2.5, 4, 13, 14 }, { hop.jitter, hop.jitter_avg, hop.jitter_max, hop.p50,
      hop.p95 })
    assert.equal("12.333 2.082", ("%.3f %.3f"):format(hop.avg, hop.stdev))
    assert.equal("12.209", ("%.3f"):format(hop.gmean))
    assert.equal(4 / 16 + (1 - 4 / 16) / 16, hop.jitter_interarrival)
    assert.equal(10, hop:quantile(0.1))
  end)

  it("counts only the first reply in time, and the others by what they are", function()
    s:on_reply(nil, reply(1, "192.0.2.1", 5))
    s:on_reply(nil, reply(1, "192.0.2.1", 500, { dup = true }))
    s:on_timeout(nil, { ttl = 1 })
    s:on_reply(nil, reply(1, "192.0.2.1", 3000, { late = true }))
    s:on_reply(nil, reply(1, "192.0.2.9", 4, { too_big = true }))
    s:on_reply(nil, reply(1, "192.0.2.9", 4, { ignored = true }))
    s:on_timeout(nil, { ttl = 1, error = "EPERM" })
    local hop = s:hop(1)
    assert.same({ 3, 1, 1, 1, 1, 1, 1 }, { hop.sent, hop.received, hop.unanswered, hop.dup,
      hop.late, hop.too_big, hop.errors })
    assert.same({ 5, 5 }, { hop.best, hop.worst })
    assert.same({ { addr = "192.0.2.1", count = 1 } }, hop.addrs)
  end)

  it("names all addresses of a hop, the most frequent first", function()
    for _, last in ipairs { 7, 3, 9, 9, 3, 9 } do
      s:on_reply(nil, reply(4, "192.0.2." .. last, 1))
    end
    local hop = s:hop(4)
    assert.equal("192.0.2.9", hop.addr)
    assert.same({ { addr = "192.0.2.9", count = 3 }, { addr = "192.0.2.3", count = 2 },
      { addr = "192.0.2.7", count = 1 } }, hop.addrs)
  end)

  it("calls only what the destination did not answer a loss", function()
    hear(s, 1, 3, 1)
    hear(s, 2, 3, 1, { final = true })
    hear(s, 3, 0, 4)
    assert.same({ nil, 0.25, nil }, { s:hop(1).loss, s:hop(2).loss, s:hop(3).loss })
    assert.is_true(s:hop(2).destination)
    assert.is_nil(s:hop(1).destination)
  end)

  describe("labels as rate-limited", function()
    -- answered and not at hop 2, then at later hops: whether hop 2 is rate-limited
    for name, case in pairs {
      ["a hop whose successor answers all"] = { 5, 5, { { 10, 0 } }, true },
      ["a hop before any hop that answers all"] =
        { 5, 5, { { 3, 7 }, { 0, 10 }, { 10, 0 } }, true },
      ["a hop that answers all but a few, where many came through"] =
        { 95, 5, { { 100, 0 } }, true },
      ["no hop that all of the following resemble"] = { 5, 5, { { 6, 4 }, { 5, 5 } } },
      ["no hop behind which too few probes came through to tell"] = { 9, 1, { { 10, 0 } } },
      ["no silent hop"] = { 0, 10, { { 10, 0 } } },
      ["no hop that answers all"] = { 10, 0, { { 10, 0 } } },
      ["no last hop"] = { 5, 5, {} },
    } do
      it(name, function()
        local answered, not_answered, later, expected = unpack(case)
        hear(s, 1, 10, 0)
        hear(s, 2, answered, not_answered)
        for i, hop in ipairs(later) do hear(s, 2 + i, hop[1], hop[2]) end
        assert.equal(expected, s:hop(2).rate_limited)
        assert.is_nil(s:hop(1).rate_limited)
      end)
    end
  end)

  it("adds finished results, any number of them", function()
    local result = { hops = {
      { ttl = 1, skipped = true, replies = {} },
      { ttl = 2, addr = "192.0.2.2", replies = { { addr = "192.0.2.2", rtt = 2 },
        { addr = "192.0.2.2", rtt = 9, dup = true } }, unanswered = 1 },
      { ttl = 3, replies = {}, unanswered = 2 },
      { ttl = 4, replies = {}, failed = 2, error = "EPERM" },
      { ttl = 5, addr = "192.0.2.5", replies = { { addr = "192.0.2.5", rtt = 5, final = true } } },
    } }
    assert.equal(s, s:add(result))
    s:add(result)
    assert.equal(2, s.traces)
    local seen = {}
    for i, hop in ipairs(s:hops()) do
      seen[i] = { hop.ttl, hop.sent, hop.received, hop.unanswered, hop.errors, hop.dup }
    end
    assert.same({ { 1, 0, 0, 0, 0, 0 }, { 2, 4, 2, 2, 0, 2 }, { 3, 4, 0, 4, 0, 0 },
      { 4, 0, 0, 0, 4, 0 }, { 5, 2, 2, 0, 0, 0 } }, seen)
    assert.equal(0, s:hop(5).loss)
    assert.equal(2, result.hops[2].replies[1].rtt)
    assert.is_nil(result.hops[2].replies[1].ttl)
  end)

  it("refuses a value that is not a result", function()
    for _, value in ipairs { 7, "x", { hops = 1 } } do
      local ok, message = pcall(s.add, s, value)
      assert.is_false(ok)
      assert.truthy(message:find "stats: add takes a result, got ", message)
    end
  end)

  it("makes hooks that call those that were there", function()
    local heard = {}
    local given = {
      protocol = "udp",
      on_reply = function(trace, r)
        heard[#heard + 1] = { trace, r.ttl }
        return "stop"
      end,
    }
    local opts = s:hooks(given)
    assert.equal("udp", opts.protocol)
    assert.equal("stop", opts.on_reply("T", reply(3, "192.0.2.3", 1)))
    assert.is_nil(opts.on_timeout("T", { ttl = 3 }))
    assert.same({ { "T", 3 } }, heard)
    assert.is_nil(given.on_timeout)
    assert.same({ 2, 1 }, { s:hop(3).sent, s:hop(3).received })
  end)

  it("keeps nothing of a reply that it has counted", function()
    local r = reply(1, "192.0.2.1", 1)
    local function more()
      for _ = 1, 20000 do s:on_reply(nil, r) end
      collectgarbage()
      collectgarbage()
      return collectgarbage "count"
    end
    local before = more()
    assert.truthy(more() - before < 16, "kilobytes kept of 20,000 more replies")
  end)
end)
