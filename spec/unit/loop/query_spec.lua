-- SPDX-License-Identifier: MIT
--
-- Questions about addresses: what is asked of a simulated network, and what a call refuses.
local ffi = require "ffi"
local lib = require "mtr.lib"
local mtr = require "mtr"

local C = lib.C
local EINVAL = -22

describe("questions about addresses", function()
  local engine, bytes

  local function open(node)
    engine = assert(mtr.engine { sim = { nodes = {
      me = { "192.0.2.1" }, ["r1.test"] = { "10.0.0.1", "2001:db8::7" }, r2 = { "10.0.0.2" },
      [node or "web"] = { "203.0.113.9" },
    }, links = { { "me", "r1.test", "r2", node or "web" } } } })
  end

  before_each(function() bytes = ffi.new "uint8_t[16]" end)
  after_each(function()
    if engine then engine:close() end
    engine = nil
  end)

  -- The kinds, errors and texts of the events with cookie 9.
  local function answer()
    local list = {}
    for _ = 1, 100 do
      local n = C.mtr_step(engine.c)
      local events = C.mtr_events(engine.c)
      for i = 0, n - 1 do
        local e = events[i]
        local at = C.mtr_ext(engine.c) + (e.ext_high * 65536 + e.ext) * 4
        list[#list + 1] = ("%d %d %d %s"):format(e.kind, e.error, e.ttl,
          ffi.string(at, e.reply_size))
        assert.equal(9, e.cookie)
      end
      if list[1] then return list end
    end
  end

  it("are answered by a simulated network, for nodes whose names have a dot", function()
    open()
    for text, wanted in pairs { ["10.0.0.1"] = "14 0 0 r1.test", ["2001:db8::7"] = "14 0 0 r1.test",
      ["10.0.0.2"] = "14 2 0 ", ["10.0.0.3"] = "14 2 0 " } do
      local family = C.mtr_address(text, bytes, nil)
      assert.equal(0, C.mtr_reverse(engine.c, bytes, family, 9))
      assert.same({ wanted }, answer())
    end
    assert.equal(0, C.mtr_text(engine.c, "r1.test", 9))
    assert.same({ "14 2 0 " }, answer())
  end)

  it("may be too many for one batch, and all are answered", function()
    open()
    C.mtr_address("10.0.0.1", bytes, nil)
    for _ = 1, 1000 do assert.equal(0, C.mtr_reverse(engine.c, bytes, 4, 9)) end
    local n = 0
    while n < 1000 do n = n + #assert(answer()) end
    assert.equal(1000, n)
  end)

  it("are refused if they are wrong", function()
    open()
    assert.equal(EINVAL, C.mtr_reverse(engine.c, bytes, 5, 9))
    assert.equal(EINVAL, C.mtr_text(engine.c, "", 9))
    assert.equal(EINVAL, C.mtr_text(engine.c, ("x"):rep(254), 9))
    assert.equal(0, C.mtr_text(engine.c, ("x"):rep(253), 9))
  end)

  it("go to servers that are addresses, for a time", function()
    open()
    local function use(o)
      local dns = ffi.new "struct mtr_dns"
      C.mtr_dns_defaults(dns)
      for name, value in pairs(o) do dns[name] = value end
      return C.mtr_dns_use(engine.c, dns)
    end
    for _, o in ipairs { { servers = "nonsense" }, { servers = "127.0.0.1:53,x" }, { timeout = -1 },
      { timeout = 1e9 }, { timeout = 0 / 0 }, { attempts = 11 } } do
      assert.equal(EINVAL, use(o))
    end
    for _, o in ipairs { {}, { servers = "127.0.0.1" }, { servers = "127.0.0.1:5353,[::1]:5353" },
      { timeout = 50, attempts = 1 } } do
      assert.equal(0, use(o))
    end
    C.mtr_address("10.0.0.1", bytes, nil)
    assert.equal(0, C.mtr_reverse(engine.c, bytes, 4, 9))
    assert.same({ "14 0 0 r1.test" }, answer())      -- still the simulated network
  end)
end)
