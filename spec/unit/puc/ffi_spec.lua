-- SPDX-License-Identifier: MIT
--
-- The module mtr.ffi, which replaces LuaJIT's FFI in PUC Lua. LuaJIT can load the one for Lua 5.1,
-- so this spec runs in every Lua. What it allows is compared with LuaJIT's FFI where that is there;
-- all else has to be a Lua error.
local compat = require "mtr.compat"
local random = require "spec.support.harness.random"

local FILE = (os.getenv "MTR_PUC" or "build/puc") .. "/5.1/mtr/ffi.so"

local function module()
  if compat.puc then return compat.ffi end
  return assert(package.loadlib(FILE, "luaopen_mtr_ffi"))()
end

local ffi = module()
local C = ffi.load(os.getenv "MTR_LIB" or "build/libmtr.so")

local function fails(pattern, fn, ...)
  local ok, message = pcall(fn, ...)
  assert.is_false(ok)
  assert.truthy(message:find(pattern), message)
end

local function get(c, i) return c[i] end
local function set(c, i, value) c[i] = value end

describe("memory in a Lua without FFI", function()
  it("has the numbers of C", function()
    for _, case in ipairs {
      { "uint8_t[1]", 257, 1 }, { "uint8_t[1]", -1, 255 }, { "int32_t[1]", 2 ^ 31, -2 ^ 31 },
      { "uint32_t[1]", -1, 2 ^ 32 - 1 }, { "char[1]", 200, -56 }, { "uint16_t[1]", 3.9, 3 },
      { "double[1]", 0.1, 0.1 }, { "float[1]", 0.5, 0.5 }, { "double[1]", -2 ^ 60, -2 ^ 60 },
    } do
      local c = ffi.new(case[1])
      assert.equal(0, c[0])
      c[0] = case[2]
      assert.equal(case[3], c[0], case[1])
    end
  end)

  it("gives whole numbers as integers, so that 5 is printed as 5", function()
    local t = ffi.new "struct mtr_trace"
    t.timeout, t.port = 2000, 5
    assert.equal("2000 5", t.timeout .. " " .. t.port)
    t.timeout = 2.5
    assert.equal("2.5", tostring(t.timeout))
  end)

  it("is made from lists, names, texts and copies", function()
    local list = ffi.new("uint8_t[?]", 4, { 1, 2, 3 })
    assert.equal("\1\2\3\0", ffi.string(list, 4))
    local event = ffi.new("struct mtr_event", { ttl = 7, rtt = 1.25 })
    local copy = ffi.new("struct mtr_event", event)
    event.ttl = 8
    assert.same({ 7, 1.25 }, { copy.ttl, copy.rtt })
    assert.equal("abc", ffi.string(ffi.new("char[?]", 9, "abc")))
    fails("the text is longer than the array", ffi.new, "char[2]", "abc")
    fails("copy of another one", ffi.new, "struct mtr_event", ffi.new "struct mtr_info")
  end)

  it("has elements from 0 to its end", function()
    local c = ffi.new("uint16_t[?]", 3)
    c[2] = 9
    assert.equal(9, c[2])
    for _, i in ipairs { -1, 3, 1e300, 0 / 0, -1 / 0 } do
      fails("index", get, c, i)
      fails("index", set, c, i, 1)
    end
    for _, i in ipairs { "x", {}, true, print } do fails("no member", get, c, i) end
    fails("elements", ffi.new, "uint8_t[?]", -1)
    fails("elements", ffi.new, "uint8_t[?]", 2 ^ 40)
    assert.equal(0, ffi.sizeof(ffi.new("uint8_t[?]", 0)))
  end)

  it("has members by name", function()
    local e = ffi.new("struct mtr_event[?]", 2)
    e[1].error = 5
    assert.equal(5, e[1].tos)          -- the same byte
    assert.equal(0, e[0].tos)
    fails("no member nothing", get, e[0], "nothing")
    fails("no member nothing", set, e[0], "nothing", 1)
    for _, value in ipairs { "1", {}, true, e, print } do
      fails("number expected", set, e[0], "ttl", value)
      fails("array", set, e[0], "addr", 7)
    end
    e[0] = e[1]
    assert.equal(5, e[0].error)
    fails("struct mtr_event expected", set, e, 0, ffi.new "struct mtr_info")
  end)

  it("takes texts into arrays, with their end", function()
    local config = ffi.new "struct mtr_config"
    config.interface = "a-longer-name"
    config.interface = "eth0"
    assert.equal("eth0", ffi.string(config.interface))
    config.interface = ("x"):rep(16)
    assert.equal(("x"):rep(16), ffi.string(config.interface))
    fails("longer than 16", set, config, "interface", ("x"):rep(17))
  end)

  it("is copied, filled and read within its bounds", function()
    local c = ffi.new("uint8_t[?]", 4)
    ffi.copy(c, "abc")
    assert.equal("abc", ffi.string(c))
    fails("the length goes beyond an end of the memory", ffi.copy, c, "abcd")
    ffi.copy(c, "abcd", 4)
    assert.equal("abcd", ffi.string(c))
    fails("do not fit", ffi.copy, c, "abcdefgh", 5)
    fails("do not fit", ffi.copy, c, "ab", 4)
    fails("do not fit", ffi.string, c, 5)
    fails("do not fit", ffi.string, c, -1)
    fails("do not fit", ffi.fill, c, 5)
    ffi.fill(c + 1, 2, 0x2a)
    assert.equal("a**d", ffi.string(c, 4))
    assert.equal("", ffi.string(c + 4, 0))
    fails("beyond its end", function() return c + 5 end)
    fails("beyond its end", function() return c + 1 + -1 end)
    for _, value in ipairs { 7, {}, true, io.stdout } do
      fails("expected", ffi.copy, value, "x", 1)
      fails("expected", ffi.fill, value, 1)
      fails("expected", ffi.string, value)
    end
    fails("expected", ffi.string, nil)
  end)

  it("cannot be written through a pointer to const or to a string", function()
    local bytes = ffi.cast("const uint8_t *", "abc")
    assert.equal(98, bytes[1])
    assert.equal("bc", ffi.string(bytes + 1))
    fails("index", get, bytes, 3)
    fails("cannot be written", set, bytes, 0, 1)
    fails("expected", ffi.copy, bytes, "x", 1)
    fails("expected", C.mtr_address_put, bytes, 8, 1)
  end)

  it("lives as long as something points to it", function()
    local parts = {}
    for i = 1, 200 do
      local e = ffi.new("struct mtr_event[?]", 3)
      e[2].addr[15] = i
      parts[i] = i % 2 == 0 and e[2].addr or ffi.cast("uint8_t *", e + 2) + 16
    end
    for i = 1, 200 do parts[-i] = ffi.cast("const char *", ("%03d"):format(i)) + 1 end
    collectgarbage()
    collectgarbage()
    for i = 1, 200 do
      assert.equal(i, parts[i][15])
      assert.equal(("%02d"):format(i % 100), ffi.string(parts[-i]))
    end
  end)

  it("calls a finalizer once, and none that was taken away", function()
    local log = {}
    local function note(c) log[#log + 1] = c[0] end
    for i = 1, 3 do
      local c = ffi.gc(ffi.new("int32_t[1]", { i }), note)
      if i == 2 then ffi.gc(c, nil) end
    end
    for _ = 1, 3 do collectgarbage() end
    table.sort(log)
    assert.same({ 1, 3 }, log)
  end)

  it("has the sizes and places of LuaJIT's FFI", function()
    assert.equal(64, ffi.sizeof "struct mtr_event")
    assert.equal(16, ffi.sizeof("uint32_t[?]", 4))
    assert.equal(tonumber(C.mtr_sizeof "trace"), ffi.sizeof "struct mtr_trace")
    if compat.puc then return end
    require "mtr.lib"
    local cdef = require "mtr.cdef"
    for name, body in cdef:gmatch "(struct mtr_[%w_]+) (%b{});" do
      assert.equal(compat.ffi.sizeof(name), ffi.sizeof(name))
      for member in body:gmatch "([%w_]+)[%[%]%d]*[;,]" do
        assert.equal(compat.ffi.offsetof(name, member), ffi.offsetof(name, member), member)
      end
    end
    for name in cdef:gmatch "MTR_[%u%d_]+" do assert.equal(compat.ffi.C and
      require "mtr.lib".C[name], C[name], name) end
  end)

  it("refuses types that are not declared", function()
    for _, text in ipairs { "", "struct none", "int[", "uint8_t[-1]", "struct mtr", "[4]", "x*" } do
      assert.is_false((pcall(ffi.new, text)), text)
      assert.is_false((pcall(ffi.cast, text, "x")), text)
    end
    for _, value in ipairs { {}, true, print } do assert.is_false((pcall(ffi.new, value))) end
    assert.is_true((pcall(ffi.typeof, "struct mtr_event")))
    assert.is_false((pcall(ffi.typeof, "struct mtr_none")))
  end)
end)

describe("functions of C in a Lua without FFI", function()
  local sim, engine

  before_each(function()
    local out, why = ffi.new "struct mtr *[1]", ffi.new "char[256]"
    local config, internet = ffi.new "struct mtr_config", ffi.new "struct mtr_sim_internet"
    C.mtr_defaults(config)
    C.mtr_sim_internet_defaults(internet)
    config.seed, internet.prefixes, sim = 1, 10, C.mtr_sim_new(1)
    assert.equal(0, C.mtr_sim_internet(sim, internet))
    assert.equal(0, C.mtr_open_sim(config, sim, out, why, 256), ffi.string(why))
    engine = out[0]
  end)

  after_each(function()
    if engine then C.mtr_close(engine, nil) end
    C.mtr_sim_free(sim)
  end)

  it("trace", function()
    local t, n = ffi.new "struct mtr_trace", 0
    C.mtr_trace_defaults(t)
    t.want, t.family = C.MTR_WANT_HOP, 4
    assert.equal(1, C.mtr_sim_targets(sim, 4, 0, t.dst, 1))
    assert.equal(1, C.mtr_start(engine, t, 1))
    local kind = 0
    while kind ~= C.MTR_EV_DONE do
      local count = C.mtr_step(engine)
      local events = C.mtr_events(engine)
      for i = 0, count - 1 do
        kind, n = events[i].kind, n + (events[i].kind == C.MTR_EV_HOP and 1 or 0)
      end
      fails("index", get, events, count)
      if count > 0 then fails("cannot be written", set, events[0], "kind", 1) end
    end
    assert.is_true(n > 5)
  end)

  it("take memory that is long enough only", function()
    local buf, addr = ffi.new "char[45]", ffi.new "uint8_t[15]"
    fails("fewer elements", C.mtr_address_text, ffi.new "uint8_t[16]", 4, buf)
    fails("fewer elements", C.mtr_address, "192.0.2.1", addr, ffi.new "uint32_t[1]")
    fails("fewer elements", C.mtr_strerror, 1, buf, 46)
    fails("fewer elements", C.mtr_strerror, 1, buf, -1)
    fails("fewer elements", C.mtr_payload, engine, "abc", 4)
    fails("fewer elements", C.mtr_start, engine, ffi.new("struct mtr_trace[?]", 1), 2)
    fails("fewer elements", C.mtr_sim_targets, sim, 4, 0, ffi.new "uint8_t[31]", 2)
    fails("without a zero byte", C.mtr_interface, ffi.new("char[2]", "xy"))
    fails("pointers", C.mtr_wait, ffi.new "struct mtr *[1]", 1, -1, 0)
    fails("fewer elements", C.mtr_close, engine, ffi.new "int32_t[10]")
  end)

  it("take the right types only", function()
    for _, value in ipairs { 7, "x", {}, true, print, io.stdout, ffi.new "struct mtr_event",
      sim, ffi.new "struct mtr *[1]" } do
      fails("struct mtr expected", C.mtr_step, value)
      fails("expected", C.mtr_describe, engine, 1, value)
    end
    fails("struct mtr expected", C.mtr_step)
    fails("struct mtr_trace expected", C.mtr_start, engine, nil, 1)
    fails("number expected", C.mtr_set_rate, engine, "10")
    fails("number expected", C.mtr_set_rate, engine)
    fails("FILE", C.mtr_read_line, ffi.new "char[8]", ffi.new "char[8]", 8, ffi.new "uint32_t[1]")
    local file = io.tmpfile()
    file:close()
    assert.is_false((pcall(C.mtr_read_line, file, ffi.new "char[8]", 8, ffi.new "uint32_t[1]")))
  end)

  it("take nothing that is closed", function()
    local closed, events = engine, C.mtr_events(engine)
    C.mtr_close(engine, nil)
    engine = nil
    fails("closed struct mtr", C.mtr_step, closed)
    fails("closed struct mtr", C.mtr_close, closed, nil)
    fails("index", get, events, 0)
    local set_of = C.mtr_prefixes_new()
    C.mtr_prefixes_free(set_of)
    fails("closed", C.mtr_prefixes_find, set_of, ffi.new "uint8_t[16]", 4, ffi.new "uint32_t[1]")
    C.mtr_prefixes_free(nil)
    C.mtr_close(nil, nil)
  end)

  -- These wait, or open, change or close descriptors: 0 is one of ours.
  local LEFT_OUT = { mtr_wait = true, mtr_sockets = true, mtr_read = true, mtr_open = true,
    mtr_write = true, mtr_watch = true, mtr_unwatch = true, mtr_output_close = true,
    mtr_output_cut = true, mtr_output_write = true }

  it("survive any arguments", function()
    local names, r, called = {}, random(7), 0
    for name, value in pairs(C) do
      if type(value) == "function" and not LEFT_OUT[name] then names[#names + 1] = name end
    end
    table.sort(names)
    local function memory()
      local types = { "uint8_t[16]", "char[64]", "struct mtr_trace", "struct mtr_event[4]",
        "struct mtr_info", "uint32_t[1]", "struct mtr *[1]", "struct mtr_sim_node",
        "struct mtr_probe_opts", "struct mtr_config", "struct mtr_counters", "int32_t[11]" }
      local c = ffi.new(types[r(#types)])
      if tostring(c):find "mtr %*" == nil then ffi.fill(c, ffi.sizeof(c), r(256) - 1) end
      return c
    end
    local numbers = { -1, 0 / 0, 1e300, 2 ^ 40, 4096, 1e9, -2 ^ 63, 16, 100 }
    local texts = { "", "\0", "no-such-directory/x", ("x"):rep(300), "192.0.2.1" }
    local kinds = {
      function() return nil end, function() return numbers[r(#numbers)] end,
      function() return texts[r(#texts)] end, memory, memory,
      function() return memory() + (r(2) - 1) end, function() return r(2) == 1 end,
      function() return engine end, function() return sim end, function() return {} end,
    }
    for _ = 1, 40 do
      for _, name in ipairs(names) do
        local closes = name == "mtr_close" or name == "mtr_sim_free"
        local args = {}
        for i = 1, 8 do args[i] = kinds[r(#kinds)]() end
        if closes and (args[1] == engine or args[1] == sim) then args[1] = {} end
        if r(3) == 1 and not closes then args[1] = name:find "sim" and sim or engine end
        local ok, problem = pcall(C[name], compat.unpack(args, 1, 8))
        if ok then called = called + 1 else assert.is_string(problem, name) end
      end
    end
    assert.is_true(called > 300, called)
  end)
end)
