-- SPDX-License-Identifier: MIT
--
-- The records in a page: short, whole, and harmless whatever the network said.
local cjson = require "cjson"
local record = require "mtr.report.html.record"
local Result = require "mtr.record.result"

local function result(members)
  local all = { target = "t", dst = "192.0.2.9", protocol = "udp", stop_reason = "completed",
    hops = {} }
  for name, value in pairs(members) do all[name] = value end
  return Result.of(all)
end

local function hops(list) return cjson.decode(record.trace(result { hops = list })).hops end

local function reply(addr, rtt, more)
  local all = { addr = addr, rtt = rtt }
  for name, value in pairs(more or {}) do all[name] = value end
  return all
end

describe("a record of a page", function()
  it("has the members of a result that the page shows", function()
    assert.equal('{"t":"t","d":"192.0.2.9","stop":"completed","p":"udp","s":"192.0.2.1",'
      .. '"at":1.500,"ms":2.250,"f":3,"n":4,"hops":[]}\n', record.trace(result {
      src = "192.0.2.1", start = 1.5, duration = 2.25, flow = 3, probe_count = 4 }))
  end)

  it("has for each hop addresses, RTTs, and probes without an answer", function()
    assert.same({ {}, { "10.0.0.1", 1, 2, "10.0.0.2", 3, cjson.null }, { cjson.null, cjson.null } },
      hops { { ttl = 1, skipped = true, replies = {} },
        { ttl = 2, unanswered = 1, replies = { reply("10.0.0.1", 1), reply("10.0.0.2", 3),
          reply("10.0.0.1", 2) } },
        { ttl = 3, unanswered = 2, replies = {} } })
  end)

  it("leaves out replies that are no answers", function()
    for _, flag in ipairs { "dup", "late", "ignored" } do
      assert.same({ { "10.0.0.1", 1 } }, hops { { ttl = 1, replies = { reply("10.0.0.1", 1),
        reply("10.0.0.7", 9, { [flag] = true }) } } }, flag)
      assert.same({ { "10.0.0.1", 1 } }, hops { { ttl = 1, replies = { reply("10.0.0.1", 1),
        reply("10.0.0.1", 9, { [flag] = true }) } } }, flag)
    end
  end)

  it("says labels, marks and NAT of an answer", function()
    local labels = { { class = 1, type = 1, mpls = { { label = 24001, tc = 0, s = 1, ttl = 9 } } } }
    local said = { mpls = "24001:0:1:9", note = "!H, a NAT changed the probe" }
    local answer = reply("10.0.0.1", 1, { icmp_type = 3, icmp_code = 1, ext = labels,
      quoted = { nat = true } })
    assert.same({ { "10.0.0.1", 1, said } }, hops { { ttl = 1, replies = { answer } } })
  end)

  it("has the links of all paths", function()
    local made = record.trace(result { mda = { hops = { { ttl = 1, nodes = { "10.0.0.1" },
      links = { { from = "source", to = "10.0.0.1" } } } } } })
    assert.same({ { 1, "source", "10.0.0.1" } }, cjson.decode(made).links)
  end)

  it("cannot end the element that it is in, and keeps what was said", function()
    local evil = '</script><img src=x onerror="alert(1)"><!--\27[2J\n\226\128\168'
    local made = record.trace(result { target = evil, src = evil, stop_reason = evil,
      hops = { { ttl = 1, replies = { reply(evil, 1) } } } })
    assert.is_nil(made:find("<", 1, true))
    assert.equal(#made, made:find "\n")
    local read = cjson.decode(made)
    assert.same({ evil, evil, evil, evil }, { read.t, read.s, read.stop, read.hops[1][1] })
    local name = record.name(evil, evil, { asn = 1, name = evil, label = evil })
    assert.is_nil(name:find("<", 1, true))
    assert.same({ [evil] = { evil, 1, evil, evil } }, cjson.decode(name).names)
    assert.equal('{"names":{"a":["7",0,"",""]}}\n', record.name("a", 7, 7))
  end)

  it("leaves out what is no number", function()
    assert.equal('{"t":"t","d":"192.0.2.9","stop":"completed","p":"udp","hops":[]}\n',
      record.trace(result { start = "now", duration = 0 / 0, flow = {}, probe_count = "</script>",
        src = 7 }))
  end)
end)
