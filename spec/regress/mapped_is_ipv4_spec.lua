-- SPDX-License-Identifier: MIT
--
-- ::ffff:10.0.0.1 was probed by ICMPv6 and passed an exclude list that held 10.0.0.0/8.
local mtr = require "mtr"
local run = require "spec.support.harness.run"

local NETWORK = {
  nodes = {
    me = { "192.0.2.1", "2001:db8::1" }, r1 = { "198.51.100.1", "2001:db8:1::1" },
    far = { "10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1", "2001:0:5db8::f5ff:fffe" },
  },
  links = { { "me", "r1" }, { "r1", "far" } },
}

describe("an address mapped from IPv4", function()
  local engine
  local function open(opts)
    opts.sim, opts.seed = NETWORK, 1
    engine = assert(mtr.engine(opts))
    return engine
  end
  after_each(function() if engine then engine:close() end end)
  teardown(run.clean)

  -- What a campaign makes of targets: how many were traced, and what was said of the others.
  local function campaign(targets)
    local done, said = {}, {}
    assert(mtr.campaign({ engine = engine, targets = targets,
      on_trace = function(result) done[#done + 1] = result.dst end,
      on_error = function(message) said[#said + 1] = message end }):run())
    table.sort(done)
    return done, said
  end

  it("is traced as IPv4, whoever names it", function()
    open {}
    local result = assert(engine:trace "::ffff:10.0.0.1")
    assert.same({ "10.0.0.1", "completed", "192.0.2.1" },
      { result.dst, result.stop_reason, result.src })
    assert.equal("10.0.0.1", assert(engine:trace("::ffff:a00:1", { family = 4 })).dst)
    assert.equal("10.0.0.1", assert(engine:probe { dst = "::ffff:10.0.0.1", ttl = 9 }).addr)
    local from
    assert(engine:prober("::ffff:10.0.0.1", {
      on_reply = function(_, reply) from = reply.addr end,
    })):send(9)
    engine:run()
    assert.equal("10.0.0.1", from)
    assert.same({ "10.0.0.1", "10.0.0.1" },
      (campaign { "::ffff:10.0.0.1", "::ffff:10.0.0.1/128" }))
    local range = mtr.targets.cidr "::ffff:10.0.0.0/127"
    assert.same({ "10.0.0.0", "10.0.0.1" }, { range(), range(), range() })
    assert.same({ "10.0.0.1", 4 }, { mtr.parse_ip "::ffff:10.0.0.1" })
    assert.equal(4, mtr.addr_family "::ffff:10.0.0.1")
  end)

  it("is IPv4 as a source too", function()
    open { source4 = "::ffff:192.0.2.1" }
    assert.equal("192.0.2.1", assert(engine:trace("10.0.0.1", { source = "::ffff:192.0.2.1" })).src)
    assert.has_error(function() engine:trace("x", { source = "::ffff:192.0.2.1", family = 6 }) end)
    local _, _, name = engine:trace("2002:a00:1::1", { source = "::ffff:192.0.2.1" })
    assert.equal("EAFNOSUPPORT", name)
    assert.has_error(function() mtr.engine { sim = NETWORK, source6 = "::ffff:192.0.2.1" } end)
  end)

  it("is excluded where the IPv4 address is", function()
    open { exclude = { "10.0.0.0/8" } }
    for _, dst in ipairs { "10.0.0.1", "::ffff:10.0.0.1", "::FFFF:A00:1", "0::ffff:10.0.0.1" } do
      for _, try in ipairs { engine.trace, engine.prober,
        function(e, to) return e:probe { dst = to, ttl = 3 } end } do
        assert.equal("EACCES", (select(3, try(engine, dst))), dst)
      end
    end
    local done, said = campaign { "::ffff:10.0.0.1", "::ffff:10.0.0.0/126" }
    assert.same({ 0, 5 }, { #done, #said })
    for _, message in ipairs(said) do assert.matches("^EACCES", message) end
  end)

  it("excludes the IPv4 address where a list has it so, alone, as a prefix or in a file", function()
    run.file("excluded", "::ffff:10.0.0.0/104\n")
    for _, list in ipairs { { "::ffff:10.0.0.1" }, { "::ffff:0:0/96" }, { "::ffff:10.0.0.0/104" },
      run.dir() .. "/excluded" } do
      open { exclude = list }
      assert.equal("EACCES", (select(3, engine:trace "10.0.0.1")))
      assert.equal("EACCES", (select(3, engine:trace "::ffff:10.0.0.1")))
      engine:close()
    end
  end)

  it("is refused by the library in a packet's form", function()
    local lib = require "mtr.lib"
    open {}
    local t, zone = lib.new "struct mtr_trace", lib.new "uint32_t[1]"
    lib.C.mtr_trace_defaults(t)
    t.family = lib.C.mtr_address("::ffff:10.0.0.1", t.dst, zone)
    assert.equal(-22, lib.C.mtr_start(engine.c, t, 1))
    assert.matches("mapped from IPv4", lib.string(lib.C.mtr_why(engine.c)))
  end)
end)

describe("an address that leads to an excluded one", function()
  local WAYS = { "64:ff9b::a00:1", "2002:a00:1::1", "2001:0:5db8::f5ff:fffe" }

  it("is probed, unless it is asked that it is not", function()
    for within, name in pairs { [false] = "completed", [true] = "EACCES" } do
      local engine = assert(mtr.engine {
        sim = NETWORK, seed = 1, exclude = { "10.0.0.0/8" }, exclude_embedded = within,
      })
      for _, dst in ipairs(WAYS) do
        local result, message, code = engine:trace(dst)
        assert.equal(name, code or result.stop_reason, dst)
        if code then assert.matches("10.0.0.0/8", message, 1, true) end
      end
      engine:close()
    end
  end)
end)

describe("a broken address", function()
  it("is told as such, and no name server is asked for it", function()
    local engine = assert(mtr.engine { sim = NETWORK })
    for _, dst in ipairs { "300.1.2.3", "1.2.3.4.5", "10.0.0", "::1::2", "0x0a.0.0.1" } do
      local _, message, name = engine:trace(dst)
      assert.same({ ("EINVAL: %q is not an IPv4 or IPv6 address"):format(dst), "EINVAL" },
        { message, name })
      local said
      mtr.campaign({ engine = engine, targets = { dst },
        on_error = function(text) said = text end }):run()
      assert.equal(message, said)
    end
    engine:close()
  end)
end)

describe("a list", function()
  teardown(run.clean)

  it("loses nothing, however it was encoded", function()
    local text = "10.0.0.1\r10.0.0.2\r"
    for _, list in ipairs { text, "\239\187\191" .. text,
      "\255\254" .. text:gsub(".", "%0\0"), "\254\255" .. text:gsub(".", "\0%0") } do
      run.file("list", list)
      local path, got = run.dir() .. "/list", {}
      for target in assert(mtr.targets.file(path)) do got[#got + 1] = target end
      assert.same({ "10.0.0.1", "10.0.0.2" }, got)
      local engine = assert(mtr.engine { sim = NETWORK, exclude = path })
      assert.equal("EACCES", (select(3, engine:trace "10.0.0.1")))
      assert.equal("EACCES", (select(3, engine:trace "10.0.0.2")))
      engine:close()
      run.file("cli.lua", [[
        local cli = require("mtr").cli("x", "usage: x TARGET...\n")
        for _, target in ipairs(cli:parse(arg).target) do print(target) end]])
      assert.equal("10.0.0.1\n10.0.0.2\n", run.run('"$MTR_PROGRAM" $DIR/cli.lua - <$DIR/list').out)
    end
  end)

  it("that cannot be read is told", function()
    local dir = run.dir()
    assert.error_matches(function() assert(mtr.targets.file(dir))() end, "directory")
    local _, message, name = mtr.engine { sim = NETWORK, exclude = dir }
    assert.same({ "EISDIR: is a directory: exclude list " .. dir, "EISDIR" }, { message, name })
  end)
end)
