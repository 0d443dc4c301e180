-- SPDX-License-Identifier: MIT
--
-- The words for stop reasons and the names of reply fields are told once, in C; JSON and Lua have
-- the same ones.
local core = require "spec.support.harness.core"

local C, ffi = core.load { "core/api/names.h", "core/mtr.h" }

local header = assert(io.open "core/mtr.h"):read "*a"

-- Names of the constants that begin with |prefix|, in the header's order.
local function constants(prefix)
  local names, seen = {}, {}
  for name in header:gsub("/%*.-%*/", " "):gmatch("%f[%w_]" .. prefix .. "(%u[%u%d_]*)") do
    if not seen[name] then names[#names + 1] = name end
    seen[name] = true
  end
  return names
end

local function put(part, flags)
  local buffer = ffi.new "char[512]"
  return ffi.string(buffer, C.names_put(buffer, part, flags) - buffer)
end

describe("names", function()
  local words = require "mtr.record.words"

  it("give every stop reason of the header its own name in small letters", function()
    local reasons = constants "MTR_STOP_"
    assert.is_true(#reasons >= 11)
    for i, name in ipairs(reasons) do
      assert.equal(i - 1, tonumber(C["MTR_STOP_" .. name]))
      assert.equal(name:lower(), ffi.string(C.mtr_stop_name(i - 1)))
      assert.equal(i - 1, words.stop[name:lower()])
      assert.equal(name:lower(), words.stop[i - 1])
    end
    assert.equal(#reasons, C.names_stops)
    assert.is_nil(words.stop[#reasons])
    assert.is_true(C.mtr_stop_name(#reasons) == nil)
    assert.is_true(C.mtr_stop_name(0xffffffff) == nil)
  end)

  -- the function, the prefix of its constants, at least how many there are.
  for _, case in ipairs {
    { "event", "MTR_EV_", 13 }, { "flag", "MTR_REPLY_", 16 }, { "cap", "MTR_CAP_", 11 },
  } do
    local kind, prefix, least = unpack(case)
    it("give every " .. prefix .. "* of the header its own name in small letters", function()
      local name = C["mtr_" .. kind .. "_name"]
      local list, most = constants(prefix), 0
      assert.is_true(#list >= least)
      for _, constant in ipairs(list) do
        local value = tonumber(C[prefix .. constant])
        most = math.max(most, value)
        assert.equal(constant:lower(), ffi.string(name(value)))
      end
      for _, none in ipairs { 0, most * 2, 0xffffffff } do assert.is_true(name(none) == nil) end
    end)
  end

  it("give the words of protocols and of the ways to identify probes", function()
    for number, word in pairs { [1] = "icmp", [6] = "tcp", [17] = "udp" } do
      assert.equal(word, ffi.string(C.mtr_protocol_name(number)))
    end
    for number, word in pairs { [0] = "paris", "classic", "dublin" } do
      assert.equal(word, ffi.string(C.mtr_multipath_name(number)))
    end
    for _, none in ipairs { 0, 2, 58, 0xffffffff } do
      assert.is_true(C.mtr_protocol_name(none) == nil)
    end
    assert.is_true(C.mtr_multipath_name(3) == nil)
  end)

  it("of fields equal those of the flags but for two", function()
    local other = { LOCAL = "local_", EXT_BAD = "ext_malformed" }
    local found = {}
    for _, name in ipairs(constants "MTR_REPLY_") do
      local field = C.mtr_reply_field(C["MTR_REPLY_" .. name])
      if field ~= nil then
        assert.equal(other[name] or name:lower(), ffi.string(field))
        found[ffi.string(field)] = tonumber(C["MTR_REPLY_" .. name])
      end
    end
    assert.same(found, words.flags)
    assert.is_truthy(found.dup and found.too_big and found.te_from_dst)
  end)

  it("give no field to a bit that is no flag", function()
    for _, flag in ipairs { 0, 3, 0x20000, 0x80000000 } do
      assert.is_true(C.mtr_reply_field(flag) == nil)
    end
  end)

  it("are written as JSON in the order of the line", function()
    assert.equal(',"final":true,"unreach":true,"dup":true,"late":true', put(C.NAMES_EARLY, 0xffff))
    assert.equal(',"ext_malformed":true,"ignored":true,"local_":true,"other_addr":true'
      .. ',"te_from_dst":true,"too_big":true,"weak":true', put(C.NAMES_LATE, 0x1ffff))
    assert.equal("", put(C.NAMES_EARLY, 0) .. put(C.NAMES_LATE, 0))
    assert.equal(',"dup":true', put(C.NAMES_EARLY, C.MTR_REPLY_DUP))
    assert.equal("", put(C.NAMES_LATE, C.MTR_REPLY_DUP))
  end)

  it("are written once each, and each of them in JSON", function()
    local text = put(C.NAMES_EARLY, 0xffff) .. put(C.NAMES_LATE, 0xffff)
    local count = 0
    for name in text:gmatch '"([%w_]+)":true' do
      assert.is_number(words.flags[name], name)
      count = count + 1
    end
    local flags = 0
    for _ in pairs(words.flags) do flags = flags + 1 end
    assert.equal(flags, count)
  end)
end)

describe("the borrowed reply", function()
  it("sets its five flags from those of the same names", function()
    local lib = require "mtr.lib"
    local reply = require "mtr.record.reply"
    local words = require "mtr.record.words"
    local events = lib.new "struct mtr_event[1]"
    local names = { "dup", "late", "final", "unreach", "too_big" }
    for _, name in ipairs(names) do
      local one = reply.new(nil)
      events[0].flags = words.flags[name]
      reply.fill(one, events, 0)
      for _, other in ipairs(names) do
        assert.equal(other == name, rawget(one, other))
      end
    end
  end)
end)
