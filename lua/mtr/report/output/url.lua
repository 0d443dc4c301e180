-- SPDX-License-Identifier: MIT
--
-- Tells an output that is served over HTTP from a file by its name:
--
--     http://127.0.0.1:9100/metrics    http://[::1]:9100    http://localhost:9100    :9100
--
-- Without a path it is /metrics. ":9100" stands for http://127.0.0.1:9100/metrics.

local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local err = require "mtr.base.err"

local M = {}

---@class mtr.ServedUrl
---@field host string an address; in brackets if it is of IPv6
---@field bytes ffi.cdata* the address
---@field family integer
---@field port integer 0: a free one
---@field path string

-- Returns the parts of a URL as text.
local function parts(text)
  local port = text:match "^:(%d+)$"
  if port then return "127.0.0.1", port, "" end
  local authority, path = text:match "^http://([^/]*)(.*)$"
  local host, rest = (authority or ""):match "^%[([%x:.]+)%]:(%d+)$"
  if host then return host, rest, path end
  host, rest = (authority or ""):match "^([^:%[%]]+):(%d+)$"
  return host == "localhost" and "127.0.0.1" or host, rest, path
end

--- Takes the name of an output apart. Returns nil if it is a file; false and a message if it is a
--- URL that cannot be served.
---@param text string
---@param public? boolean also addresses that other hosts reach
---@return mtr.ServedUrl|nil|false
---@return string? message
function M.read(text, public)
  if not text:find "^%a+://" and not text:find "^:%d+$" then return nil end
  local host, port, path = parts(text)
  local bytes = lib.new "uint8_t[16]"
  local family = host and addr.parse(host, bytes) or -1
  if family < 0 or tonumber(port) > 65535 or path:find "[%c ?#]" then
    return false, ("%s cannot be served; it must be such as http://127.0.0.1:9100/metrics"):format(
      err.show(text))
  end
  if not public and addr.class(host) ~= "loopback" then
    return false, ("%s is not a loopback address; only with the option public it is served to "
      .. "other hosts"):format(host)
  end
  return { host = family == 6 and "[" .. host .. "]" or host, bytes = bytes, family = family,
    port = tonumber(port), path = #path > 1 and path or "/metrics" }
end

return M
