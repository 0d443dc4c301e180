-- SPDX-License-Identifier: MIT
--
-- core/probe/turns.c: who sends next: in turn, after a wait of its own, or as it is picked.
local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"

local C, ffi = core.load{ "core/probe/core.h" }

local EBUSY = -16

describe("turns of traces", function()
  local d

  local function open(o, network)
    o.network = path.new(network or { dst = "203.0.113.9", dest = false })
    d = drive.new(o)
    return d
  end
  local function ready()
    local cookies, list = ffi.new("uint32_t[8]"), {}
    local n = C.core_list(d.core, cookies, 8, d.now)
    for i = 0, n - 1 do list[#list + 1] = tonumber(cookies[i]) end
    return list
  end

  after_each(function()
    d:close()
    d = nil
  end)

  it("come in order, and each knows who may come some turns later", function()
    open{}
    local handles, behind = {}, C.TURNS_AHEAD
    local function place(i) return handles[i] % 2 ^ C.TRACE_BITS end
    for i = 1, behind + 2 do handles[i] = d:start{} end
    for i = 1, behind + 2 do
      local ahead = i <= 2 and place(i + behind) or C.SLAB_NONE
      assert.equal(ahead, d:trace(handles[i]).ready_ahead)
    end
  end)

  describe("that are paced", function()
    for name, flags in pairs{ sweep = C.MTR_PACED, strategy = C.MTR_PACED + C.MTR_STRATEGY } do
      it(("wait what they are told before each probe of a %s"):format(name), function()
        open{}
        local handle = d:start{ flags = flags, max_ttl = 4, gap_limit = 0, attempts = 1,
          timeout = 100 }
        local waits, ttl = { 10, 30, 0, 40, 1000 }, 0
        d:answer("PACE NEXT", function(e)
          if d:trace(handle).state ~= C.TRACE_RUNNING then return end
          if e.kind == "NEXT" then
            ttl = ttl + 1
            if ttl <= 4 then d:probe(handle, { ttl = ttl }) else
              C.core_pass(d.core, d:trace(handle), -1, d.now)
            end
          else
            local wait = table.remove(waits, 1)
            assert.equal(0, C.core_pace(d.core, d:trace(handle), wait * 1e6))
          end
        end)
        local at = {}
        for i, p in ipairs(d.sent) do at[i] = math.floor((p.at - 1e12) / 1e6 + 0.5) end
        assert.same({ 10, 40, 40, 80 }, at)
        assert.equal("hoplimit", d:done(handle).reason)
      end)
    end

    it("never go faster than the rate of one trace", function()
      open{ target_rate = 10 }
      local handle = d:start{ flags = C.MTR_PACED, max_ttl = 3, gap_limit = 0, attempts = 1 }
      d:answer("PACE", function() C.core_pace(d.core, d:trace(handle), 1e6) end, 5000)
      local at = {}
      for i, p in ipairs(d.sent) do at[i] = math.floor((p.at - 1e12) / 1e6 + 0.5) end
      assert.same({ 1, 101, 201 }, at)
    end)

    it("are not asked when they have nothing to send", function()
      open{}
      local handle = d:start{ flags = C.MTR_PACED, window = 1, timeout = 1000 }
      d:answer("PACE", function() C.core_pace(d.core, d:trace(handle), 0) end, 900)
      assert.equal(1, #d:of "PACE")
      assert.equal(EBUSY, C.core_pace(d.core, d:trace(handle), 0))
    end)
  end)

  describe("that are picked", function()
    it("are asked about once, while there are any and packets may go", function()
      open{ pick = 1, rate = 100 }
      d:step()
      assert.equal(0, #d:of "PICK")
      d:start{ cookie = 1 }
      d:start{ cookie = 2 }
      d:step()
      d:step()
      assert.equal(1, #d:of "PICK")
      assert.equal(1, d:of("PICK")[1].probe)
      assert.equal(0, #d.sent)
      assert.same({ 1, 2 }, ready())
    end)

    it("go in the order that was picked", function()
      open{ pick = 1, rate = 1000 }
      local handles = {}
      for i = 1, 3 do handles[i] = d:start{ cookie = i, dst = "203.0.113." .. i, max_ttl = 2,
        attempts = 1, timeout = 100 } end
      d:answer("PICK", function(e)
        for _ = 1, e.probe do
          local list = ready()
          if #list == 0 then break end
          table.sort(list)
          assert.equal(0, C.core_pick(d.core, d:trace(handles[list[#list]])))
        end
      end)
      local order = {}
      for i, p in ipairs(d.sent) do order[i] = p.dst:byte(4) .. "/" .. p.ttl end
      assert.equal("3/1 3/2 2/1 2/2 1/1 1/2", table.concat(order, " "))
      for _, handle in ipairs(handles) do assert.equal("hoplimit", d:done(handle).reason) end
    end)

    it("are none that cannot send", function()
      open{ pick = 1 }
      local full = d:start{ cookie = 1, window = 1 }
      d:start{ cookie = 2 }
      d:step()
      assert.same({ 1, 2 }, ready())
      assert.equal(0, C.core_pick(d.core, d:trace(full)))
      assert.equal(EBUSY, C.core_pick(d.core, d:trace(full)))
      d:step()
      assert.equal(1, #d.sent)
      assert.same({ 2 }, ready())
      assert.equal(EBUSY, C.core_pick(d.core, d:trace(full)))
    end)

    it("are asked for their probe when they are strategies, and send it at once", function()
      open{ pick = 1 }
      local handle = d:start{ flags = C.MTR_STRATEGY, cookie = 7 }
      d:step()
      assert.equal(0, #d:of "NEXT")
      assert.same({ 7 }, ready())
      C.core_pick(d.core, d:trace(handle))
      d:step()
      assert.equal(1, #d:of "NEXT")
      assert.is_not_nil(d:probe(handle, { ttl = 3 }))
      d:step()
      assert.equal(3, d.sent[1].ttl)
    end)

    it("do not hold up single probes", function()
      open{ pick = 1 }
      local handle = d:start{ flags = C.MTR_MANUAL }
      d:probe(handle, { ttl = 5 })
      d:step()
      assert.equal(5, d.sent[1].ttl)
    end)
  end)
end)
