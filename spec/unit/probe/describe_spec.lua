-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/describe.c.

local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"

local C = core.load{ "core/probe/core.h" }

describe("the description of a probe", function()
  local d

  local function open(dst)
    d = drive.new{ network = path.new{ dst = dst or "203.0.113.9", dest = false } }
  end

  after_each(function() d:close() end)

  -- Which fields of a flow's probes vary.
  for _, case in ipairs{
    { "icmp", "paris", "203.0.113.9", "id ttl" },
    { "udp", "paris", "203.0.113.9", "id ttl" },
    { "tcp", "paris", "203.0.113.9", "id ttl" },
    { "udp", "dublin", "203.0.113.9", "id ttl" },
    { "icmp", "paris", "2001:db8:9::9", "id ttl" },
    { "udp", "paris", "2001:db8:9::9", "id ttl" },
    { "udp", "classic", "203.0.113.9", "dport id ttl" },
    { "tcp", "classic", "203.0.113.9", "id sport ttl" },
  } do
    local protocol, multipath, dst, want = unpack(case)
    it(("varies only %s in %s %s probes to %s"):format(want, multipath, protocol, dst), function()
      open(dst)
      d:start{ protocol = protocol, multipath = multipath, gap_limit = 0, window = 20 }
      d:step()
      assert.equal(20, #d.sent)
      local varies = {}
      for _, name in ipairs{ "checksum", "dport", "flow_label", "id", "size", "sport", "tos",
        "tcp_flags", "ttl" } do
        for _, p in ipairs(d.sent) do
          if p[name] ~= d.sent[1][name] then
            varies[#varies + 1] = name
            break
          end
        end
      end
      assert.equal(want, table.concat(varies, " "))
    end)
  end

  it("gives every probe what the user asked for", function()
    open()
    d:start{ protocol = "udp", tos = 0xb8, size = 700, payload = "hello", mark = 77, interface = 3,
      flags = C.MTR_DONT_FRAGMENT, src = "192.0.2.7", port = 53, source_port = 999 }
    d:step()
    for _, p in ipairs(d.sent) do
      assert.same({ 0xb8, 700, 5, 77, 3, 1, 1, 53, 999, 700 }, { p.tos, p.size, p.payload_size,
        p.mark, p.interface, p.dont_fragment, p.by_source, p.dport, p.sport, p.bytes })
      assert.equal(path.bytes("192.0.2.7"), p.src)
    end
  end)

  it("gives different flows different checksums, ports and labels", function()
    open()
    for flow = 0, 3 do
      d:start{ flow = flow, max_ttl = 1 }
      d:start{ flow = flow, max_ttl = 1, protocol = "udp", dst = "2001:db8:9::9" }
    end
    d:step()
    local seen = {}
    for _, p in ipairs(d.sent) do
      local key = p.protocol == 1 and p.checksum or p.sport .. "/" .. p.flow_label
      assert.is_nil(seen[key])
      seen[key] = true
    end
    assert.equal(8, #d.sent)
  end)
end)
