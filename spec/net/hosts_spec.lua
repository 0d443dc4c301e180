-- SPDX-License-Identifier: MIT
--
-- One script that waits runs unchanged in every host, and the host's own timer goes on meanwhile.
local support = require "spec.support.harness.run"
local loopback = require "spec.support.real.loopback"
local run = support.run

local PATHS = "LUA_PATH='./?.lua;lua/?.lua;lua/?/init.lua;;' "
local HOSTS = "spec/support/real/hosts/"

-- How each host runs a file of Lua.
local hosts = {
  { "luv", "luajit %s" },
  { "nginx", "luajit %s" },
}

local SAID = [[
trace completed 1
tasks 3 2 1 127.0.0.3
limit ETIMEDOUT
hop 1 127.0.0.9
second completed 203.0.113.9
]]

local missing = loopback.missing()

describe("a script that waits", function()
  teardown(support.clean)

  for _, host in ipairs(hosts) do
    local name, command = unpack(host)
    it("runs in " .. name .. ", which goes on meanwhile", function()
      if missing then return pending(missing) end
      local got = run(PATHS .. "timeout 60 " .. command:format(HOSTS .. name .. ".lua"))
      assert.equal("", got.err)
      local said, ticks = got.out:gsub("\t", " "):match "^(.*)ticks (%d+)\n$"
      assert.equal(SAID, said)
      -- It waits for more than 300 ms, during which the timer is due 30 times.
      assert.is_true(tonumber(ticks) >= 10, ticks .. " ticks")
      assert.equal(0, got.status)
    end)
  end
end)
