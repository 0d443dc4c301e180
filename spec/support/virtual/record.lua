-- SPDX-License-Identifier: MIT
--
-- Converts the records of mtr.h for drive.lua: events into tables with their flags by
-- name, tables of options into traces.

local core = require "spec.support.harness.core"
local path = require "spec.support.virtual.path"

local C, ffi = core.load{ "core/probe/core.h" }

ffi.cdef [[ const char *inet_ntop(int family, const void *address, char *out, uint32_t size); ]]

local AF_INET, AF_INET6 = 2, 10

local M = {}

local NAMES = { "SENT", "REPLY", "TIMEOUT", "HOP", "DONE", "TIMER", "RESOLVED", "READABLE",
  "WRITABLE", "NEXT", "PACE", "PICK", "SAVED" }
local STOPS = { [0] = "none", "completed", "unreach", "icmp", "loop", "gaplimit", "error",
  "hoplimit", "gss", "lss", "halted" }
local PROTOCOL = { icmp = 1, tcp = 6, udp = 17 }
local MULTIPATH = { paris = C.MTR_PARIS, classic = C.MTR_CLASSIC, dublin = C.MTR_DUBLIN }
local ALL = C.MTR_WANT_SENT + C.MTR_WANT_REPLY + C.MTR_WANT_TIMEOUT + C.MTR_WANT_HOP
  + C.MTR_WANT_RESULT
local FIELDS = { "family", "ttl", "attempt", "trace", "cookie", "probe", "rtt", "at", "flags",
  "flow", "error", "stop", "protocol", "icmp_type", "icmp_code", "reply_ttl", "tcp_flags",
  "quoted_ttl", "reply_size", "mtu", "quoted_size", "quoted_tos", "ext_words", "ext" }
local PROBE = { "payload_size", "size", "id", "ip_id", "cookie", "sport", "dport", "checksum",
  "family",
  "protocol", "multipath", "ttl", "tos", "dont_fragment", "tcp_flags", "by_source", "flow_label",
  "interface", "mark" }
local FLAGS = { "DUP", "LATE", "NAT", "TRUNCATED", "USER_TIME", "OTHER_ADDR", "LOCAL", "QUOTE",
  "EXT_BAD", "FINAL", "UNREACH", "TOO_BIG", "TE_FROM_DST", "ANSWER", "PRIMARY", "WEAK" }

---The 16 bytes of an address as text, nil for none.
function M.text(bytes, family)
  if ffi.string(bytes, 16) == ("\0"):rep(16) then return nil end
  local out = ffi.new("char[46]")
  ffi.C.inet_ntop(family == 4 and AF_INET or AF_INET6, bytes, out, 46)
  return ffi.string(out)
end

---An event or a reply as a table: addr as text or nil, set flags as fields, kind as a word.
function M.event(e)
  local t = { kind = NAMES[e.kind], set = {}, addr = M.text(e.addr, e.family) }
  for _, name in ipairs(FIELDS) do t[name] = tonumber(e[name]) end
  for i, name in ipairs(FLAGS) do
    if math.floor(t.flags / 2 ^ (i - 1)) % 2 == 1 then t.set[name] = true end
  end
  if e.kind == C.MTR_EV_DONE then t.reason = STOPS[t.stop] end
  return t
end

---The options of a trace in drive |d| as struct mtr_trace and struct start_route. Protocol and
---multipath are words.
function M.trace(d, o)
  local t, route = ffi.new("struct mtr_trace"), ffi.new("struct start_route")
  C.mtr_trace_defaults(t)
  t.want = ALL
  for name, value in pairs(o) do
    if name == "protocol" then t.protocol = PROTOCOL[value]
    elseif name == "multipath" then t.multipath = MULTIPATH[value]
    elseif name == "dst" then
      t.family = value:find(":") and 6 or 4
      ffi.copy(t.dst, path.bytes(value), 16)
    elseif name ~= "src" and name ~= "payload" and name ~= "region" then
      t[name] = value
    end
  end
  ffi.copy(route.src, path.bytes(o.src or path.US[tonumber(t.family)]), 16)
  route.by_source = o.src and 1 or 0
  route.region = o.region or C.core_region(d.core, t.dst, d.now)
  route.sport = t.source_port
  if t.source_port == 0 and t.protocol ~= 1 then
    route.sport = d.core.config.port_base + t.flow * d.core.regions + route.region
  end
  route.flow_label = t.family == 6 and 0x12345 + t.flow or 0
  return t, route
end

---A struct wire_probe as a table.
function M.probe(w)
  local p = { src = ffi.string(w.src, 16), dst = ffi.string(w.dst, 16) }
  for _, name in ipairs(PROBE) do p[name] = tonumber(w[name]) end
  return p
end

return M
