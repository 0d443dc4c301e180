-- SPDX-License-Identifier: MIT
--
-- The reply to a probe that had ended was matched with the probe before it: its unchanged
-- identification was taken for one that a router had incremented.
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"

describe("the reply of a probe that is no more", function()
  for _, protocol in ipairs { "icmp", "udp", "tcp" } do
    it("is not credited to the one whose identity is one less: " .. protocol, function()
      local d = drive.new{ network = path.new{ dst = "203.0.113.9", dest = false } }
      d:start{ protocol = protocol }
      d:step()
      local last = d.sent[1]
      for _, p in ipairs(d.sent) do
        if p.id > last.id then last = p end
      end
      d:deliver(5, path.reply(last, { from = "10.0.0.1", id = last.id + 1, ip_id = last.id + 1 }))
      d:run(10)
      assert.same({ 0, 1 }, { #d:of("REPLY"), d:count("unmatched") })
      d:close()
    end)
  end
end)
