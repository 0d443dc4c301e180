-- SPDX-License-Identifier: MIT
--
-- A full table of neighbours was taken for a failure after a second, less than the kernel takes to
-- clean it: a new neighbour is left alone for five.
local core = require "spec.support.harness.core"

local C, ffi = core.load{ "core/net/raw/send.h" }
local EINTR, EAGAIN, ENOMEM, ENETDOWN, ENOBUFS = 4, 11, 12, 100, 105
local MS = 1000000

-- For how long a send that is refused with |err| each ms is to be tried again, ms.
local function patience(err)
  local raw = ffi.new("struct raw")
  local ms = 0
  while C.raw_later(raw, err, (1000 + ms) * MS) == 1 and ms < 20000 do ms = ms + 1 end
  return ms
end

describe("a send that is refused", function()
  for _, case in ipairs { { "ENOBUFS", ENOBUFS, 7000 }, { "EAGAIN", EAGAIN, 1000 },
    { "ENOMEM", ENOMEM, 1000 }, { "EINTR", EINTR, 1000 }, { "ENETDOWN", ENETDOWN, 0 } } do
    it(("is tried again for %d ms: %s"):format(case[3], case[1]), function()
      assert.equal(case[3], patience(case[2]))
    end)
  end
end)
