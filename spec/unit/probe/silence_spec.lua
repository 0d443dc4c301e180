-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/silence.c.

local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"

local C, ffi = core.load{ "core/probe/core.h", "core/probe/silence.h" }

describe("silence", function()
  local d

  local function open(o, places) d = drive.over(o, places) end

  after_each(function() d:close() end)

  -- How many probes of each hop the result says were silent: "2:3" is three of hop 2.
  local function kept(handle)
    local list, t = {}, d:trace(handle)
    local at = ffi.new("uint32_t[1]", C.SLAB_NONE)
    while true do
      local cell = C.cells_next(d.core.cells, t.cells, at)
      if cell == nil then return table.concat(list, " ") end
      local shape = C.cells_shape(d.core.cells, cell)
      if shape.family == 0 and shape.icmp_code == 0 then
        list[#list + 1] = shape.ttl .. ":" .. cell.rtt
      end
    end
  end

  it("is kept as a count per hop", function()
    open({}, { "10.0.0.1", false, "10.0.0.3" })
    local t = d:start{ attempts = 3 }
    d:run()
    assert.equal("2:3", kept(t))
  end)

  it("does not count probes that were answered or could not be sent", function()
    open({}, { "10.0.0.1", function(_, n) return n == 3 and "10.0.0.2" end,
      send = function(p) return p.ttl == 1 and 105 or nil end })
    local t = d:start{ attempts = 3 }
    d:run()
    assert.equal("2:2", kept(t))
  end)

  it("is not kept where no result is wanted", function()
    open({}, { "10.0.0.1", false })
    local t = d:start{ want = C.MTR_WANT_HOP }
    d:run()
    assert.equal("", kept(t))
  end)

  it("does not count probes that are still outstanding", function()
    open({}, { false, dest = false })
    local t = d:start{ window = 3, attempts = 1 }
    d:step()
    C.silence_keep(d.core, d:trace(t), 2)
    assert.equal("", kept(t))
  end)
end)
