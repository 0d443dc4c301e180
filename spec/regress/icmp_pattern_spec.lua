-- SPDX-License-Identifier: MIT
--
-- The first two bytes of an echo request that scripts/mtr-packet.lua sent with a bit-pattern were
-- not the pattern: they balanced a checksum that was the same for all.

local capture = require "spec.support.real.capture"
local nets = require "spec.support.real.nets"

describe("an echo request with a pattern", function()
  after_each(nets.down)

  for _, pattern in ipairs { 44, 0, 255 } do
    it("has it in every byte of its body: " .. pattern, function()
      nets.needs_privilege(pending)
      local l = nets.up "chain 2"
      local wire = capture.open(l, "r1", "p")
      local commands = {}
      for i, words in ipairs { "ip-4 " .. l.dst4, "ip-6 " .. l.dst6 } do
        for n = 1, 3 do
          local size = ({ 64, 65, 1400 })[n]
          commands[#commands + 1] = ("%d send-probe %s size %d bit-pattern %d\n"):format(
            i * 10 + n, words, size, pattern)
        end
      end
      local output = l:exec(("printf '%s' | $MTR_PROGRAM scripts/mtr-packet.lua"):format(
        table.concat(commands):gsub("\n", "\\n")))
      assert.equal(6, select(2, output:gsub("reply ip%-", "")), output)
      local probes = wire:probes()
      wire:close()
      assert.equal(6, #probes)
      for _, p in ipairs(probes) do
        assert.equal("icmp", p.protocol)
        assert.is_true(#p.payload > 0)
        assert.equal(string.char(pattern):rep(#p.payload), p.payload)
      end
    end)
  end
end)
