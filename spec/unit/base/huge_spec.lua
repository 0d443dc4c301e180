-- SPDX-License-Identifier: MIT
--
-- Tests core/base/huge.c.

local core = require "spec.support.harness.core"

local C, ffi = core.load{ "core/base/huge.h" }

describe("huge", function()
  it("maps pages that are zero, aligned, writable and apart", function()
    local pages = {}
    for i = 1, 4 do
      local page = ffi.cast("uint32_t *", C.huge_map())
      assert.is_true(page ~= nil)
      assert.equal(0, tonumber(ffi.cast("uintptr_t", page) % C.HUGE_BYTES))
      for k = 0, C.HUGE_BYTES / 4 - 1, 1024 do assert.equal(0, page[k]) end
      page[0], page[C.HUGE_BYTES / 4 - 1] = i, i
      pages[i] = page
    end
    for i, page in ipairs(pages) do
      assert.equal(i, page[0])
      assert.equal(i, page[C.HUGE_BYTES / 4 - 1])
      C.huge_unmap(page)
    end
  end)
end)
