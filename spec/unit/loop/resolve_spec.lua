-- SPDX-License-Identifier: MIT
--
-- Tests core/loop/resolve.c.

local core = require "spec.support.harness.core"
local mtr = require "mtr"
local paired = require "spec.support.real.paired"
local resolve = require "mtr.wait.resolve"

local C = core.load{ "core/mtr.h" }

describe("resolve", function()
  local e

  after_each(function()
    local last = e
    e = nil
    if last then last:close() end
  end)

  it("resolves literal addresses and says when there is no such name", function()
    e = assert(paired.open())
    assert.equal(0, C.mtr_resolve(e.mtr, "192.0.2.9", 0, 31))
    local function told(ev) return ev.cookie == 31 end
    local answer = assert(e:until_event(told, 5000), "no answer")
    assert.same({ "192.0.2.9", 4, 0, 0 }, { answer.addr, answer.family, answer.ttl, answer.error })
    assert.equal(0, C.mtr_resolve(e.mtr, "::1", 4, 31))
    answer = assert(e:until_event(told, 5000), "no answer")
    assert.same({ nil, 0, 2 }, { answer.addr, answer.family, answer.error })
    for _, name in ipairs{ "", ("x"):rep(300) } do
      assert.equal(-22, C.mtr_resolve(e.mtr, name, 0, 1))
    end
  end)

  it("gives the zone of a link-local address", function()
    e = assert(paired.open())
    local lo = C.mtr_interface "lo"
    for _, name in ipairs { "fe80::2%lo", "fe80::2%" .. lo } do
      assert.equal(0, C.mtr_resolve(e.mtr, name, 0, 31))
      local answer = assert(e:until_event(function(ev) return ev.cookie == 31 end, 5000))
      assert.same({ "fe80::2", 6, lo }, { answer.addr, answer.family, answer.probe })
    end
  end)

  it("gives an address mapped from IPv4 as an IPv4 address", function()
    e = assert(paired.open())
    local function ask(family)
      assert.equal(0, C.mtr_resolve(e.mtr, "::ffff:192.0.2.9", family, 31))
      return assert(e:until_event(function(ev) return ev.cookie == 31 end, 5000))
    end
    local answer = ask(0)
    assert.same({ "192.0.2.9", 4 }, { answer.addr, answer.family })
    assert.same({ 0, 2 }, { ask(6).family, ask(6).error })
  end)

  it("asks the system although the network is simulated, if that is wanted", function()
    local engine = assert(mtr.engine { sim = { source = "a", nodes = { a = "192.0.2.1" } } })
    local lo, found = C.mtr_interface "lo", {}
    for real, name in pairs { [false] = "fe80::2%lo", [true] = "fe80::2%lo" } do
      assert(resolve.start(engine, name, 0, function(list, message)
        found[real] = list and list[1].zone or message
      end, real))
    end
    engine:run()
    engine:close()
    assert.same({ [true] = lo, [false] = 'ENOENT: name "fe80::2%lo" not found: it has no address' },
      found)
  end)

  it("waits at close for a resolution under way", function()
    e = assert(paired.open())
    assert.equal(0, C.mtr_resolve(e.mtr, "192.0.2.9", 4, 1))
  end)

  it("answers several questions at once, each under its cookie", function()
    e = assert(paired.open())
    for i = 1, 20 do assert.equal(0, C.mtr_resolve(e.mtr, "192.0.2." .. i, 4, i)) end
    local seen, n = {}, 0
    e:until_event(function(ev)
      if ev.kind == "RESOLVED" then
        assert.equal("192.0.2." .. ev.cookie, ev.addr)
        assert.is_nil(seen[ev.cookie])
        seen[ev.cookie], n = true, n + 1
      end
      return n == 20
    end, 5000)
    assert.equal(20, n)
  end)
end)
