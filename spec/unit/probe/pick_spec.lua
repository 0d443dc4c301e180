-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/pick.c: which trace sends next when the engine's pick hook chooses.
local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"

local C, ffi = core.load{ "core/probe/core.h" }

local EBUSY = -16

describe("traces that are picked", function()
  local d

  local function open(o, network)
    o.network = path.new(network or { dst = "203.0.113.9", dest = false })
    d = drive.new(o)
  end
  local function ready()
    local cookies, list = ffi.new("uint32_t[8]"), {}
    local n = C.pick_list(d.core, cookies, 8, d.now)
    for i = 0, n - 1 do list[#list + 1] = tonumber(cookies[i]) end
    return list
  end

  after_each(function() d:close() end)

  it("are asked for once, while some are ready and packets may go", function()
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
        assert.equal(0, C.pick_trace(d.core, d:trace(handles[list[#list]])))
      end
    end)
    local order = {}
    for i, p in ipairs(d.sent) do order[i] = p.dst:byte(4) .. "/" .. p.ttl end
    assert.equal("3/1 3/2 2/1 2/2 1/1 1/2", table.concat(order, " "))
    for _, handle in ipairs(handles) do assert.equal("hoplimit", d:done(handle).reason) end
  end)

  it("can only be those that may send", function()
    open{ pick = 1 }
    local full = d:start{ cookie = 1, window = 1 }
    d:start{ cookie = 2 }
    d:step()
    assert.same({ 1, 2 }, ready())
    assert.equal(0, C.pick_trace(d.core, d:trace(full)))
    assert.equal(EBUSY, C.pick_trace(d.core, d:trace(full)))
    d:step()
    assert.equal(1, #d.sent)
    assert.same({ 2 }, ready())
    assert.equal(EBUSY, C.pick_trace(d.core, d:trace(full)))
  end)

  it("are asked for a probe if they have a strategy, and send it at once", function()
    open{ pick = 1 }
    local handle = d:start{ flags = C.MTR_STRATEGY, cookie = 7 }
    d:step()
    assert.equal(0, #d:of "NEXT")
    assert.same({ 7 }, ready())
    C.pick_trace(d.core, d:trace(handle))
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
