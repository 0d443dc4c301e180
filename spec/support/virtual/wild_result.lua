-- SPDX-License-Identifier: MIT
--
-- Random results, as mtr_describe and mtr_replies give them: all that can be in
-- them, also what no network would send.
local bit = require "bit"
local ffi = require "ffi"
local random = require "spec.support.harness.random"
local C = require "mtr.lib".C

local M = {}

-- Extension objects as bytes: sound ones, cut ones, damaged ones.
local function objects(r)
  local function u16(n) return string.char(math.floor(n / 256), n % 256) end
  local function bytes(n)
    local t = {}
    for i = 1, n do t[i] = string.char(r(256) - 1) end
    return table.concat(t)
  end
  local function interface()
    local has, out = r(16) - 1, ""
    if has >= 8 then out = out .. bytes(4) end
    if has % 8 >= 4 then out = out .. u16(r(3)) .. "\0\0" .. bytes(r(2) == 1 and 4 or 16) end
    if has % 4 >= 2 then
      local name = (r(3) == 1 and bytes(r(40)) or ("eth%d\"\\\1"):format(r(99))):sub(1, 63)
      local size = math.ceil((#name + 1) / 4) * 4
      out = out .. string.char(size) .. name .. ("\0"):rep(size - 1 - #name)
    end
    if has % 2 == 1 then out = out .. bytes(4) end
    return 2, (r(4) - 1) * 64 + has, out
  end
  local function object()
    local class, ctype, body = 1, 1, bytes(4 * r(4) - 4)
    local which = r(4)
    if which == 1 then class, ctype, body = interface() end
    if which == 2 then class, ctype = r(5), r(3) - 1 end
    body = body .. ("\0"):rep(-#body % 4)
    return u16(#body + 4) .. string.char(class, ctype) .. body
  end
  local out = object()
  while r(2) == 1 do out = out .. object() end
  if r(6) == 1 then out = out .. "\0\3\1\1" end
  return #out <= 1020 and out or object():sub(1, 1020)
end

local FLAGS = 2 ^ 15
local TIMES = { 0, 0.0004, 0.0005, 1.25049, 0.1, 12345.678, 3.6e6, 0 / 0, 1 / 0, 1e12 }

local function time(r)
  if r(4) == 1 then return TIMES[r(#TIMES)] end
  return r() * 10 ^ (r(7) - 3)
end

local function fill_address(r, b, family)
  local special = { 10, 127, 192, 100, 224, 8 }
  for i = 0, 15 do b[i] = family == 6 and r(3) == 1 and r(256) - 1 or 0 end
  if family == 4 then
    b[0], b[1], b[2], b[3] = special[r(#special)], r(256) - 1, r(256) - 1, r(256) - 1
  end
end

local function fill_event(given, r, e, family, hops)
  e.kind, e.family, e.ttl = C.MTR_EV_REPLY, family, r(hops + 2)
  if r(12) == 1 then
    e.kind, e.family, e.flags = C.MTR_EV_TIMEOUT, 0, 0
    e.attempt, e.stop = r(3) == 1 and 0 or r(255), r(3) == 1 and 0 or r(255)
    e.error = r(3) == 1 and 0 or r(110)
    return
  end
  fill_address(r, e.addr, family)
  e.attempt, e.rtt, e.at, e.flow = r(5), time(r), time(r), r(512) - 1
  e.protocol = ({ C.MTR_ICMP, C.MTR_TCP, C.MTR_UDP })[r(3)]
  e.icmp_type, e.icmp_code = r(20), r(3) == 1 and 255 or r(16) - 1
  e.flags = bit.band(r(FLAGS) - 1, r(FLAGS) - 1)
  if given.primary[e.ttl] then e.flags = bit.band(e.flags, bit.bnot(C.MTR_REPLY_PRIMARY)) end
  given.primary[e.ttl] = given.primary[e.ttl] or bit.band(e.flags, C.MTR_REPLY_PRIMARY) ~= 0
  for _, field in ipairs { "reply_ttl", "tos", "quoted_ttl", "quoted_tos", "stop" } do
    e[field] = r(3) == 1 and 0 or r(256) - 1
  end
  for _, field in ipairs { "reply_size", "mtu", "quoted_size", "ip_id" } do
    e[field] = r(3) == 1 and 0 or r(65536) - 1
  end
  local ext = r(4) == 1 and objects(r) or ""
  e.ext, e.ext_high = given.used / 4 % 65536, given.used / 262144
  e.ext_words = #ext / 4
  ffi.copy(given.r.ext + given.used, ext, #ext)
  given.used = given.used + #ext
end

--- Makes the result of a seed.
---@param L ffi.namespace* has replies_reserve
---@param given table has r, a struct replies; gets info, n (replies) and used (bytes of extensions)
---@param seed integer
---@param n? integer replies; default: some
function M.make(L, given, seed, n)
  local r = random(seed)
  local info, family = ffi.new "struct mtr_info", r(2) == 1 and 4 or 6
  local hops = r(12) - 1
  info.start = 1.7e9 + r(2 ^ 27) + r() + (r(9) == 1 and 0.0000005 or 0)
  info.duration, info.probes, info.flow = time(r), r(1000) - 1, r(512) - 1
  info.flow_label = r(4) == 1 and 0xffffffff or r(0xfffff)
  info.source_port, info.port = r(3) == 1 and 0 or r(65535), r(65535)
  info.size, info.family = r(3) == 1 and 0 or r(65535), family
  info.protocol = ({ C.MTR_ICMP, C.MTR_TCP, C.MTR_UDP })[r(3)]
  info.multipath, info.first_ttl, info.hop_count = r(3) - 1, r(4), hops
  info.stop_reason = r(11) - 1
  for _, field in ipairs { "max_ttl", "window", "queries", "attempts", "gap_limit", "loop_limit",
    "tos" } do
    info[field] = r(256) - 1
  end
  info.icmp_sum, info.timeout = r(2) == 1 and r(65535) or 0, time(r)
  info.flags = r(2) == 1 and C.MTR_TCP_ACK or 0
  info.stop_data = r(3) == 1 and 255 or r(16) - 1
  fill_address(r, info.src, family)
  fill_address(r, info.dst, family)
  given.info, given.n, given.used, given.primary = info, n or r(20) - 1, 0, {}
  assert(L.replies_reserve(given.r, math.max(given.n, 1)) == 0)
  ffi.fill(given.r.events, given.n * 64)
  for i = 0, given.n - 1 do fill_event(given, r, given.r.events[i], family, hops) end
end

return M
