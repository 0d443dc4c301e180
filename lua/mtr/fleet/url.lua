-- SPDX-License-Identifier: MIT
--
-- Where a Redis is: redis://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE] or
-- unix://[USER[:PASSWORD]@]/PATH[?db=DATABASE]. Letters that have a meaning in an URL are written
-- as %XX. A password without a user is ":PASSWORD@".
--
-- And where a table of ClickHouse is: http://[USER[:PASSWORD]@]HOST[:PORT]/TABLE[?NAME=VALUE&...]

local M = {}

---@class mtr.RedisUrl
---@field host? string
---@field port? integer
---@field path? string of a unix socket
---@field user? string
---@field password? string
---@field database integer
---@field shown string the URL without its password

local function decode(text)
  return text and (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- Takes user and password from the front of a text.
local function credentials(text)
  local before, rest = text:match "^([^@]*)@(.*)$"
  if not before then return text end
  local user, password = before:match "^([^:]*):?(.*)$"
  return rest, user ~= "" and decode(user) or nil, password ~= "" and decode(password) or nil
end

local function database(text)
  if text == "" then return 0 end
  local n = text:match "^%d+$" and tonumber(text)
  if n and n < 65536 then return n end
  return nil, ("'%s' is not the number of a database"):format(text)
end

-- Takes HOST[:PORT] apart.
local function authority(url, rest, usual)
  local host, port = rest:match "^%[([%x:.%%%w]+)%]:?(%d*)$"
  if not host then host, port = rest:match "^([^:%[%]]*):?(%d*)$" end
  if not host then return nil, ("'%s' is not HOST or HOST:PORT"):format(rest) end
  url.host, url.port = host ~= "" and host or "127.0.0.1", port ~= "" and tonumber(port) or usual
  if url.port < 1 or url.port > 65535 then return nil, ("there is no port %s"):format(port) end
  return ("%s:%d"):format(url.host:find ":" and "[" .. url.host .. "]" or url.host, url.port)
end

local function tcp(url, text)
  local rest, number = text:match "^([^/]*)/?(.*)$"
  local at, bug = authority(url, rest, 6379)
  if not at then return nil, bug end
  local problem
  url.database, problem = database(number)
  url.shown = ("redis://%s/%d"):format(at, url.database or 0)
  return url.database and url, problem
end

local function unix(url, text)
  local path, number = text:match "^([^?]*)%??d?b?=?(.*)$"
  if path:sub(1, 1) ~= "/" then return nil, "the path of a unix socket begins with '/'" end
  local problem
  url.path = decode(path)
  url.database, problem = database(number)
  url.shown = "unix://" .. path
  return url.database and url, problem
end

--- Reads an URL; nil and what is wrong with it.
---@param text string
---@return mtr.RedisUrl?
---@return string? message
function M.read(text)
  local scheme, rest = text:match "^(%a+)://(.*)$"
  if scheme == "rediss" then
    return nil, "rediss:// (TLS) is not supported: run stunnel beside it, and give redis:// or "
      .. "unix://"
  end
  if scheme ~= "redis" and scheme ~= "unix" then
    return nil, "it must begin with redis:// or unix://"
  end
  local url = {}
  rest, url.user, url.password = credentials(rest)
  if scheme == "unix" then return unix(url, rest) end
  return tcp(url, rest)
end

---@class mtr.TableUrl: mtr.DialTo
---@field user? string
---@field password? string
---@field table string may have its database before a dot
---@field query string settings, as they were given: "" or "&NAME=VALUE..."

--- Reads the URL of a table; nil and what is wrong with it.
---@param text string
---@return mtr.TableUrl?
---@return string? message
function M.read_table(text)
  local rest = text:match "^http://(.*)$"
  if not rest then
    return nil, text:find "^https:" and "https:// (TLS) is not supported: run stunnel beside it, "
      .. "and give http://" or "it must begin with http://"
  end
  local url = {}
  rest, url.user, url.password = credentials(rest)
  local host, name, query = rest:match "^([^/]*)/([%w_.]+)%??([^%s%c]*)$"
  if not host then return nil, "it must be http://HOST[:PORT]/TABLE or .../DATABASE.TABLE" end
  local at, bug = authority(url, host, 8123)
  if not at then return nil, bug end
  url.table, url.query = name, query ~= "" and "&" .. query or ""
  url.shown = ("http://%s/%s"):format(at, name)
  return url
end

return M
