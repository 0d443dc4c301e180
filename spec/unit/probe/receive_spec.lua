-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/receive.c.

local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"

local C = core.load{ "core/probe/core.h" }

local V4, ROUTER = "203.0.113.9", "10.0.0.1"

describe("receive", function()
  local d, t

  after_each(function() d:close() end)

  it("counts replies to a trace that has ended as orphans and tells nobody", function()
    d = drive.new{ network = path.new{ dst = V4, { from = ROUTER, rtt = 500 }, ROUTER } }
    t = d:start{ max_ttl = 2, timeout = 100, attempts = 1 }
    d:run()
    assert.equal(1, d:count("orphans"))
    assert.equal(1, #d:of("REPLY"))
    C.stop_release(d.core, d:trace(t))
    d:deliver(0, path.reply(d.sent[1], { from = ROUTER }))
    d:run()
    assert.equal(2, d:count("orphans"))
  end)

  it("counts what answers no probe of ours as unmatched", function()
    d = drive.new{ network = path.new{ dst = V4, dest = false } }
    d:start{ max_ttl = 1, attempts = 1, timeout = 1000 }
    d:run()
    local p = d.sent[1]
    for _, o in ipairs{ { id = 0 }, { id = p.id % 0x8000 + 1 }, { id = 0xffff }, { sport = 6999 },
      { family = 6 }, { quoted_protocol = 17 }, { quoted_protocol = 47 } } do
      o.ip_id = o.ip_id or 0
      d:deliver(0, path.reply(p, o))
    end
    d:run()
    assert.equal(7, d:count("unmatched"))
    assert.equal(0, d:count("orphans"))
  end)

  it("takes a reply by its probe's handle, whatever else it says", function()
    d = drive.new{ network = path.new{ dst = V4, dest = false } }
    t = d:start{ max_ttl = 2, timeout = 100, attempts = 1 }
    d:step()
    local p = d.sent[2]
    d:deliver(5, path.reply(p, { kind = "ECHO_REPLY", handle = p.handle, id = 0, sport = 1 }))
    d:deliver(6, path.reply(p, { kind = "ECHO_REPLY", handle = p.handle + 2 ^ 19 }))
    d:run()
    assert.equal("* 203.0.113.9 completed", d:summary(t))
    assert.equal(1, d:count("unmatched"))
  end)

  for _, strict in ipairs{ 0, 1 } do
    for _, kind in ipairs{ "UNREACH", "UDP_REPLY" } do
      it(("takes a weak %s by its handle, strict %d"):format(kind, strict), function()
        d = drive.new{ network = path.new{ dst = V4, dest = false }, strict = strict }
        t = d:start{ protocol = "udp", max_ttl = 1, timeout = 100, attempts = 1 }
        d:step()
        local p = d.sent[1]
        d:deliver(5, path.reply(p, { kind = kind, handle = p.handle, id = 0, sport = 1, dport = 2,
          from = V4, icmp_type = 3, icmp_code = 3, flags = C.WIRE_WEAK }))
        d:run()
        assert.equal(strict == 1 and "* hoplimit" or V4 .. " completed", d:summary(t))
        assert.equal(strict, d:count("unmatched"))
      end)
    end
  end
end)
