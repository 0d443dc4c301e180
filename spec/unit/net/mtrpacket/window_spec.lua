-- SPDX-License-Identifier: MIT
--
-- How many requests may be under way at once: how a refusal shrinks that number, and how it grows
-- again.
local core = require "spec.support.harness.core"

local C, ffi = core.load { "core/net/mtrpacket/window.h" }

local EAGAIN, ENOBUFS = 11, 105
local MS = 1000000LL

local w, now

local function room(out, streams, stream)
  return C.window_room(w, out, streams or 0, stream and 1 or 0)
end

local function resume()
  assert.truthy(w.resume_at > now)
  now = w.resume_at
  C.window_pass(w, now)
end

describe("a window", function()
  before_each(function()
    w, now = ffi.new "struct window", 7000 * MS
    C.window_init(w, 1000)
  end)

  it("has room for what its version takes, and for fewer streams", function()
    for _, case in ipairs {
      { 0, 0, 1000, 900 }, { 100, 0, 900, 900 }, { 500, 500, 500, 400 }, { 900, 900, 100, 0 },
      { 950, 10, 50, 50 }, { 1000, 0, 0, 0 }, { 1016, 0, 0, 0 }, { 950, 950, 50, 0 },
    } do
      local out, streams, any, stream = unpack(case)
      assert.same({ any, stream }, { room(out, streams), room(out, streams, true) })
    end
  end)

  it("pauses after a refusal, and is smaller then", function()
    assert.equal(EAGAIN, C.window_refused(w, 0, 640, 0, now))
    assert.equal(0, room(0))
    assert.equal(now + 5 * MS, w.resume_at)
    resume()
    assert.equal(600, room(0))
  end)

  it("pauses once for many refusals, and longer each time until something is answered", function()
    local pauses = {}
    for i = 1, 9 do
      for _ = 1, 5 do C.window_refused(w, 0, 100, 0, now) end
      pauses[i] = tonumber((w.resume_at - now) / MS)
      resume()
    end
    assert.same({ 5, 10, 20, 40, 80, 160, 320, 500, 500 }, pauses)
    C.window_answered(w)
    C.window_refused(w, 0, 100, 0, now)
    assert.equal(5 * MS, w.resume_at - now)
  end)

  it("never gets smaller than sixteen", function()
    for out = 100, 0, -1 do C.window_refused(w, 0, out, 0, now) end
    resume()
    assert.equal(16, room(0))
  end)

  it("shrinks for streams only when descriptors run out", function()
    C.window_refused(w, 1, 320, 320, now)
    resume()
    assert.same({ 1000, 300 }, { room(0), room(0, 0, true) })
  end)

  it("grows again with time, to what it was", function()
    C.window_refused(w, 0, 64, 0, now)
    C.window_refused(w, 1, 64, 64, now)
    resume()
    local before = room(0)
    now = now + 999 * MS
    C.window_pass(w, now)
    local after = room(0)
    assert.truthy(before == 60 and after > 60 and after < 70, after)
    for _ = 1, 60 do
      now = now + 1000 * MS
      C.window_pass(w, now)
    end
    assert.same({ 1000, 900 }, { room(0), room(0, 0, true) })
  end)

  it("gives up on a helper that refuses although it has nothing to do", function()
    for i = 1, 8 do
      assert.equal(EAGAIN, C.window_refused(w, 0, 0, 0, now), i)
      resume()
    end
    assert.equal(ENOBUFS, C.window_refused(w, 0, 0, 0, now))
    C.window_answered(w)
    assert.equal(EAGAIN, C.window_refused(w, 0, 0, 0, now))
  end)
end)
