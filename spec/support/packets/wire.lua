-- SPDX-License-Identifier: MIT
--
-- What specs use of core/wire: builds and reads probe and reply records by field names,
-- packets as strings, addresses from parts.lua.

local core = require "spec.support.harness.core"
local parts = require "spec.support.packets.parts"

local C, ffi = core.load{
  "core/wire/build.h", "core/wire/parse.h", "core/wire/ext.h", "core/wire/quote.h",
}

local M = { EBADMSG = -74, EINVAL = -22, EMSGSIZE = -90, ENOMSG = -42 } -- Linux

M.PROTOCOL = { icmp = C.WIRE_ICMP, udp = C.WIRE_UDP, tcp = C.WIRE_TCP }
M.MULTIPATH = { paris = C.WIRE_PARIS, classic = C.WIRE_CLASSIC, dublin = C.WIRE_DUBLIN }

---A probe record: fields of struct wire_probe, where protocol and multipath are words, payload is
---a string, and what is missing is ordinary. Keep the second value while the record is used.
---@return ffi.cdata* probe
---@return string payload
function M.probe(o)
  local p = ffi.new("struct wire_probe")
  p.family = o.family or 4
  p.protocol = M.PROTOCOL[o.protocol or "udp"]
  p.multipath = M.MULTIPATH[o.multipath or "paris"]
  local side = parts[tonumber(p.family)] or parts[4]
  ffi.copy(p.src, side.us, #side.us)
  ffi.copy(p.dst, side.dst, #side.dst)
  local payload = o.payload or ""
  if #payload > 0 then p.payload, p.payload_size = payload, #payload end
  p.id, p.cookie, p.sport, p.dport = o.id or 0x1234, o.cookie or 0x5678, 0xabcd, 0x829a
  p.checksum, p.ttl, p.tcp_flags = 0x4321, 7, 2
  for _, name in ipairs{ "size", "sport", "dport", "checksum", "ttl", "tos", "dont_fragment",
    "tcp_flags", "flow_label", "payload_size", "fill" } do
    if o[name] then p[name] = o[name] end
  end
  return p, payload
end

local out = ffi.new("uint8_t[70000]")

---The packet of a probe (see `probe`) and its length, or nil and the negative errno.
function M.build(o, cap)
  local p, keep = M.probe(o)
  local n = C.wire_build(p, out, cap or 70000)
  if n < 0 then return nil, n end
  return ffi.string(out, n), n, keep
end

---Parses a whole packet, of which `cut` bytes more arrived. The reply, or nil and the negative
---errno. The reply's `ext` is good as long as the packet string is.
function M.parse(bytes, cut)
  local r = ffi.new("struct wire_reply")
  ffi.fill(r, ffi.sizeof(r), 0xa5)
  local err = C.wire_parse(bytes, #bytes, #bytes + (cut or 0), r)
  assert(r.at == -0x5a5a5a5a5a5a5a5bLL and r.kernel_time == 0xa5, "the receiver's fields")
  assert((err == 0) == (r.kind ~= C.WIRE_NONE), "kind and result")
  if err < 0 then return nil, err end
  return r
end

---The extension objects of a reply.
function M.ext(r)
  return r.ext_size > 0 and ffi.string(r.ext, r.ext_size) or ""
end

local ADDRESS = { from = true, to = true, quoted_src = true, quoted_dst = true }
local FLAGS = { "QUOTE", "TRUNCATED", "EXT_BAD" }

---A field of a reply as vectors write it (parts.lua).
function M.field(r, name)
  if name == "kind" then
    for _, kind in ipairs{ "ECHO_REPLY", "TIME_EXCEEDED", "UNREACH", "TOO_BIG", "OTHER",
      "TCP_REPLY", "UDP_REPLY" } do
      if r.kind == C["WIRE_" .. kind] then return kind end
    end
  elseif name == "flags" then
    local words = {}
    for i, word in ipairs(FLAGS) do
      if math.floor(r.flags / 2 ^ (i - 1)) % 2 == 1 then words[#words + 1] = word end
    end
    return table.concat(words, " ")
  elseif name == "ext" then
    return M.ext(r)
  elseif ADDRESS[name] then
    return ffi.string(r[name], r.family == 4 and 4 or 16)
  end
  return tonumber(r[name])
end

return M
