-- SPDX-License-Identifier: MIT
--
-- How many misses make guessing likely, in which replies, and when they are forgotten.
local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"

local C, ffi = core.load{ "core/probe/guess.h" }

local A, DST, OTHER = "10.0.0.1", "203.0.113.9", "203.0.113.10"
local SHORT = C.WIRE_QUOTE + C.WIRE_TRUNCATED

describe("guesses", function()
  local d, p

  before_each(function()
    d = drive.over({}, { dst = DST, dest = false })
    d:start{ protocol = "udp" }
    d:step()
    p = d.sent[1]
  end)

  after_each(function() d:close() end)

  local function miss(n, fields)
    fields.from = fields.from or A
    for _ = 1, n do C.guess_miss(d.core, path.reply(p, fields), d.now) end
  end
  local function likely(fields, by_port)
    fields.from = fields.from or A
    return C.guess_likely(d.core, path.reply(p, fields), by_port or 0, d.now) ~= 0
  end

  it("are likely after some misses, to that destination and from that port", function()
    for flags, few in pairs{ [SHORT] = 8, [C.WIRE_QUOTE] = 64 } do
      miss(few - 1, { sport = 30000, flags = flags })
      assert.is_false(likely{ flags = flags })
      miss(1, { sport = 30000, flags = flags })
      assert.is_true(likely{ flags = flags })
    end
    assert.is_false(likely{ quoted_dst = OTHER, sport = 30000 })
    assert.is_true(likely({ sport = 30000 }, 1))
    assert.is_false(likely({}, 1))
  end)

  it("of one kind say nothing of another", function()
    miss(100, { flags = SHORT })
    assert.is_true(likely{ flags = SHORT })
    assert.is_false(likely{})
    assert.is_false(likely{ kind = "UDP_REPLY" })
    miss(20, { kind = "UDP_REPLY", from = DST })
    assert.is_true(likely{ kind = "UDP_REPLY", from = DST })
    assert.is_false(likely{ kind = "UDP_REPLY", from = OTHER })
  end)

  it("are forgotten after a while, however many there were", function()
    local function short() return { flags = SHORT } end
    for _, n in ipairs{ 8, 70000 } do
      miss(n, short())
      assert.is_true(likely(short()))
      d.now = d.now + 10e9
      assert.is_true(likely(short()))
      d.now = d.now + 10e9
      assert.is_false(likely(short()))
    end
    miss(4, short())
    d.now = d.now + 10e9
    miss(3, short())
    assert.is_false(likely(short()))
    miss(1, short())
    assert.is_true(likely(short()))
  end)

  it("stand in a table of no more than the engine has", function()
    for i = 0, 5000 do
      miss(1, { sport = i, quoted_dst = ("10.%d.%d.1"):format(math.floor(i / 256), i % 256) })
    end
    assert.equal(ffi.sizeof(d.core.guesses), C.GUESS_PLACES * ffi.sizeof "struct guess")
  end)
end)
