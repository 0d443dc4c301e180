-- SPDX-License-Identifier: MIT
--
-- An engine that a script drops without closing it is closed when it is collected. It is kept while
-- something is under way in it, for that ends in a callback.
local mtr = require "mtr"
local fds = require "spec.support.harness.fds"
local simulated = require "spec.support.virtual.simulated"

-- Bytes that this process has allocated outside of Lua.
local function resident()
  local file = assert(io.open "/proc/self/statm")
  local pages = file:read("*a"):match "^%d+ (%d+)"
  file:close()
  return tonumber(pages) * 4096
end

-- The address sanitizer keeps freed memory for a while, to see who uses it.
local sanitized = (os.getenv "MTR_PROGRAM" or ""):find("/asan/", 1, true) ~= nil

local NET = simulated.describe(2)

-- Opens an engine, uses all kinds of calls that keep something, and drops it.
local function use(opts)
  local engine = assert(mtr.engine(opts))
  assert.equal("completed", engine:trace(simulated.V4).stop_reason)
  assert.equal("completed", engine:trace(simulated.V4, { strategy = "rounds" }).stop_reason)
  local called
  engine:trace(simulated.V4, { on_hop = function() end }, function(_, result) called = result end)
  engine:run()
  assert.equal("completed", called.stop_reason)
  for hop in engine:hops(simulated.V4) do if hop.ttl == 1 then break end end
  engine:run()
  assert.truthy(engine:probe { dst = simulated.V4, ttl = 1 })
  assert.equal(3, #engine:sim():path(simulated.V4))
end

describe("ten engines that are dropped", function()
  it("leave no descriptor, and their memory is used again", function()
    local net = mtr.sim(NET)
    use { sim = net }
    local before = fds()
    for _ = 1, 10 do use { sim = net } end
    assert.equal(before, fds())
    local most = resident()
    for _ = 1, 40 do
      use { sim = net }
      collectgarbage()
    end
    -- Forty engines would have 40 arrays of events, of 256 KB each.
    assert.is_true(sanitized or resident() < most + 4e6)
  end)

  it("end what is under way first, then they are collected", function()
    local before, calls = fds(), 0
    for _ = 1, 10 do
      local engine = assert(mtr.engine { sim = NET })
      engine:trace(simulated.V4, nil, function(_, result)
        assert.equal("completed", result.stop_reason)
        calls = calls + 1
      end)
    end
    assert.is_true(fds() >= before + 10)
    assert.is_true(mtr.run())
    assert.equal(10, calls)
    assert.equal(before, fds())
  end)
end)
