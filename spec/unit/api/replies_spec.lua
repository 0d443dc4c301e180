-- SPDX-License-Identifier: MIT
--
-- core/api/replies.c: room for the records of a result.
local core = require "spec.support.harness.core"

local C, ffi = core.load{ "core/api/replies.h" }

describe("room for replies", function()
  it("is as large as asked for, and can be taken again", function()
    local r = ffi.new("struct replies")
    for _, n in ipairs{ 1, 64, 65534 } do
      assert.equal(0, C.replies_reserve(r, n))
      assert.equal(n, r.room)
      r.events[n - 1].cookie = n
      r.ext[n * C.REPLIES_EXT - 1] = 1
      r.next[n - 1] = 7
      assert.equal(0, r.phrases[C.PHRASES - 1].size)
    end
    C.replies_close(r)
  end)

  it("never shrinks, and may have few bytes of extensions, or none", function()
    local r = ffi.new("struct replies")
    assert.equal(0, C.replies_reserve_ext(r, 0, 0))
    assert.equal(0, r.phrases[C.PHRASES - 1].size)
    for _, case in ipairs{ { 0, 5, 0, 5 }, { 3, 0, 3, 5 }, { 2, 9, 3, 9 }, { 1, 1, 3, 9 } } do
      local before = r.events
      assert.equal(0, C.replies_reserve_ext(r, case[1], case[2]))
      assert.same({ case[3], case[4] }, { r.room, tonumber(r.ext_room) })
      if case[1] == 1 then assert.equal(before, r.events) end
    end
    C.replies_close(r)
  end)

  it("keeps what addresses are labelled with when it grows", function()
    local r = ffi.new("struct replies")
    local labels = ffi.cast("const struct labels *", r)
    r.labels = labels
    for _, n in ipairs{ 1, 64 } do
      assert.equal(0, C.replies_reserve(r, n))
      assert.equal(labels, r.labels)
    end
    C.replies_close(r)
  end)

  it("is empty at first, and can be closed so", function()
    C.replies_close(ffi.new("struct replies"))
  end)
end)
