-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/share.c.

local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"

local C, ffi = core.load{ "core/probe/core.h", "core/probe/share.h" }

local A = "10.0.0.1"

describe("UDP traces of one port", function()
  local d

  local function open(places)
    places.dst, places.dest = "203.0.113.9", { kind = "UDP_REPLY" }
    d = drive.new{ network = path.new(places) }
  end

  after_each(function() d:close() end)

  it("share the data that it sends", function()
    open({ A, false })
    local t = {}
    for i = 1, 5 do t[i] = d:start{ protocol = "udp", timeout = 500 } end
    d:run()
    for i = 1, 5 do assert.equal("10.0.0.1 * 203.0.113.9 completed", d:summary(t[i])) end
  end)

  it("go on when the one that holds the data is stopped", function()
    open({ A, false })
    local t = {}
    for i = 1, 3 do t[i] = d:start{ protocol = "udp", timeout = 500 } end
    d:run(100)
    for i = 1, 3 do
      if d:trace(t[i]).extra.data_count > 0 then
        C.stop_trace(d.core, d:trace(t[i]), C.MTR_STOP_HALTED, 0, d.now)
      end
    end
    d:run()
    local ended = 0
    for i = 1, 3 do ended = ended + (d:done(t[i]).reason == "completed" and 1 or 0) end
    assert.equal(2, ended)
  end)

  local function address(text) return ffi.new("uint8_t[16]", path.bytes(text)) end
  local function found(dst, sport)
    local list, t = {}, nil
    repeat
      t = C.share_match(d.core, address(dst), 17, t)
      if t ~= nil and t.sport == sport then list[#list + 1] = tonumber(t.cookie) end
    until t == nil
    table.sort(list)
    return table.concat(list, " ")
  end

  it("are found by destination and source port while they run", function()
    open({ A })
    local t = d:start{ protocol = "udp", cookie = 1, source_port = 30000 }
    d:start{ protocol = "udp", cookie = 2, source_port = 30000, port = 53 }
    d:start{ protocol = "udp", cookie = 3, source_port = 30002 }
    d:start{ protocol = "tcp", cookie = 4, source_port = 30000 }
    assert.equal("1 2", found("203.0.113.9", 30000))
    assert.equal("3", found("203.0.113.9", 30002))
    assert.equal("", found("203.0.113.8", 30000))
    C.stop_trace(d.core, d:trace(t), C.MTR_STOP_HALTED, 0, d.now)
    assert.equal("2", found("203.0.113.9", 30000))
  end)

  it("share with those of the same destination port, but not with classic ones", function()
    open({ A })
    local function start(o)
      o.protocol, o.source_port = "udp", 30000
      return d:trace(d:start(o))
    end
    local t, twin = start{}, start{}
    start{ port = 53 }
    start{ multipath = "classic" }
    local first = C.share_next(d.core, t, nil)
    local second = C.share_next(d.core, t, first)
    assert.is_true((first == t and second == twin) or (first == twin and second == t))
    assert.is_true(C.share_next(d.core, t, second) == nil)
    assert.is_true(C.share_keeper(d.core, t) == first)
    twin.extra.data_count = 1
    assert.is_true(C.share_keeper(d.core, t) == twin)
    twin.extra.data_count = 0
  end)
end)
