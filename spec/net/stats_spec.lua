-- SPDX-License-Identifier: MIT
--
-- Statistics of real traces on loopback: hooks and results give the same numbers.
local mtr = require "mtr"
local loopback = require "spec.support.real.loopback"

local missing = loopback.missing()

describe("stats of traces", function()
  local function counts(s)
    local list = {}
    for i, hop in ipairs(s:hops()) do
      list[i] = { hop.ttl, hop.addr, hop.sent, hop.received, hop.unanswered, hop.errors,
        hop.best, hop.worst, hop.destination }
    end
    return list
  end

  -- Traces, added as results and heard through hooks.
  local function both(dst, opts, times)
    local engine = assert(mtr.engine { rate = "max" })
    local added, heard = mtr.stats(), mtr.stats()
    for _ = 1, times do
      engine:trace(dst, heard:hooks(opts), function(err, result)
        assert(not err, err)
        added:add(result)
      end)
    end
    while engine.work > 0 do
      loopback.readable(engine:fd(), 5000)
      engine:step()
    end
    engine:close()
    assert.equal(times, added.traces)
    return counts(added), counts(heard)
  end

  it("are the same from results and from hooks", function()
    if missing then return pending(missing) end
    local added, heard = both("127.0.0.1", { queries = 3, max_ttl = 1 }, 4)
    assert.same(added, heard)
    assert.same({ 1, "127.0.0.1", 12, 12, 0, 0 }, { unpack(heard[1], 1, 6) })
    assert.is_true(heard[1][9])
  end)

  it("tell how many probes a silent hop did not answer", function()
    if missing then return pending(missing) end
    local port, close_port = loopback.silent_port()
    local added, heard = both("127.0.0.1", { protocol = "udp", port = port, timeout = 30,
      max_ttl = 2, attempts = 3, queries = 2 }, 2)
    close_port()
    assert.same(added, heard)
    assert.same({ { 1, nil, 12, 0, 12, 0 }, { 2, nil, 12, 0, 12, 0 } },
      { { unpack(heard[1], 1, 6) }, { unpack(heard[2], 1, 6) } })
  end)
end)
