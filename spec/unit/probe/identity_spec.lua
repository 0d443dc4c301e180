-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/identity.h.

local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local inline = require "spec.support.harness.inline"

local C, ffi = core.load{ "core/probe/core.h" }
local I = inline.load "core/probe/identity.h"

describe("identity", function()
  local d

  -- An engine that has drawn the numbers of all its places.
  local function open(o, places)
    d = drive.over(o, places)
    C.identity_draw(d.core, C.TABLE_REGION)
  end

  after_each(function() d:close() end)

  for name, fn in pairs{ ["number"] = { I.identity_of, I.identity_place, 1 },
    ["IPv4 identification"] = { I.identity_ip, I.identity_ip_place, 2 } } do
    it("gives each place another " .. name .. ", never 0, and finds the place again", function()
      open()
      local seen = {}
      for place = 0, C.TABLE_REGION - 1 do
        local id = fn[1](d.core, place)
        assert(id >= 1 and id <= fn[3] * C.TABLE_REGION and not seen[id], place)
        assert(fn[3] == 1 or id % 2 == 1, id)
        assert(fn[2](d.core, id) == place, place)
        seen[id] = true
      end
    end)

    -- Steps between neighbours were one constant: who had seen one knew all.
    it("tells nothing of other places by the " .. name .. " of some", function()
      open()
      local step, sum = {}, 0
      for place = 0, C.TABLE_REGION - 2 do
        local by = (fn[1](d.core, place + 1) - fn[1](d.core, place)) % (fn[3] * C.TABLE_REGION)
        step[by] = (step[by] or 0) + 1
        if I.identity_of(d.core, place) == I.identity_ip(d.core, place) then sum = sum + 1 end
      end
      for by, n in pairs(step) do assert(n < 12, by) end     -- of a random permutation: 8 or so
      assert(sum < 12, sum)                                  -- nor do the two tell each other
    end)
  end

  it("keeps the numbers that are drawn when it draws more", function()
    d = drive.over()
    local drawn = 0
    local known = {}
    for _, places in ipairs{ 1, 1000, 500, 1024, C.TABLE_REGION } do
      C.identity_draw(d.core, places)
      for place = 0, drawn - 1 do assert(I.identity_of(d.core, place) == known[place], place) end
      drawn = math.max(drawn, places)
      for place = 0, drawn - 1 do known[place] = I.identity_of(d.core, place) end
      for place = 0, C.TABLE_REGION - 1 do
        assert(I.identity_place(d.core, I.identity_of(d.core, place)) == place, place)
        assert(I.identity_ip_place(d.core, I.identity_ip(d.core, place)) == place, place)
      end
    end
  end)

  it("draws the numbers of places before they are used", function()
    open{ seed = 9 }
    local known = {}
    for place = 0, C.TABLE_REGION - 1 do known[place] = I.identity_of(d.core, place) end
    d:close()
    d = drive.over({ seed = 9, late_window = 60000 }, { false, dest = false })
    for _ = 1, 100 do assert(d:start{ max_ttl = 30, gap_limit = 255 }) end
    d:run()
    local most = 0
    for _, probe in ipairs(d.sent) do
      local place = probe.handle % C.TABLE_REGION
      assert.equal(known[place], probe.id)
      most = math.max(most, place)
    end
    assert(most > 2048, most)
    assert(d.core.identity.drawn < C.TABLE_REGION)
  end)

  it("differs from engine to engine", function()
    open{ seed = 1 }
    local first = I.identity_of(d.core, 7)
    d:close()
    open{ seed = 2 }
    assert.not_equal(first, I.identity_of(d.core, 7))
  end)

  it("has a checksum for each flow, never 0 or 0xffff", function()
    open()
    local seen = {}
    for flow = 0, 0xdfff do
      local sum = I.identity_checksum(I.identity_base(d.core, 77), flow)
      assert(sum ~= 0 and sum ~= 0xffff and not seen[sum], flow)
      seen[sum] = true
    end
  end)

  it("has another flow label for each destination, and each of its flows", function()
    open()
    local seen, n = {}, 0
    for i = 1, 2000 do
      local label = tonumber(I.identity_label_base(d.core, i))
      assert(label >= 0 and label <= 0xfffff, label)
      if seen[label] then n = n + 1 end
      seen[label] = true
    end
    assert(n < 12, n)                  -- of 2,000 numbers in 2^20 some 2 meet by chance
    local trace, opts = ffi.new "struct trace", ffi.new "struct opts"
    trace.opts, trace.label, trace.base, opts.flow_label, opts.flow = opts, 0xffff, 14, 3, 3
    for protocol, expected in pairs{ [1] = { 0xffff3, 0xffff4 }, [17] = { 1, 2 } } do
      opts.protocol = protocol
      local labels = {}
      for flow = 3, 4 do labels[#labels + 1] = tonumber(I.identity_label(trace, flow)) end
      assert.same(expected, labels)
    end
  end)

  it("has other secrets for each destination, and each time a place is used", function()
    open()
    local sums, lows, p = {}, {}, ffi.new "struct probe"
    local n, m = 0, 0
    for i = 1, 2000 do
      local sum = I.identity_checksum(I.identity_base(d.core, i), 0)
      if sums[sum] then n = n + 1 end
      sums[sum] = true
      p.handle, p.dst = i * 2 ^ 19 + 7, 5
      local low = I.identity_low(d.core, p)
      assert(low >= 1 and low < 0x8000, low)
      if lows[low] then m = m + 1 end
      lows[low] = true
    end
    -- Of 2,000 numbers in 57,344 and 32,767 some 35 and 60 meet by chance.
    assert(n < 80 and m < 120, n .. " " .. m)
  end)
end)
