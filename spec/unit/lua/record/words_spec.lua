-- SPDX-License-Identifier: MIT
--
-- Constants as words, and traceroute's marks.
local words = require "mtr.record.words"
local lib = require "mtr.lib"

describe("words", function()
  it("of stop reasons go both ways", function()
    for number = 0, 10 do
      assert.equal(number, words.stop[words.stop[number]])
    end
    assert.equal("completed", words.stop[lib.C.MTR_STOP_COMPLETED])
    assert.equal("halted", words.stop[lib.C.MTR_STOP_HALTED])
  end)

  it("of protocols are IP's numbers", function()
    assert.same({ 1, 17, 6 }, { words.protocol.icmp, words.protocol.udp, words.protocol.tcp })
    assert.equal("tcp", words.protocol[6])
  end)
end)

describe("the mark of a reply", function()
  -- address, type, code, mark, as traceroute(8) prints them
  for _, case in ipairs {
    { "192.0.2.1", 11, 0 }, { "192.0.2.1", 0, 0 }, { "192.0.2.1", 3, 3 }, { "192.0.2.1" },
    { "192.0.2.1", 3, 0, "!N" }, { "192.0.2.1", 3, 1, "!H" }, { "192.0.2.1", 3, 2, "!P" },
    { "192.0.2.1", 3, 5, "!S" }, { "192.0.2.1", 3, 6, "!N" }, { "192.0.2.1", 3, 7, "!H" },
    { "192.0.2.1", 3, 9, "!X" }, { "192.0.2.1", 3, 10, "!X" }, { "192.0.2.1", 3, 13, "!X" },
    { "192.0.2.1", 3, 14, "!V" }, { "192.0.2.1", 3, 15, "!C" }, { "192.0.2.1", 3, 77, "!<77>" },
    { "192.0.2.1", 11, 1, "!<11-1>" }, { "192.0.2.1", 12, 0, "!<12-0>" },
    { "::1", 3, 0 }, { "::1", 129, 0 }, { "::1", 1, 4 }, { "::1", 1, 0, "!N" },
    { "::1", 1, 1, "!X" }, { "::1", 1, 2, "!S" }, { "::1", 1, 3, "!H" }, { "::1", 1, 6, "!<6>" },
    { "::1", 4, 1, "!<4-1>" },
  } do
    local addr, kind, code, mark = unpack(case, 1, 4)
    local name = ("from %s of type %s code %s is %s"):format(addr, tostring(kind),
      tostring(code), mark or "none")
    it(name, function()
      assert.equal(mark, words.mark { addr = addr, icmp_type = kind, icmp_code = code })
    end)
  end

  it("of a packet too big has the MTU", function()
    local reply = { addr = "192.0.2.1", icmp_type = 3, icmp_code = 4, too_big = true, mtu = 1400 }
    assert.equal("!F-1400", words.mark(reply))
    reply.mtu = nil
    assert.equal("!F", words.mark(reply))
  end)
end)
