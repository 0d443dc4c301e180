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

  it("is empty at first, and can be closed so", function()
    C.replies_close(ffi.new("struct replies"))
  end)
end)
