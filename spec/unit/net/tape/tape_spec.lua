-- SPDX-License-Identifier: MIT
--
-- The file of a recording: what was written is read back, and everything else is refused.
local core = require "spec.support.harness.core"
local inline = require "spec.support.harness.inline"

local C, ffi = core.load { "core/mtr.h", "core/net/tape/tape.h" }
local I = inline.load "core/base/bytes.h"

local EBADMSG, ENOMSG, EPROTO = 74, 42, 71
local room = ffi.new("uint8_t[?]", 8192)

-- The bytes that tape_put_<kind> writes.
local function put(kind, record)
  local last = C["tape_put_" .. kind](room, record)
  return ffi.string(room, last - room)
end

local function cursor(text)
  return I.bytes_of(ffi.cast("const uint8_t *", text), #text)
end

-- What tape_next says of the only record in |text|, and its body.
local function next_of(text)
  local body = ffi.new "struct bytes"
  local file = cursor(text)
  return C.tape_next(file, body), body, file
end

-- What was taken last: records may point into it.
local taken

local function take(kind, text, record)
  taken = text
  local got, body = next_of(taken)
  assert.equal(C["TAPE_" .. kind:upper()], got)
  return C["tape_take_" .. kind](body, record)
end

-- Fills every byte of a number or an array with its own value, so that none can be mixed up.
local filled
local function fill(struct, fields)
  for _, name in ipairs(fields) do
    filled = filled % 250 + 1
    if type(struct[name]) == "number" or ffi.istype("int64_t", struct[name])
      or ffi.istype("uint64_t", struct[name]) then
      struct[name] = filled
    else
      ffi.fill(struct[name], ffi.sizeof(struct[name]), filled)
    end
  end
end

local function same(a, b, fields)
  for _, name in ipairs(fields) do
    if type(a[name]) == "cdata" and not tonumber(a[name]) then
      assert.equal(ffi.string(a[name], ffi.sizeof(a[name])),
        ffi.string(b[name], ffi.sizeof(b[name])), name)
    else
      assert.equal(tonumber(a[name]), tonumber(b[name]), name)
      assert.truthy(tonumber(b[name]) > 0, name)
    end
  end
end

local PROBE = { "src", "dst", "payload_size", "size", "id", "ip_id", "cookie", "sport", "dport",
  "checksum", "family", "protocol", "multipath", "ttl", "tos", "dont_fragment", "tcp_flags",
  "by_source",
  "fill", "flow_label", "interface", "mark", "handle", "timeout_ms" }
local REPLY = { "at", "from", "to", "quoted_src", "quoted_dst", "flags", "id", "ip_id", "sport",
  "dport", "size", "mtu", "quoted_size", "protocol", "quoted_protocol", "icmp_type", "icmp_code",
  "ttl", "tos", "tcp_flags", "quoted_ttl", "quoted_tos", "kernel_time", "tcp_low", "checksum",
  "error", "handle", "flow_label", "reply_id" }

local function send()
  local s = ffi.new "struct tape_send"
  filled = 0
  fill(s.probe, PROBE)
  fill(s.sent, { "at", "size", "error" })
  fill(s, { "payload", "later" })
  return s
end

local objects = ffi.new("uint8_t[8]", 1, 2, 3, 4, 5, 6, 7, 8)

local function reply()
  local r = ffi.new "struct wire_reply"
  filled = 0
  fill(r, REPLY)
  r.kind, r.family, r.ext, r.ext_size = 2, 6, objects, 8
  return r
end

describe("a tape", function()
  it("keeps all of a probe but its payload", function()
    local s, back = send(), ffi.new "struct tape_send"
    assert.equal(0, take("send", put("send", s), back))
    same(s.probe, back.probe, PROBE)
    same(s.sent, back.sent, { "at", "size", "error" })
    same(s, back, { "payload", "later" })
    assert.is_true(back.probe.payload == nil)
  end)

  it("keeps all of a reply, extension objects included", function()
    local r, back = reply(), ffi.new "struct wire_reply"
    assert.equal(0, take("reply", put("reply", r), back))
    same(r, back, REPLY)
    assert.same({ 2, 6, 8 }, { back.kind, back.family, back.ext_size })
    assert.equal("\1\2\3\4\5\6\7\8", ffi.string(back.ext, back.ext_size))
  end)

  it("keeps all other records", function()
    local head, back = ffi.new "struct tape_head", ffi.new "struct tape_head"
    local HEAD = { "seed", "at", "epoch", "caps", "max_probes", "port_base", "echo_base" }
    filled = 0
    fill(head, HEAD)
    head.name = "mtr-packet"
    assert.equal(0, take("head", put("head", head), back))
    same(head, back, HEAD)
    assert.equal("mtr-packet", ffi.string(back.name))

    for kind, fields in pairs { tick = { "at", "call" }, port = { "error", "port", "protocol" },
      loss = { "drops", "malformed" }, end_ = { "records" } } do
      local name = kind:gsub("_", "")
      local one, other = ffi.new("struct tape_" .. name), ffi.new("struct tape_" .. name)
      fill(one, fields)
      assert.equal(0, take(name, put(name, one), other))
      same(one, other, fields)
    end

    local route, answer = ffi.new "struct tape_route", ffi.new "struct tape_route"
    local ASK = { "dst", "src", "family", "protocol", "broadcast", "interface", "mark" }
    fill(route.ask, ASK)
    fill(route, { "src", "error" })
    route.why = "no way"
    assert.equal(0, take("route", put("route", route), answer))
    same(route.ask, answer.ask, ASK)
    same(route, answer, { "src", "error" })
    assert.equal("no way", ffi.string(answer.why))

    local named, found = ffi.new "struct tape_name", ffi.new "struct tape_name"
    named.name, named.family, named.count, named.error = "example.org", 6, 2, 11
    fill(named.found[0], { "dst", "family" })
    fill(named.found[1], { "dst", "family" })
    assert.equal(0, take("name", put("name", named), found))
    assert.same({ "example.org", 6, 2, 11 },
      { ffi.string(found.name), found.family, found.count, found.error })
    same(named.found[1], found.found[1], { "dst", "family" })
  end)

  it("writes numbers in the format's byte order, whatever the machine's", function()
    local tick = ffi.new "struct tape_tick"
    tick.at, tick.call = 0x0102030405060708LL, 1
    local text = put("tick", tick)
    assert.equal("\10\0", text:sub(1, 2))
    assert.equal("\2\8\7\6\5\4\3\2\1\1", text:sub(7))
    assert.equal("mtrtape\n\3\0\0\0", ffi.string(room, C.tape_prologue(room) - room))
  end)

  it("refuses a file that is not a tape", function()
    local version = ffi.new "uint32_t[1]"
    for text, err in pairs {
      ["mtrtape\n\3\0\0\0"] = 0, ["mtrtape\n\2\0\0\0"] = -EPROTO, ["mtrtape\n\3\0\0"] = -ENOMSG,
      ["mtrtape \3\0\0\0"] = -ENOMSG, [""] = -ENOMSG, ["{\"type\":\"trace\"}"] = -ENOMSG,
    } do
      assert.equal(err, C.tape_begin(cursor(text), version), text)
    end
    C.tape_begin(cursor "mtrtape\n\3\1\0\0", version)
    assert.equal(259, version[0])
  end)

  it("may end between records only", function()
    local text = put("tick", ffi.new "struct tape_tick")
    assert.equal(0, (next_of ""))
    for n = 1, #text - 1 do assert.equal(-EBADMSG, (next_of(text:sub(1, n))), n) end
    local kind, _, file = next_of(text .. "x")
    assert.equal(C.TAPE_TICK, kind)
    assert.equal(1, tonumber(I.bytes_left(file)))
  end)

  it("finds every damage of a single byte", function()
    local text = put("send", send())
    for i = 1, #text do
      for _, change in ipairs { 1, 0x80, 0xff } do
        local byte = string.char(require "bit".bxor(text:byte(i), change))
        local damaged = text:sub(1, i - 1) .. byte .. text:sub(i + 1)
        assert.equal(-EBADMSG, (next_of(damaged)), i)
      end
    end
  end)

  -- A record of this kind around any body.
  local function framed(kind, body)
    body = string.char(kind) .. body
    local hash = C.tape_hash(body, #body)
    local frame = ffi.new "uint8_t[6]"
    I.put_le(I.put_le(frame, #body, 2), hash, 4)
    return ffi.string(frame, 6) .. body
  end

  it("refuses records of unknown kind, without body or too large", function()
    for _, text in ipairs { framed(0, ""), framed(C.TAPE_END + 1, ""), framed(C.TAPE_TICK,
      ("x"):rep(C.TAPE_BODY)), "\0\0\197\157\28\129" } do
      assert.equal(-EBADMSG, (next_of(text)))
    end
    assert.equal(C.TAPE_TICK, (next_of(framed(C.TAPE_TICK, ("x"):rep(C.TAPE_BODY - 1)))))
  end)

  it("refuses bodies that are too short or too long", function()
    for _, case in ipairs { { "send", send() }, { "reply", reply() },
      { "route", ffi.new "struct tape_route" }, { "head", ffi.new "struct tape_head" },
      { "name", ffi.new("struct tape_name", { count = 3 }) },
      { "tick", ffi.new "struct tape_tick" },
      { "loss", ffi.new "struct tape_loss" }, { "port", ffi.new "struct tape_port" },
      { "end", ffi.new "struct tape_end" } } do
      local kind, record = unpack(case)
      local number, body = C["TAPE_" .. kind:upper()], put(kind, record):sub(8)
      assert.equal(0, take(kind, framed(number, body), record))
      assert.equal(-EBADMSG, take(kind, framed(number, body .. "\0"), record), kind)
      for n = 0, #body - 1 do
        assert.equal(-EBADMSG, take(kind, framed(number, body:sub(1, n)), record), kind .. n)
      end
    end
  end)

  it("refuses values that no transport can give", function()
    for _, change in ipairs { { kind = 0 }, { kind = 10 }, { family = 5 }, { ext_size = 6 } } do
      local r, back = reply(), ffi.new "struct wire_reply"
      for k, v in pairs(change) do r[k] = v end
      assert.equal(-EBADMSG, take("reply", put("reply", r), back))
    end
    local n, back = ffi.new "struct tape_name", ffi.new "struct tape_name"
    local text = put("name", n)
    n.count = C.TAPE_NAMES
    assert.equal(0, take("name", put("name", n), back))
    local many = text:sub(8, 10) .. string.char(C.TAPE_NAMES + 1) .. text:sub(12)
      .. ("x"):rep(17 * (C.TAPE_NAMES + 1))
    assert.equal(-EBADMSG, take("name", framed(C.TAPE_NAME, many), back))
  end)
end)
