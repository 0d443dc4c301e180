-- SPDX-License-Identifier: MIT
--
-- What struct mtr_info tells of a trace, as the fields of a result. The one place that knows which
-- is which: results that are copied out take all of them, borrowed ones those that are asked for.

local lib = require "mtr.lib"
local addr = require "mtr.addr"
local event = require "mtr.event"
local record = require "mtr.record"

local C = lib.C

---@type table<string, fun(info: ffi.cdata*): any>
local M = {}

function M.protocol(i) return event.protocol[i.protocol] end
function M.multipath(i) return event.multipath[i.multipath] end
function M.src(i) return addr.text(i.src, i.family) end
function M.dst(i) return addr.format(i.dst, i.family) end
function M.sport(i) return i.source_port > 0 and i.source_port or nil end
function M.dport(i) return i.protocol ~= C.MTR_ICMP and i.port or nil end
function M.flow(i) return i.flow end
function M.flow_label(i)
  return i.family == 6 and i.flow_label <= 0xfffff and i.flow_label or nil
end
function M.size(i) return i.size > 0 and i.size or nil end
function M.start(i) return i.start end
function M.duration(i) return record.ms(i.duration) end
function M.stop_reason(i) return event.stop[i.stop_reason] end
function M.stop_data(i) return i.stop_data ~= C.MTR_NO_CODE and i.stop_data or nil end
function M.first_ttl(i) return i.first_ttl end
function M.hop_count(i) return i.hop_count end
function M.probe_count(i) return i.probes end

return M
