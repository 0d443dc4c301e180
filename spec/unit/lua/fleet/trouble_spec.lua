-- SPDX-License-Identifier: MIT
--
-- The campaigns that a worker passes over: what is said, and when they are tried again.
local troubles = require "mtr.fleet.trouble"

describe("trouble with a campaign", function()
  local said, ticker, trouble

  before_each(function()
    said, ticker = {}, { ms = 100, count = 7 }
    trouble = troubles.new(ticker, function(message) said[#said + 1] = message end)
  end)

  it("is told once, until something else is wrong", function()
    for _ = 1, 3 do trouble:wrong("a", "one") end
    trouble:wrong("a", "two")
    trouble:failed("b", "one")
    assert.same({ "campaign a is passed over: one", "campaign a is passed over: two",
      "campaign b is passed over: one" }, said)
    assert.same({ a = "two", b = "one" }, trouble:messages())
  end)

  it("lasts until its facts are right", function()
    trouble:wrong("a", "one")
    ticker.count = 1e6
    assert.is_true(trouble:passed_over "a")
    trouble:right "b"
    trouble:right "a"
    assert.is_false(trouble:passed_over "a")
    assert.is_nil(trouble:messages())
    assert.equal("campaign a goes on", said[2])
  end)

  it("at a lease is tried again after 2 s, and then ever later, up to a minute", function()
    for _, seconds in ipairs { 2, 4, 8, 16, 32, 60, 60 } do
      for _ = 1, 2 do trouble:failed("a", "one") end
      trouble:right "a"                -- its facts were right before
      ticker.count = ticker.count + seconds * 10 - 1
      assert.is_true(trouble:passed_over "a")
      ticker.count = ticker.count + 1
      assert.is_false(trouble:passed_over "a")
      assert.is_true(trouble:has "a")
    end
    trouble:over "a"
    trouble:over "a"
    assert.is_false(trouble:has "a")
    assert.same({ "campaign a is passed over: one", "campaign a goes on" }, said)
    trouble:failed("a", "one")
    assert.equal(2, (function()
      local n = ticker.count
      while trouble:passed_over "a" do ticker.count = ticker.count + 1 end
      return (ticker.count - n) / 10
    end)())
  end)

  it("of both kinds lasts until both are over", function()
    trouble:failed("a", "one")
    trouble:wrong("a", "two")
    ticker.count = 1000
    assert.is_true(trouble:passed_over "a")
    trouble:right "a"
    assert.is_false(trouble:passed_over "a")
    assert.is_true(trouble:has "a")
    trouble:forget "a"
    assert.is_false(trouble:has "a")
  end)

  it("is what comes from its keys or its options, and not from the worker or Redis", function()
    for _, name in ipairs { "WRONGTYPE", "NOGROUP", "EBADMSG", "ERR" } do
      assert.is_true(troubles.of_keys(name))
    end
    for _, name in ipairs { "ECANCELED", "NOAUTH", "EPROTO", "EACCES" } do
      assert.is_false(troubles.of_keys(name))
    end
    assert.same({ true, true, false, false }, { troubles.of_trace "EINVAL",
      troubles.of_trace "ENODEV", troubles.of_trace "ESHUTDOWN", troubles.of_trace "ECANCELED" })
  end)
end)
