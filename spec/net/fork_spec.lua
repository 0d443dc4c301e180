-- SPDX-License-Identifier: MIT
--
-- What a forked child does with the parent's engine leaves the parent's engine working: on each
-- transport, with packets of loopback.
local run = require "spec.support.harness.run"
local loopback = require "spec.support.real.loopback"

local describe = loopback.describe(describe, it, pending)

local RUN = [[LUA_PATH='build/lua/?.lua;lua/?.lua;lua/?/init.lua;;' \
  luajit spec/support/real/forked.lua %s %s "$DIR/run.mtr" 2>/dev/null]]

local function forked(kind, act) return run.run(RUN:format(kind, act)).out end

-- A replay comes after the recording that it replays.
for _, kind in ipairs { "raw", "packet", "mtr-packet", "user", "record", "replay" } do
  describe("a forked child, transport " .. kind, function()
    teardown(kind == "replay" and run.clean or function() end)

    for _, act in ipairs { "close", "collect", "error", "open", "default", "calls", "lookup",
      "watch" } do
      it("leaves the parent's engine working: " .. act, function()
        local status = act == "error" and 256 or 0
        assert.equal(("completed\t%d\tcompleted\t1\n"):format(status), forked(kind, act))
        -- The recording is whole, whatever the child did to its copy.
        if kind == "record" then
          assert.equal("completed\t0\tcompleted\t1\n", forked("replay", "close"))
        end
      end)
    end
  end)
end
