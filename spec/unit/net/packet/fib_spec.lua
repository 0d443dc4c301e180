-- SPDX-License-Identifier: MIT
--
-- The tables alone, without the kernel. fib_load_spec.lua reads the kernel's messages.
local core = require "spec.support.harness.core"
local path = require "spec.support.virtual.path"
local record = require "spec.support.virtual.record"

local C, ffi = core.load{ "core/net/packet/fib.h", "core/net/packet/fib_load.h",
  "core/net/packet/fib_table.h" }

ffi.cdef "void free(void *);"

local E2BIG = -7
local LINK, HERE, BRANCHES, NONE = C.FIB_LINK, C.FIB_HERE, C.FIB_BRANCHES, C.FIB_NONE

-- "192.0.2.0/24" as a struct fib_route; other fields as in the struct.
local function route(prefix, o)
  local addr, bits = prefix:match "^(.*)/(%d+)$"
  local r, mask = ffi.new("struct fib_route"), ffi.new("uint8_t[16]")
  bits = tonumber(bits)
  for i = 0, bits - 1 do
    local byte = math.floor(i / 8)
    mask[byte] = mask[byte] + 2 ^ (7 - i % 8)
  end
  ffi.copy(r.dst, path.bytes(addr), 16)
  ffi.copy(r.mask, mask, 16)
  r.bits, r.way, r.rank, r.link = bits, LINK, 1, 1
  for key, value in pairs(o or {}) do
    if key == "via" or key == "src" then ffi.copy(r[key], path.bytes(value), 16)
    else r[key] = value end
  end
  return r
end

