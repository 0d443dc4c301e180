-- SPDX-License-Identifier: MIT
--
-- Two programs that traced the same target from behind a translator which leaves its own address in
-- the quotes took each other's replies: their identities began at the same number, and a quote with
-- a foreign source port was believed for its identification alone.

local cjson = require "cjson"
local lab = require "spec.lab.lab"

local ROUNDS = 5
local COMMAND = [[
for p in icmp udp tcp; do for i in 1 2; do
  build/mtrlua --rate 0 scripts/trace.lua -w 2 -p $p -o jsonl %s %s &
done; done; wait]]

describe("engines behind one broken translator", function()
  local net

  before_each(function()
    local ok, reason = lab.available()
    if not ok then return pending("needs CAP_NET_ADMIN: " .. reason) end
    net = assert(lab.up("nat", { "broken=1" }))
  end)

  after_each(function()
    if net then net:down() end
    net = nil
  end)

  it("keep to their own replies", function()
    if not net then return end
    for _ = 1, ROUNDS do
      local output = net:exec(COMMAND:format(net.dst4, net.dst6))
      local traces = 0
      for line in output:gmatch "[^\n]+" do
        local result = cjson.decode(line)
        traces = traces + 1
        assert.equal("completed", result.stop_reason, line)
        for _, hop in ipairs(result.hops) do
          assert.equal(3, #hop.replies)
          for _, reply in ipairs(hop.replies) do assert.is_nil(reply.dup) end
        end
      end
      assert.equal(12, traces)
    end
  end)
end)
