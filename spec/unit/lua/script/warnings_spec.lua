-- SPDX-License-Identifier: MIT
--
-- Tests lua/mtr/script/warnings.lua.

local mtr = require "mtr"

-- A result whose hops answer with these addresses and reply TTLs; false: silence.
local function result(protocol, hops, reason)
  local r = { type = "trace", dst = "203.0.113.9", protocol = protocol, hops = {},
    hop_count = #hops, stop_reason = reason or "completed" }
  for ttl, hop in ipairs(hops) do
    r.hops[ttl] = { ttl = ttl, replies = {} }
    if hop then
      r.hops[ttl].addr = hop[1]
      r.hops[ttl].replies[1] = { addr = hop[1], reply_ttl = hop[2] }
    end
  end
  return r
end

local function kinds(...)
  local list = {}
  for i, w in ipairs(mtr.warnings(...)) do
    assert(#w.text > 10)
    list[i] = w.kind .. " " .. w.ttl
  end
  return table.concat(list, ", ")
end

local WEB = "203.0.113.9"

describe("warnings", function()
  it("are not given for an ordinary path", function()
    local hops = { { "10.0.0.1", 64 }, { "10.0.0.2", 254 }, false, { WEB, 61 } }
    assert.equal("", kinds(result("icmp", hops)))
    assert.equal("", kinds(result("tcp", hops), result("icmp", hops), result("udp", hops)))
  end)

  it("of TCP that ends before the path of another protocol does", function()
    local tcp = result("tcp", { { "10.0.0.1", 64 }, { WEB, 63 } })
    local icmp = result("icmp", { { "10.0.0.1", 64 }, { "10.0.0.2", 63 }, { WEB, 62 } })
    assert.equal("shorter 2", kinds(tcp, icmp))
    assert.equal("", kinds(icmp, tcp))
    assert.equal("", kinds(tcp))
    icmp.dst = "203.0.113.8"
    assert.equal("", kinds(tcp, icmp))
  end)

  it("of a target whose answer came no longer a way than that of a hop before it", function()
    for _, case in ipairs {
      { 63, 63, "reply_ttl 3" }, { 254, 63, "reply_ttl 3" }, { 254, 127, "reply_ttl 3" },
      { 63, 62, "" }, { 254, 126, "" }, { 63, 64, "reply_ttl 3" }, { 63, nil, "" },
    } do
      assert.equal(case[3], kinds(result("tcp", { { "10.0.0.1", 64 }, { "10.0.0.2", case[1] },
        { WEB, case[2] } })))
    end
    assert.equal("reply_ttl 3", kinds(result("tcp", { { "10.0.0.1", 64 }, false, { WEB, 64 } })))
  end)

  it("of three hops or more in a row, the last ones, with one address", function()
    assert.equal("one_address 4", kinds(result("icmp", { { "10.0.0.1", 64 }, { WEB, 63 },
      { WEB, 62 }, { WEB, 61 } })))
    assert.equal("", kinds(result("icmp", { { "10.0.0.1", 64 }, { WEB, 63 }, { WEB, 62 } })))
    assert.equal("", kinds(result("icmp", { { "10.0.0.1", 64 }, { WEB, 63 }, false, { WEB, 62 },
      { WEB, 61 } })))
  end)

  it("are not given for a trace that did not complete", function()
    assert.equal("", kinds(result("icmp", { { "10.0.0.1", 64 }, { WEB, 64 } }, "hoplimit")))
    assert.equal("", kinds(result("icmp", {}, "error")))
  end)
end)