describe("fib", function()
  local t

  local function table_of(list)
    t = ffi.new("struct fib_table")
    C.fib_clear(t)
    for _, item in ipairs(list) do assert.equal(0, C.fib_add(t, route(unpack(item)))) end
  end
  local function link_to(dst)
    local r = C.fib_match(t, path.bytes(dst))
    return r ~= nil and r.link or nil
  end

  -- Routes, and of destinations by which link they are reached; the order of routes is no matter.
  for name, case in pairs {
    ["takes the longest prefix"] = { { { "0.0.0.0/0", { link = 1 } },
      { "10.0.0.0/8", { link = 2 } }, { "10.1.0.0/16", { link = 3 } },
      { "10.1.2.3/32", { link = 4 } }, { "10.1.2.0/23", { link = 5 } } },
      { ["192.0.2.1"] = 1, ["10.200.0.1"] = 2, ["10.1.200.1"] = 3, ["10.1.2.3"] = 4,
        ["10.1.2.4"] = 5, ["10.1.3.255"] = 5, ["10.1.4.0"] = 3, ["11.0.0.0"] = 1 } },
    ["looks at the local table first, even where another is more specific"] = {
      { { "10.1.2.0/24", { link = 2 } }, { "10.1.0.0/16", { rank = 0, link = 3 } } },
      { ["10.1.2.9"] = 3 } },
    ["looks at the default table last"] = {
      { { "10.0.0.0/8", { rank = 2, link = 2 } }, { "0.0.0.0/0", { link = 3 } } },
      { ["10.1.2.9"] = 3 } },
    ["takes the lower priority number of two alike"] = {
      { { "10.0.0.0/8", { priority = 100, link = 2 } }, { "10.0.0.0/8", { link = 3 } },
        { "10.0.0.0/8", { priority = 50, link = 4 } } }, { ["10.1.2.9"] = 3 } },
    ["has no route where none fits"] = { { { "10.0.0.0/9", {} } }, { ["10.128.0.0"] = false } },
    ["is empty at first"] = { {}, { ["10.1.2.9"] = false, ["::1"] = false } },
    ["does so for IPv6 too"] = { { { "::/0", { link = 1 } }, { "2001:db8::/32", { link = 2 } },
      { "2001:db8:0:1::/64", { link = 3 } }, { "2001:db8:0:1::80/121", { link = 4 } },
      { "fe80::1/128", { link = 5 } } },
      { ["2001:db9::1"] = 1, ["2001:db8:1::1"] = 2, ["2001:db8:0:1::7f"] = 3,
        ["2001:db8:0:1::ff"] = 4, ["fe80::1"] = 5, ["fe80::2"] = 1 } },
  } do
    it(name, function()
      local routes, wants = unpack(case)
      for _ = 1, 2 do
        table_of(routes)
        for dst, want in pairs(wants) do assert.equal(want or nil, link_to(dst), dst) end
        local reverse = {}
        for i, item in ipairs(routes) do reverse[#routes + 1 - i] = item end
        routes = reverse
      end
    end)
  end

  it("takes two ways of one prefix and priority for branches of a route", function()
    table_of { { "10.0.0.0/8", { link = 2 } }, { "10.0.0.0/8", { link = 3 } },
      { "10.0.0.0/8", { link = 4 } }, { "10.1.0.0/16", { link = 2 } } }
    assert.equal(BRANCHES, C.fib_match(t, path.bytes "10.9.9.9").way)
    assert.equal(LINK, C.fib_match(t, path.bytes "10.1.9.9").way)
  end)

  it("is no longer simple when it is full", function()
    table_of {}
    for i = 1, C.FIB_ROUTES do
      assert.equal(0, C.fib_add(t, route(("10.%d.0.0/16"):format(i), { link = i })))
    end
    assert.equal(1, t.simple)
    assert.equal(E2BIG, C.fib_add(t, route "10.200.0.0/16"))
    assert.equal(0, t.simple)
    assert.equal(C.FIB_ROUTES, t.count)
  end)

  -- A fib whose tables are filled in by hand, with no way to ask the kernel.
  local function fib_of(list)
    local f = ffi.new("struct fib")
    f.ask.fd, f.hear.fd = -1, -1
    for i = 0, 1 do C.fib_clear(f.table[i]) end
    for _, item in ipairs(list) do assert.equal(0, C.fib_add(f.table[0], route(unpack(item)))) end
    return f
  end

  for _, case in ipairs {
    { HERE, "to this host itself" }, { BRANCHES, "a route with several next hops" },
    { C.FIB_ODD, "a route that encapsulates" }, { NONE, "no route" },
  } do
    it("has no next hop, but a reason: " .. case[2], function()
      local f = fib_of { { "10.0.0.0/8", { way = case[1] } } }
      local why, dst = ffi.new("const char *[1]"), path.bytes "10.1.2.3"
      assert.is_true(C.fib_hop(f, 4, dst, C.fib_find(f, 4, dst, 5e9), why, 5e9) == nil)
      assert.equal(case[2], ffi.string(why[0]))
      dst = path.bytes "192.0.2.1"
      assert.is_true(C.fib_hop(f, 4, dst, C.fib_find(f, 4, dst, 5e9), why, 5e9) == nil)
      assert.equal("no route", ffi.string(why[0]))
    end)
  end

  local why = ffi.new("const char *[1]")
  local function hop(f, dst, now)
    local bytes = path.bytes(dst)
    return C.fib_hop(f, 4, bytes, C.fib_find(f, 4, bytes, now), why, now)
  end
  -- Puts a good link there, as the kernel would have told of it.
  local function link(f, index, bare)
    local l = f.link[index % C.FIB_LINKS]
    l.index, l.mtu, l.bare, l.why = index, 1400, bare, nil
    return l
  end

  it("keeps a hop by gateway, or by destination where there is none", function()
    local f = fib_of { { "0.0.0.0/0", { link = 7, via = "10.0.0.1" } },
      { "10.0.0.0/8", { link = 7 } } }
    link(f, 7, 0)
    local far = hop(f, "192.0.2.1", 5e9)
    assert.equal("10.0.0.1", record.text(far.addr, 4))
    assert.equal("a next hop not yet resolved", ffi.string(why[0]))   -- nobody answers here
    far.known, far.why = 1, nil
    assert.is_true(hop(f, "198.51.100.1", 9e9) == far)
    assert.is_true(why[0] == nil)
    local near = hop(f, "10.0.0.9", 9e9)
    assert.same({ "10.0.0.9", 7, 0, 1400 },
      { record.text(near.addr, 4), near.link, near.known, near.mtu })
    assert.equal(9e9, tonumber(near.asked))
    hop(f, "10.0.0.9", 9.5e9)
    assert.equal(9e9, tonumber(near.asked))
    hop(f, "10.0.0.9", 10e9)
    assert.equal(10e9, tonumber(near.asked))
  end)

  it("has one hop for all beyond a link of nothing but IP", function()
    local f = fib_of { { "0.0.0.0/0", { link = 7 } },
      { "10.0.0.0/8", { link = 7, via = "10.0.0.1" } } }
    link(f, 7, 1)
    local h = hop(f, "192.0.2.1", 5e9)
    assert.is_true(why[0] == nil)
    assert.same({ 1, 1, 0, 7, 1400 }, { h.known, h.lasting, h.size, h.link, h.mtu })
    for _, dst in ipairs { "192.0.2.2", "10.0.0.9", "10.0.0.1" } do
      assert.is_true(hop(f, dst, 5e9) == h, dst)
    end
  end)

  it("asks of a link once for all destinations, and again after a second if it is bad", function()
    local f = fib_of { { "0.0.0.0/0", { link = 7 } },
      { "10.0.0.0/8", { link = 7 + C.FIB_LINKS } } }
    local l = f.link[7 % C.FIB_LINKS]
    for i = 1, 300 do
      assert.is_true(hop(f, "192.0.2." .. i % 256, 5e9 + i * 1e6) == nil)
      assert.equal("a link that is gone", ffi.string(why[0]))         -- nobody answers here
      assert.equal(5.001e9, tonumber(l.asked))
    end
    hop(f, "192.0.2.1", 6.001e9)
    assert.equal(6.001e9, tonumber(l.asked))
    hop(f, "10.0.0.1", 6.002e9)
    assert.same({ 7 + C.FIB_LINKS, 6.002e9 }, { l.index, tonumber(l.asked) })
    link(f, 7, 1)
    assert.is_true(hop(f, "192.0.2.1", 20e9) ~= nil)
    assert.equal(6.002e9, tonumber(l.asked))
  end)

  it("asks in a second for no more routes than it has room for", function()
    local f = fib_of {}
    f.table[0].simple = 0
    local function of(i, now)
      hop(f, ("10.1.%d.%d"):format(math.floor(i / 256), i % 256), now)
      return ffi.string(why[0])
    end
    for second = 5, 7 do
      for i = 1, C.FIB_ANSWERS do assert.equal("no route", of(i + second * 4096, second * 1e9)) end
      for i = 1, 100 do
        assert.equal("more destinations than routes can be asked for",
          of(i + (second + 1) * 4096, second * 1e9 + i * 9e6))
      end
      -- What was answered is still known, where no other has its place.
      assert.equal("no route", of(C.FIB_ANSWERS + second * 4096, second * 1e9 + 999e6))
    end
    ffi.C.free(f.answer)
  end)
end)
