-- SPDX-License-Identifier: MIT
--
-- Runs the lists of packets in spec/unit/wire/vectors; parts.lua describes their form.

local assert = require "luassert"
local packet = require "spec.support.packets.packet"
local wire = require "spec.support.packets.wire"

local M = { NAMES = { "ip", "icmp", "direct", "quote", "ext" } }

---The list of a name.
function M.list(name) return require("spec.unit.wire.vectors." .. name) end

---Fails unless a reply, or the negative errno in its place, is what a vector wants.
function M.check(want, r, err)
  if type(want) == "string" then
    assert.is_nil(r)
    assert.equal(wire[want], err)
    return
  end
  assert.equal(nil, err)
  for name, value in pairs(want) do
    local got = wire.field(r, name)
    if type(value) == "string" and name ~= "kind" and name ~= "flags" then
      got, value = packet.dump(got), packet.dump(value)
    end
    assert.equal(name .. " " .. value, name .. " " .. got)
  end
end

---One test for each vector of a list; `it` is the spec's.
function M.each(name, it)
  for _, vector in ipairs(M.list(name)) do
    it(vector[1], function() M.check(vector[3], wire.parse(vector[2])) end)
  end
end

return M
