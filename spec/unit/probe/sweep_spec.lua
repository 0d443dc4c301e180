-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/sweep.c.

local core = require "spec.support.harness.core"
local sweep = require "spec.support.virtual.sweep"

local C = core.load{ "core/probe/sweep.h" }

describe("sweep", function()
  local s

  local function init(o)
    if s then s:close() end
    s = sweep.new(o)
  end

  before_each(function() init() end)

  after_each(function()
    s:close()
    s = nil
  end)

  for _, case in ipairs{
    { "probes the lowest TTLs first, a window at a time", { gap_limit = 0 }, "1 2 3 4 5 6 7 8" },
    { "begins at first_ttl and ends at max_ttl", { first_ttl = 3, max_ttl = 6 }, "3 4 5 6" },
    { "asks one hop for all its answers before the next", { queries = 3 }, "1 1 1 2 2 2 3 3" },
    { "keeps to a window of 1", { window = 1 }, "1" },
    { "looks no further than gap_limit beyond the start", { gap_limit = 3 }, "1 2 3" },
    { "counts the gap from first_ttl", { gap_limit = 2, first_ttl = 4 }, "4 5" },
    { "goes to the last TTL of all", { first_ttl = 254, max_ttl = 255, gap_limit = 0 }, "254 255" },
  } do
    it(case[1], function()
      init(case[2])
      assert.equal(case[3], s:probes())
      assert.is_nil(s:probe())
    end)
  end

  it("continues where it stopped when an answer makes room", function()
    assert.equal("1 2 3 4 5", s:probes())
    s:answer(1)
    assert.equal("6", s:probes())
    s:answer(5)
    assert.equal("7 8 9 10", s:probes(4))
  end)

  it("retries a hop without an answer before it goes further", function()
    init{ window = 3 }
    assert.equal("1 2 3", s:probes())
    s:lost(2)
    assert.equal("2", s:probes())
    s:answer(1)
    s:lost(3)
    assert.equal("3 4", s:probes())
  end)

  it("tries attempts times for each wanted answer, no more", function()
    init{ queries = 2, attempts = 3, max_ttl = 1 }
    assert.equal("1 1", s:probes())
    s:lost(1)
    s:answer(1)
    assert.equal("1", s:probes())
    for i = 4, 6 do
      s:lost(1)
      assert.equal(0, C.sweep_settled(s.t, 1))
      assert.equal("1", s:probes(), "attempt " .. i)
    end
    s:lost(1)
    assert.is_nil(s:probe())
    assert.equal(1, C.sweep_settled(s.t, 1))
  end)

  it("settles a hop when all its queries have ended, and not before", function()
    init{ queries = 2, max_ttl = 1 }
    assert.equal(0, C.sweep_settled(s.t, 1))
    assert.equal("1 1", s:probes())
    s:answer(1)
    assert.equal(0, C.sweep_settled(s.t, 1))
    s:answer(1)
    assert.equal(1, C.sweep_settled(s.t, 1))
    assert.is_nil(s:probe())
  end)

  it("does not probe behind a hop that completes, nor retry there", function()
    assert.equal("1 2 3 4 5", s:probes())
    s:answer(3, C.MTR_REPLY_FINAL)
    assert.is_nil(s:probe())
    s:lost(4)
    s:lost(5)
    assert.is_nil(s:probe())
    s:lost(2)
    assert.equal("2", s:probes())
  end)

  it("ends at the lowest of several completing hops", function()
    s:probes()
    s:answer(5, C.MTR_REPLY_FINAL)
    s:answer(4, C.MTR_REPLY_FINAL)
    s:answer(3, C.MTR_REPLY_FINAL)
    assert.equal(3, s.t.limit)
  end)

  it("waits while data replies are not yet credited", function()
    init{ window = 4 }
    s:probes(2)
    s.t.waits = 1
    assert.is_nil(s:probe())
    s.t.waits = 0
    assert.equal("3 4", s:probes())
  end)

  local silence = { "silence", nil, 0, C.MTR_STOP_NONE }
  for _, case in ipairs{
    silence,
    { "an ordinary hop", {}, 0, C.MTR_STOP_NONE },
    { "a final answer", { C.MTR_REPLY_FINAL }, 0, C.MTR_STOP_COMPLETED },
    { "an unreachable", { C.MTR_REPLY_UNREACH }, 13, C.MTR_STOP_UNREACH },
  } do
    it(("judges %s after its queries"):format(case[1]), function()
      init{ attempts = 1 }
      s:probes(1)
      if case[2] then s:answer(1, case[2][1], nil, 13) else s:lost(1) end
      assert.equal(case[4], s:judge(1, case[2] and "10.0.0.1"))
      assert.equal(case[3], s.t.stop_data)
      assert.equal(1, s.t.settled)
    end)
  end

  it("ends at an unreachable only if every answer of the hop is one", function()
    for _, second in ipairs{ 0, C.MTR_REPLY_UNREACH } do
      init{ queries = 2, attempts = 1 }
      s:probes(2)
      s:answer(1, C.MTR_REPLY_UNREACH, nil, 10)
      s:answer(1, second, nil, 13)
      assert.equal(second == 0 and C.MTR_STOP_NONE or C.MTR_STOP_UNREACH, s:judge(1, "10.0.0.1"))
      assert.equal(second == 0 and 0 or 13, s.t.stop_data)
    end
  end)

  it("prefers completion to an unreachable of the same hop", function()
    init{ queries = 2 }
    s:probes(2)
    s:answer(1, C.MTR_REPLY_UNREACH, nil, 10)
    s:answer(1, C.MTR_REPLY_FINAL)
    assert.equal(C.MTR_STOP_COMPLETED, s:judge(1, "10.0.0.1"))
  end)

  it("counts silent hops in a row and begins anew after an answer", function()
    init{ gap_limit = 2, attempts = 1 }
    local reasons = {}
    for ttl, addr in ipairs{ false, "10.0.0.2", false, false } do
      assert.equal(ttl, tonumber(s:probes(1)))
      if addr then s:answer(ttl) else s:lost(ttl) end
      reasons[ttl] = s:judge(ttl, addr)
    end
    assert.same({ 0, 0, 0, C.MTR_STOP_GAPLIMIT }, reasons)
  end)

  it("ends at max_ttl when nothing else ends it", function()
    init{ max_ttl = 2, attempts = 1, gap_limit = 0 }
    s:probes()
    s:lost(1)
    s:answer(2)
    assert.equal(C.MTR_STOP_NONE, s:judge(1))
    assert.equal(C.MTR_STOP_HOPLIMIT, s:judge(2, "10.0.0.2"))
  end)

  for _, case in ipairs{ { 2, 2, C.MTR_STOP_ERROR, 101 }, { 2, 1, C.MTR_STOP_HOPLIMIT, 0 } } do
    it(("gives its reason when %d of %d sends have failed"):format(case[2], case[1]), function()
      init{ max_ttl = case[1], attempts = 1, gap_limit = 0 }
      s:probes()
      for ttl = 1, case[1] do
        if ttl <= case[2] then s:failed(ttl, 101) end
        s:lost(ttl)
      end
      assert.equal(C.MTR_STOP_NONE, s:judge(1))
      assert.equal(case[3], s:judge(2))
      assert.equal(case[4], s.t.stop_data)
    end)
  end

  for _, case in ipairs{
    { "a b c b", 1, 4 }, { "a b b b", 1, nil }, { "a a b a", 1, 4 }, { "a * a b", 1, nil },
    { "a * b a", 1, 4 }, { "a b a b a", 2, 4 }, { "a b a c a b", 3, 6 }, { "a b a b a", 0, nil },
    { "a b a b a", 1, 3 }, { "a b * a", 1, 4 },
  } do
    local text, limit, want = unpack(case)
    it(("finds %s in %s with loop_limit %d"):format(want and "the loop at " .. want or "no loop",
      text, limit), function()
      init{ loop_limit = limit, attempts = 1 }
      local ttl, ended = 0, nil
      for word in text:gmatch("%S") do
        ttl = ttl + 1
        local addr = word ~= "*" and "10.9.9." .. word:byte() or nil
        s:probes(1)
        if addr then s:answer(ttl, 0, addr) else s:lost(ttl) end
        local reason = s:judge(ttl, addr)
        if reason == C.MTR_STOP_LOOP then
          ended = ttl
          break
        end
        assert.equal(C.MTR_STOP_NONE, reason)
      end
      assert.equal(want, ended)
    end)
  end
end)
