-- SPDX-License-Identifier: MIT
--
-- The lock of a drain: how often it is renewed, and how its loss is seen. It was renewed only
-- between reads of eight entries, and not while an output waited, so it expired at large entries.
local drain_lock = require "mtr.fleet.drain_lock"

local BUSY = { nil, "EBUSY: another process drains the campaign s (or one was killed less than "
  .. "15 s ago)", "EBUSY" }

describe("the lock of a drain", function()
  local link, ticker, lock, now, kept

  before_each(function()
    now, kept = 1000, os.time
    os.time = function() return now end          -- luacheck: ignore 122
    ticker = { ms = 100, count = 0, listen = function(self, fn) self.listener = fn end }
    link = { calls = 0, posts = 0, locked = 1 }
    function link:call()
      self.calls = self.calls + 1
      return self.locked
    end
    function link:post(words, done)
      self.posts, self.words = self.posts + 1, words
      if done then done(self.locked) end
      return not self.away
    end
    lock = drain_lock.new(link, ticker, "s")
  end)

  after_each(function()
    os.time = kept                               -- luacheck: ignore 122
  end)

  local function ticks(n)
    for _ = 1, n do
      ticker.count = ticker.count + 1
      if ticker.listener and ticker.listener() then ticker.listener = nil end
    end
  end

  it("is renewed each second while its owner computes", function()
    assert.is_true(lock:take())
    for _ = 1, 100 do assert.is_true(lock:keep()) end
    assert.equal(1, link.calls)
    now = now + 1
    for _ = 1, 100 do assert.is_true(lock:keep()) end
    assert.equal(2, link.calls)
  end)

  it("is renewed each second while its owner waits, until it is released", function()
    assert.is_true(lock:take())
    lock:watch()
    ticks(35)
    assert.equal(3, link.posts)
    lock:release()
    assert.equal(4, link.posts)
    ticks(35)
    assert.equal(4, link.posts)
    assert.is_nil(ticker.listener)
  end)

  it("is renewed at the next tick if there was no connection", function()
    assert.is_true(lock:take())
    lock:watch()
    link.away = true
    ticks(15)
    assert.equal(6, link.posts)
    link.away = false
    ticks(9)
    assert.equal(7, link.posts)
  end)

  it("is lost when another one has it", function()
    link.locked = 0
    assert.same(BUSY, { lock:take() })
    link.locked = 1
    assert.is_true(lock:take())
    lock:watch()
    link.locked = 0
    ticks(10)
    assert.same(BUSY, { lock:keep() })
  end)
end)
