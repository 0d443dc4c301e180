-- SPDX-License-Identifier: MIT
--
-- A forked child that closed the parent's engine removed its descriptors from the epoll set that
-- both share: the parent's traces never ended. Here over a simulated network, in
-- spec/net/fork_spec.lua over real transports.
local run = require "spec.support.harness.run"

local RUN = [[LUA_PATH='build/lua/?.lua;lua/?.lua;lua/?/init.lua;;' \
  luajit spec/support/real/forked.lua sim %s 2>&1]]

describe("a forked child of a simulated engine", function()
  teardown(run.clean)

  for _, act in ipairs { "close", "collect", "open", "default", "calls", "lookup", "watch" } do
    it("leaves the parent's engine working: " .. act, function()
      assert.equal("completed\t0\tcompleted\t1\n", run.run(RUN:format(act)).out)
    end)
  end

  it("leaves the parent's engine working: error", function()
    local out = run.run(RUN:format "error").out
    assert.truthy(out:find("the child fails", 1, true))
    assert.truthy(out:find("completed\t256\tcompleted\t1\n", 1, true))
  end)
end)
