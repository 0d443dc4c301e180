-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/stray.c.

local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"

local C = core.load{ "core/probe/stray.h" }

local V4, FAR, CUT = "203.0.113.9", "198.51.100.1", C.WIRE_QUOTE + C.WIRE_TRUNCATED
local MANY, SPAN = C.STRAY_MANY, C.STRAY_SPAN_MS

describe("stray", function()
  local d

  before_each(function()
    d = drive.new{ network = path.new{ dst = V4, dest = false } }
    d:start{ max_ttl = 1, attempts = 1, timeout = 1000, protocol = "udp" }
    d:run()
  end)
  after_each(function() d:close() end)

  -- So many replies for nobody come, over so many ms. Returns whether each kind was a flood.
  local function come(fields, n, ms)
    local p = d.sent[1]
    local o = { id = p.id % 0x8000 + 1, ip_id = 0 }
    for key, value in pairs(fields) do o[key] = value end
    local reply, before = path.reply(p, o), d:count "unmatched"
    for kind = 0, C.WIRE_STRAYS - 1 do d.core.flooded[kind] = 0 end
    for i = 1, n do d:deliver(i / n * (ms or 1), reply) end
    d:run()
    assert.equal(o.answers and 0 or n, d:count "unmatched" - before)
    return { d.core.flooded[C.WIRE_FOREIGN] ~= 0, d.core.flooded[C.WIRE_HIDDEN] ~= 0 }
  end

  -- The name, the fields of many errors, and whether they are floods of the two kinds.
  for _, case in ipairs {
    { "foreign sources", { quoted_src = FAR, sport = 9 }, true, false },
    { "foreign sources, cut short", { quoted_src = FAR, sport = 9, flags = CUT }, true, true },
    { "foreign sources and our port", { quoted_src = FAR }, false, false },
    { "foreign pings", { quoted_src = FAR, sport = 9, quoted_protocol = C.WIRE_ICMP }, true,
      false },
    { "our source and another's port", { sport = 9 }, false, true },
    { "our source and port", {}, false, false },
    { "our source and port, cut short", { flags = CUT }, false, true },
    { "nothing", { quoted_src = FAR, sport = 9, flags = 0 }, false, false },
  } do
    it("looks at errors that quote " .. case[1], function()
      assert.same({ case[3], case[4] }, come(case[2], MANY))
    end)
  end

  local FOREIGN = { quoted_src = FAR, sport = 9 }

  it("takes many in a short time for a flood, and no fewer", function()
    assert.same({ false, false }, come(FOREIGN, MANY - 1, SPAN - 1))
    d:run(2 * SPAN)
    assert.same({ true, false }, come(FOREIGN, MANY, SPAN - 1))
  end)

  it("takes as many over a longer time for none", function()
    assert.same({ false, false }, come(FOREIGN, 10 * MANY, 11 * SPAN))
  end)

  it("counts the kinds apart", function()
    assert.same({ false, false }, come(FOREIGN, MANY - 1))
    assert.same({ false, false }, come({ sport = 9 }, MANY - 1))
  end)
end)
