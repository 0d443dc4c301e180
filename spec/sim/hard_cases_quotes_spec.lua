-- SPDX-License-Identifier: MIT
--
-- Hard cases about quotes: too short, rewritten, with damaged or unannounced extensions. A reply is
-- matched with the right probe or with none.
local hard = require "spec.support.virtual.hard"

describe("hard case 1: the quote is 8 bytes", function()
  it("or more: every probe is recognised by it", function()
    hard.each(function(opts)
      local r = hard.trace("short_quotes", "web", opts)
      assert.equal("completed", r.stop_reason)
      for ttl = 1, 2 do
        local reply = r.hops[ttl].replies[1]
        assert.same({ ttl = 1, tos = 0, size = r.size }, reply.quoted)
      end
    end)
  end)

  it("or less: the probe is recognised by the IP identification, and marked", function()
    for _, protocol in ipairs { "icmp", "udp", "tcp" } do
      local r = hard.trace("short_quotes", "web", { protocol = protocol })
      assert.equal("1 2 3 4 5 9", hard.ends(r))
      for ttl = 3, 5 do assert.is_true(r.hops[ttl].replies[1].quoted.truncated) end
    end
  end)

  it("or less, over IPv6, which has no identification: it is unmatched", function()
    for _, protocol in ipairs { "icmp", "udp", "tcp" } do
      local r, _, stats = hard.trace("short_quotes", "web", { protocol = protocol, family = 6 })
      assert.equal("1 2 * * * 9", hard.ends(r))
      assert.equal(3 * 2, stats.unmatched)
    end
  end)
end)

describe("hard case 2: a translator rewrote the quote", function()
  local function nat(r) return hard.first(r, function(reply)
    return reply.quoted and reply.quoted.nat or false
  end) end

  it("and translated it back: nothing shows", function()
    hard.each(function(opts)
      local r = hard.trace("nat", "one", opts)
      assert.same({ "1 2 3 1", { false, false, false, false } }, { hard.ends(r), nat(r) })
    end)
  end)

  -- Only a port unreachable of the target is a quote as well.
  local function marked(opts) return { false, true, true, opts.protocol == "udp" } end

  it("and did not translate it back: the reply is matched, and marked", function()
    hard.each(function(opts)
      local r, _, stats = hard.trace("nat", "two", opts)
      assert.same({ "1 2 3 2", marked(opts) }, { hard.ends(r), nat(r) })
      assert.equal(opts.protocol == "udp" and 3 or 2, stats.nat)
    end)
  end)

  it("and did not translate back its ports: the reply is matched, and marked", function()
    hard.each(function(opts)
      local r, _, stats = hard.trace("nat", "three", opts)
      assert.same({ "1 2 3 3", marked(opts) }, { hard.ends(r), nat(r) })
      assert.equal(0, stats.unmatched)
    end)
  end)

  it("and the result says by which tier it matched, and what had changed", function()
    local function told(target, opts)
      local r = hard.trace("nat", target, opts)
      local quoted = r.hops[3].replies[1].quoted
      return { quoted.tier, unpack(quoted.changed or {}) }
    end
    hard.each(function(opts, family)
      local id = opts.protocol == "udp" and "id" or nil
      assert.same({}, told("one", opts))
      assert.same({ nil, "src", id }, told("two", opts))
      assert.same({ id and family == 4 and 4 or 2, "src", "sport", id }, told("three", opts))
    end)
    local r = hard.trace("short_quotes", "web", { protocol = "udp" })
    assert.equal(4, r.hops[3].replies[1].quoted.tier)
  end)

  it("and did not translate it back: no probe is mistaken for another", function()
    hard.over("nat", function(e)
      local wrong = 0
      local truth = { one = "right", two = "lazy", three = "ports" }
      for flow = 0, 61 do
        local opts = { protocol = "udp", flow = flow, family = flow % 2 == 0 and 4 or 6 }
        for target in pairs(truth) do
          local path = assert(e:sim():path(target, flow, opts))
          assert(e:trace(target, opts, function(_, r)
            for ttl, hop in ipairs(r.hops) do
              if hop.addr ~= path[ttl] then wrong = wrong + 1 end
            end
            assert.equal("completed", r.stop_reason)
          end))
        end
      end
      e:run()
      assert.equal(0, wrong)
    end)
  end)
end)

describe("hard case 3: the quoted TTL is 0, or more than 1", function()
  it("is recorded, shifts no hop, and a router twice in a row is no loop", function()
    hard.each(function(opts)
      local r = hard.trace("zero_ttl", "web", opts)
      assert.same({ "1 3 3 4 9", "completed" }, { hard.ends(r), r.stop_reason })
      local ttls = hard.first(r, function(reply) return reply.quoted and reply.quoted.ttl end)
      assert.same({ 1, 0, 1, 250 }, { unpack(ttls, 1, 4) })
    end)
  end)
end)

