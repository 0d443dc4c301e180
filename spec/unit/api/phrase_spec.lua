-- SPDX-License-Identifier: MIT
--
-- Texts of kinds of replies: a cache in use tells the same as an empty one. What they have to say
-- is held to the Lua layer's by json_spec.
local core = require "spec.support.harness.core"
local random = require "spec.support.harness.random"

local C, ffi = core.load { "core/mtr.h", "core/api/phrase.h" }

local BYTES = { "attempt", "stop", "protocol", "icmp_type", "icmp_code", "reply_ttl", "tos",
  "quoted_ttl", "quoted_tos" }
local WORDS = { "flags", "flow", "reply_size", "mtu", "quoted_size" }

local function cache() return ffi.new("struct phrase[?]", C.PHRASES) end

local function pieces(phrase)
  local all = ffi.string(phrase.text, phrase.size)
  return all:sub(1, phrase.at) .. "|" .. all:sub(phrase.at + 1, phrase.reply_ttl) .. "|"
    .. all:sub(phrase.reply_ttl + 1)
end

local function fresh(e) return pieces(C.phrase_of(cache(), e)) end

local function reply(r)
  local e = ffi.new("struct mtr_event", { kind = C.MTR_EV_REPLY, family = 4 })
  for _, name in ipairs(BYTES) do e[name] = r(3) - 1 end
  for _, name in ipairs(WORDS) do e[name] = r(3) - 1 end
  e.protocol = ({ C.MTR_ICMP, C.MTR_TCP, C.MTR_UDP })[r(3)]
  e.flags = r(32768) - 1
  return e
end

describe("a phrase", function()
  it("has its three pieces", function()
    local e = ffi.new("struct mtr_event", { attempt = 1, protocol = 1, icmp_type = 11,
      reply_ttl = 64, reply_size = 56, quoted_ttl = 1, quoted_size = 60,
      flags = C.MTR_REPLY_QUOTE })
    assert.equal(',"attempt":1,"at":|,"protocol":"icmp","flow":0,"tos":0,"icmp_type":11,'
      .. '"icmp_code":0,"reply_ttl":|,"reply_size":56,"quoted":{"ttl":1,"size":60,"tos":0},'
      .. '"tstamp":"kernel"',
      fresh(e))
  end)

  it("is the same whatever the cache has seen", function()
    local r, used = random(1), cache()
    for _ = 1, 3000 do
      local e = reply(r)
      local first = pieces(C.phrase_of(used, e))
      assert.equal(fresh(e), first)
      assert.equal(first, pieces(C.phrase_of(used, e)))
    end
  end)

  it("is another one as soon as any field is", function()
    local r, used = random(2), cache()
    for _ = 1, 200 do
      local e = reply(r)
      C.phrase_of(used, e)
      for _, list in ipairs { BYTES, WORDS } do
        for _, name in ipairs(list) do
          local kept = e[name]
          e[name] = kept == 0 and 1 or name == "protocol" and kept % 17 + 5 or 0
          assert.equal(fresh(e), pieces(C.phrase_of(used, e)), name)
          e[name] = kept
          assert.equal(fresh(e), pieces(C.phrase_of(used, e)), name)
        end
      end
    end
  end)

  it("has room for the longest, and for a run behind it", function()
    for _, protocol in ipairs { C.MTR_ICMP, C.MTR_TCP, C.MTR_UDP } do
      local e = ffi.new "struct mtr_event"
      for _, name in ipairs(BYTES) do e[name] = 254 end
      for _, name in ipairs(WORDS) do e[name] = 65535 end
      e.protocol, e.stop = protocol, 255
      for _, user in ipairs { 0, C.MTR_REPLY_USER_TIME } do
        e.flags = 65535 - C.MTR_REPLY_USER_TIME + user
        local size = C.phrase_of(cache(), e).size
        assert.is_true(size > 200 and size + C.TEXT_RUN <= C.PHRASE_TEXT, size)
      end
    end
  end)
end)
