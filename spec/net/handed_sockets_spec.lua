-- SPDX-License-Identifier: MIT
--
-- Sockets that were opened by root and are used by processes without privileges, on loopback.
local mtr = require "mtr"
local fds = require "spec.support.harness.fds"
local loopback = require "spec.support.real.loopback"
local run = require "spec.support.harness.run"

local describe = loopback.describe(describe, it, pending)

describe("sockets that were opened before", function()
  teardown(run.clean)

  it("serve one process after another, also if one was killed", function()
    local got = run.run [[LUA_PATH='build/lua/?.lua;lua/?.lua;lua/?/init.lua;?.lua;;' \
      luajit spec/support/real/handed.lua packet packet raw packet raw raw]]
    assert.equal("", got.err)
    assert.equal("packet\tcompleted\npacket\tcompleted\nraw\tcompleted\n"
      .. "packet\tcompleted\nraw\tcompleted\nraw\tcompleted\n0\n", got.out)
  end)

  it("go back into the set when the engine closes, or stay there when it cannot open", function()
    local before = fds()
    local set = assert(mtr.sockets.open())
    local all = set:fds()
    for _ = 1, 2 do
      local engine = assert(mtr.engine { sockets = set, transport = "raw" })
      assert.equal(-1, set:fds()[1])
      local _, message, name = mtr.engine { sockets = set, transport = "raw" }
      assert.equal("EBUSY", name)
      assert.matches("another engine uses this set", message)
      assert.equal("completed", engine:trace("127.0.0.1").stop_reason)
      engine:close()
      assert.same(all, set:fds())
    end
    local _, _, name = mtr.engine { sockets = set, interface = "nowhere0" }
    assert.equal("ENODEV", name)
    assert.same(all, set:fds())
    _, _, name = mtr.engine { sockets = set, transport = "packet" }
    assert.equal("EBUSY", name)
    assert.same(all, set:fds())
    set:close()
    assert.equal(before, fds())
  end)
end)