-- The labels' TTLs of each hop's first reply: the topologies number their objects so.
local function objects(r)
  return hard.first(r, function(reply)
    local list = {}
    for i, object in ipairs(reply.ext or {}) do
      list[i] = object.mpls and object.mpls[#object.mpls].ttl or object.hex
    end
    return table.concat(list, " ") .. (reply.ext_malformed and " malformed" or "")
  end)
end

describe("hard case 4: extensions behind 128 bytes are not announced", function()
  it("but read if their checksum is right or absent; elsewhere if right", function()
    hard.each(function(opts)
      local r = hard.trace("ext_unannounced", "web", opts)
      assert.same({ "1", "2", "", "4", "5 malformed", "" }, objects(r))
      assert.equal("1 2 3 4 5 9", hard.ends(r))
    end)
  end)
end)

describe("hard case 5: several extension objects, or malformed ones", function()
  it("are all kept, unknown ones as they came, up to the first bad one", function()
    hard.each(function(opts)
      local r = hard.trace("ext_objects", "web", opts)
      assert.same({ "1 deadbeef 3", "1 malformed", "1 malformed", "1 malformed", "1 malformed",
        "" }, objects(r))
      assert.same({ class = 0xf0, type = 7, hex = "deadbeef" }, r.hops[1].replies[1].ext[2])
      assert.same({ { label = 2 * 16, tc = 0, s = 0, ttl = 2 }, { label = 3 * 16, tc = 0, s = 1,
        ttl = 3 } }, r.hops[1].replies[1].ext[3].mpls)
    end)
  end)
end)

describe("hard case 6: lengths that 8 bits cannot multiply, or that lie", function()
  it("are computed in full: extensions are read where the checksum is right", function()
    hard.each(function(opts)
      local r = hard.trace("ext_objects", "web", opts)
      assert.same({ "completed", "5" }, { r.stop_reason, r.hops[5].addr:match "%x$" })
      local reply = r.hops[5].replies[1]
      assert.same({ 1, true }, { #reply.ext, reply.ext_malformed })
    end)
  end)
end)

describe("hard case 15: the IP identification of the quote is 0, one more, or swapped", function()
  it("and the identity in the transport header decides", function()
    for _, protocol in ipairs { "icmp", "udp", "tcp" } do
      local r = hard.trace("ip_id", "web", { protocol = protocol, max_ttl = 3 })
      assert.equal("1 2 3", hard.ends(r))
      for _, hop in ipairs(r.hops) do
        local quoted = hop.replies[1].quoted
        assert.same({ nil, { "ip_id" }, nil }, { quoted.nat, quoted.changed, quoted.tier })
      end
    end
  end)

  it("and decides alone if nothing else is quoted and only one probe fits", function()
    for _, protocol in ipairs { "icmp", "udp", "tcp" } do
      for _, window in ipairs { 1, 8, 255 } do
        for _, queries in ipairs { 1, 3 } do
          local opts = { protocol = protocol, window = window, queries = queries, attempts = 1 }
          local r, _, stats = hard.trace("ip_id", "web", opts)
          assert.equal("1 2 3 4 5 6 7 9", hard.ends(r))
          assert.equal(0, stats.unmatched)
          for _, hop in ipairs(r.hops) do
            for _, reply in ipairs(hop.replies) do assert.equal(hop.addr, reply.addr) end
          end
        end
      end
    end
  end)

  it("and matches no probe if more than one fits", function()
    hard.over("ip_id", function(e)
      local path = assert(e:sim():path "web")
      local wrong, right = 0, 0
      for flow = 0, 199 do
        local opts = { protocol = "udp", flow = flow, queries = 3, attempts = 1, window = 255 }
        assert(e:trace("web", opts, function(_, r)
          for ttl, hop in ipairs(r.hops) do
            for _, reply in ipairs(hop.replies) do
              if reply.addr == path[ttl] then right = right + 1 else wrong = wrong + 1 end
            end
          end
        end))
      end
      e:run()
      assert.equal(0, wrong)
      assert(e:stats().unmatched > 0 and right > 200 * 3 * 7)
    end, { rate = 0 })
  end)
end)

describe("hard case 16: the length in the quote is in another byte order", function()
  it("or 0: nothing is decided by it", function()
    for _, protocol in ipairs { "icmp", "udp", "tcp" } do
      local r = hard.trace("ip_id", "web", { protocol = protocol })
      assert.same({ 0x3c00, 0 }, { r.hops[6].replies[1].quoted.size,
        r.hops[7].replies[1].quoted.size })
      assert.equal("completed", r.stop_reason)
    end
  end)
end)

describe("hard case 22: the quote has IPv6 extension headers", function()
  it("which are walked, up to eight, to the transport header", function()
    for _, protocol in ipairs { "icmp", "udp", "tcp" } do
      local r = hard.trace("headers6", "web", { protocol = protocol })
      assert.same({ "1 2 3 4 5", "completed" }, { hard.ends(r):sub(1, 9), r.stop_reason })
      assert.equal(r.size + 8 * 8, r.hops[5].replies[1].quoted.size)
    end
  end)

  it("of a later fragment without transport header: it matches no probe", function()
    local r, _, stats = hard.trace("headers6", "web", { protocol = "udp" })
    assert.same({ "1 2 3 4 5 * 9", 2 }, { hard.ends(r), stats.unmatched })
  end)
end)
