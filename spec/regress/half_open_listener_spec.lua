-- SPDX-License-Identifier: MIT
--
-- The same as half_open_spec, with the kernel's own listener, where the host's resets do not get
-- out: of five SYNs one was answered, and of the next trace none.
local cjson = require "cjson"
local lab = require "spec.lab.lab"

local FILTER = [[nft 'add table inet f; add chain inet f o { type filter hook output priority 0; };
  add rule inet f o tcp flags & rst == rst drop']]

describe("a listener that keeps half-open connections", function()
  local net

  setup(function()
    local ok, reason = lab.available()
    if not ok then return pending("needs CAP_NET_ADMIN: " .. reason) end
    net = assert(lab.up("chain", { 3, tcp = 80 }))
    assert(net:exec(FILTER))
  end)

  teardown(function() if net then net:down() end end)

  for _, transport in ipairs { "raw", "packet" } do
    for v = 4, 6, 2 do
      it(("answers all of IPv%d over %s"):format(v, transport), function()
        if not net then return pending "needs CAP_NET_ADMIN" end
        local dst = net["dst" .. v]
        local text = net:exec(("build/mtrlua --transport %s scripts/ping.lua -p tcp --port 80 -c 5 "
          .. "-i 700ms -q %s"):format(transport, dst))
        assert.matches("5 sent, 5 received", text)
        for _ = 1, 3 do
          local line = net:exec(("build/mtrlua --transport %s scripts/trace.lua -T --port 80 -q 3 "
            .. "-w 1 -o jsonl %s"):format(transport, dst))
          local r = cjson.decode(line)
          assert.equal("completed", r.stop_reason)
          assert.equal(3, r.hop_count)
          local n = 0
          for _, reply in ipairs(r.hops[3].replies) do
            assert.equal(dst, reply.addr)
            if not reply.dup then n = n + 1 end
          end
          assert.equal(3, n)
        end
      end)
    end
  end
end)
