-- SPDX-License-Identifier: MIT
--
-- The values of scamper's JSON that all its records have: times, addresses, ICMP extensions. Times
-- are microseconds, as in the records of mtr.report.warts.

local address = require "mtr.report.warts.address"
local extensions = require "mtr.report.warts.extensions"
local json = require "mtr.record.json"

local M = {}

--- Returns a time as milliseconds with three decimals.
---@param us integer
---@return string
function M.ms(us) return ("%d.%03d"):format(math.floor(us / 1000), us % 1000) end

--- Returns the seconds and the microseconds of a time.
---@param us integer
---@return integer, integer
function M.split(us) return math.floor(us / 1e6), us % 1e6 end

--- Returns a member whose value is a time.
---@param name string
---@param us integer
---@return string
function M.time(name, us) return (', "%s":{"sec":%d, "usec":%d}'):format(name, M.split(us)) end

--- Returns the member `start`, which has the time as text too, in the time zone of this process.
---@param us integer
---@return string
function M.start(us)
  local seconds, rest = M.split(us)
  return (', "start":{"sec":%d, "usec":%d, "ftime":"%s"}'):format(seconds, rest,
    os.date("%Y-%m-%d %H:%M:%S", seconds))
end

--- Returns the members with the ends of a measurement, as far as they are known.
---@param record table
---@return string
function M.ends(record)
  local src, dst = address.text(record.src), address.text(record.dst)
  return (src and (', "src":"%s"'):format(src) or "")
    .. (dst and (', "dst":"%s"'):format(dst) or "")
    .. (record.router and (', "rtr":"%s"'):format(address.text(record.router)) or "")
end

--- Returns the line that begins or ends a cycle.
---@param opts { list?: string, cycle?: integer, host?: string } as those of mtr.report.scamper
---@param what "start"|"stop"
---@param at integer unix seconds
---@return string
function M.cycle(opts, what, at)
  return ('{"type":"cycle-%s", "list_name":%s, "id":%d%s, "%s_time":%d}'):format(what,
    json.encode(opts.list or "default"), opts.cycle or 1,
    opts.host and (', "hostname":%s'):format(json.encode(opts.host)) or "", what, at)
end

local function label(l)
  return ('{"mpls_ttl":%d,"mpls_s":%d,"mpls_exp":%d,"mpls_label":%d}'):format(
    l.ttl, l.s, l.tc, l.label)
end

--- Returns the member with ICMP extension objects: the labels of MPLS, of others only what they
--- are.
---@param bytes? string as in the records
---@return string
function M.extensions(bytes)
  local list = extensions.list(bytes)
  if not list or not list[1] then return "" end
  local out, at = {}, 1
  for i, object in ipairs(list) do
    local size = bytes:byte(at) * 256 + bytes:byte(at + 1)
    local labels = {}
    for k, l in ipairs(object.mpls or {}) do labels[k] = label(l) end
    out[i] = ('{"ie_cn":%d,"ie_ct":%d,"ie_dl":%d%s}'):format(object.class, object.type, size,
      object.mpls and ',"mpls_labels":[' .. table.concat(labels, ",") .. "]" or "")
    at = at + 4 + size
  end
  return ', "icmpext":[' .. table.concat(out, ",") .. "]"
end

return M
