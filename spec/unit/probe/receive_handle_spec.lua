-- SPDX-License-Identifier: MIT
--
-- What transports say that keep no bytes: they know the probe's handle.
local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"

local C = core.load{ "core/probe/core.h" }

local V4 = "203.0.113.9"

describe("receive, by a probe's handle,", function()
  local d, t

  after_each(function() d:close() end)

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

  for _, manual in ipairs{ false, true } do
    it("sends again what a transport gave back, and counts no attempt, manual: "
      .. tostring(manual), function()
      d = drive.new{ network = path.new{ dst = V4, dest = false } }
      t = d:start{ max_ttl = 1, attempts = 1, flags = manual and C.MTR_MANUAL or 0 }
      if manual then d:probe(t, { ttl = 1 }) end
      d:step()
      local error = path.reply(d.sent[1], { kind = "ERROR", handle = d.sent[1].handle, error = 11 })
      C.core_reply(d.core, error, d.now)
      local answer = path.reply(d.sent[1], { kind = "ECHO_REPLY", handle = d.sent[1].handle })
      C.core_reply(d.core, answer, d.now)
      d:step()
      assert.equal(2, #d.sent)
      assert.equal(0, #d:of("TIMEOUT"))
      assert.same({ 1, 1 }, { d:trace(t).probes, d:count("send_retries") })
      d:deliver(1, path.reply(d.sent[2], { kind = "ECHO_REPLY" }))
      d:run()
      assert.is_true(d:of("REPLY")[#d:of("REPLY")].set.ANSWER)
    end)
  end

  it("ends a probe that a transport could not send after all, with its errno", function()
    d = drive.new{ network = path.new{ dst = V4, dest = false } }
    t = d:start{ max_ttl = 1, attempts = 2 }
    d:step()
    local error = path.reply(d.sent[1], { kind = "ERROR", handle = d.sent[1].handle, error = 113 })
    for _ = 1, 2 do C.core_reply(d.core, error, d.now) end
    d:run()
    assert.same({ 113, 0 }, { d:of("TIMEOUT")[1].error, d:of("TIMEOUT")[2].error })
    assert.equal(113, d:of("HOP")[1].error)
    assert.equal(2, #d.sent)
  end)
end)
