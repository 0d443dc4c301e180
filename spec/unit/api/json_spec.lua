-- SPDX-License-Identifier: MIT
--
-- Results as JSON, written by the library and by the Lua layer from the same random records: both
-- must come to the same bytes.
local cjson = require "cjson"
local core = require "spec.support.harness.core"
local wild_result = require "spec.support.virtual.wild_result"

local L, ffi = core.load { "core/mtr.h", "core/api/json.h" }

-- lua/mtr/record/result.lua over records of ours: the library, but for what describes a trace.
local given = {}
local function load_result()
  local lib = require "mtr.lib"
  local fake, kept = {}, {}
  for key, value in pairs(lib) do fake[key] = value end
  fake.C = setmetatable({
    mtr_describe = function(_, _, info)
      ffi.copy(info, given.info, ffi.sizeof "struct mtr_info")
      return 0
    end,
    mtr_replies = function(_, _, _, out, n, ext, room)
      if given.n <= n then
        ffi.copy(out, given.r.events, given.n * 64)
        ffi.copy(ext, given.r.ext, math.min(given.used, room))
      end
      return given.n
    end,
  }, { __index = lib.C })
  for _, name in ipairs { "lib", "record", "result", "hop", "reply" } do
    kept[name], package.loaded["mtr." .. name] = package.loaded["mtr." .. name], nil
  end
  package.loaded["mtr.lib"] = fake
  local result = require "mtr.record.result"
  for name, module in pairs(kept) do package.loaded["mtr." .. name] = module end
  return result
end

local results = load_result()
local ROOM = 1048576
local buffer = ffi.new("char[?]", ROOM)

local function in_c(size)
  local t = ffi.new "struct text"
  t.at, t["end"] = buffer, buffer + (size or ROOM)
  L.json_write(t, "raw", given.info, nil, given.r, given.n)
  return ffi.string(buffer, t.at - buffer), tonumber(t.size)
end

local function in_lua()
  local addr = require "mtr.base.addr"
  local dst = addr.format(given.info.dst, given.info.family)
  return results.new({
    handle = 1, dst = dst, target = dst, engine = { transport_name = "raw" },
  }, nil):json()
end

local function make(seed, n) wild_result.make(L, given, seed, n) end

describe("a result as JSON", function()
  before_each(function() given.r = ffi.new "struct replies" end)
  after_each(function() L.replies_close(given.r) end)

  it("is the same from C and from Lua, whatever is in it", function()
    local seen = {}
    for seed = 1, 400 do
      make(seed)
      local lua = in_lua()
      assert.equal(lua, (in_c()), "seed " .. seed)
      for name in lua:gmatch '"([%l_]+)":' do seen[name] = true end
    end
    for _, name in ipairs {
      "sport", "dport", "icmp_sum", "ip_id", "tos", "flow_label", "size", "stop_data", "skipped",
      "addr_class", "unanswered",
      "failed", "error", "mss", "mtu", "tcp_flags", "nat", "truncated", "tier", "changed", "final",
      "unreach", "dup", "late", "ignored", "local_", "other_addr", "te_from_dst", "too_big", "mpls",
      "interface", "ifindex", "name", "hex", "ext_malformed",
    } do
      assert.is_true(seen[name], name .. " never came up")
    end
  end)

  it("is read by another program", function()
    for seed = 1, 100 do
      make(seed)
      local text = in_c()
      assert.equal(given.info.hop_count, #cjson.decode(text).hops)
    end
  end)

  it("takes more replies than a common trace has", function()
    make(7, 600)
    assert.equal(in_lua(), (in_c()))
  end)

  it("returns its length when there is no room, and writes no byte beyond it", function()
    make(11, 20)
    local whole, size = in_c()
    assert.equal(#whole, size)
    for _, room in ipairs { 0, 1, 100, #whole - 1 } do
      ffi.fill(buffer, #whole, 0x55)
      local part, wanted = in_c(room)
      assert.equal(size, wanted)
      assert.equal(part, whole:sub(1, #part))
      assert.is_true(#part <= room)
      assert.equal(("U"):rep(#whole - room), ffi.string(buffer + room, #whole - room))
    end
  end)
end)
