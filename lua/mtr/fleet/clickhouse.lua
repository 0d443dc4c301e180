-- SPDX-License-Identifier: MIT
--
-- The output of a drain to a table of ClickHouse, by HTTP: one INSERT for each entry of the stream
-- of results, in the columns of Iris (the reporter caracal) or of Saimiris (saimiris).
--
-- Each INSERT has a token, which is the same when the lease comes again: after a kill of the drain
-- between the INSERT and its checkpoint, or because no answer came. A table that remembers tokens
-- (replicated ones do; others with the setting non_replicated_deduplication_window) takes each
-- lease once. A server that is too old to know tokens gets none: there, a replicated table leaves
-- out rows that are the same as those of an insert before. Trouble that may pass (no connection,
-- 429, most of 5xx) is tried again; other errors end the drain.

local err = require "mtr.base.err"
local report = require "mtr.report"
local Http = require "mtr.fleet.http"
local url = require "mtr.fleet.url"

local M = {}

local FIRST, MOST = 200, 10000         -- ms between two tries, at first and at most

-- Codes of exceptions that do not pass: a value that cannot be read, columns that the table does
-- not have, a wrong request, no such table, no right. Old versions send many of them with 500.
local HOPELESS = {}
for code in ("6 16 26 27 38 41 44 47 50 53 60 62 72 73 81 115 117 130 164 441 497"):gmatch "%d+" do
  HOPELESS[code] = true
end

local FORMATS = { caracal = true, saimiris = true }

---@class mtr.ClickHouse: mtr.Reporter
---@field to mtr.TableUrl
---@field rows mtr.Reporter makes the rows
---@field parts string[] the header, and rows that were not sent
---@field tokens boolean does the server know tokens, as far as we know?
local ClickHouse = {}
ClickHouse.__index = ClickHouse

--- Makes the output. Raises an error if the URL is wrong.
---@param format "caracal"|"saimiris" whose columns
---@param text string http://[USER[:PASSWORD]@]HOST[:PORT]/[DATABASE.]TABLE[?SETTING=VALUE&...]
---@param opts? table of the reporter
---@return mtr.ClickHouse
function M.new(format, text, opts)
  if not FORMATS[format] then
    error(("clickhouse: format must be caracal or saimiris, got %s"):format(err.show(format)), 2)
  end
  local to, bug = url.read_table(text)
  if not to then error(("clickhouse: %s: %s"):format(err.show(text), bug), 2) end
  local self = setmetatable({ to = to, parts = {}, tokens = true }, ClickHouse)
  self.rows = report[format](function(row)
    self.parts[#self.parts + 1] = row
    return true
  end, opts)
  return self
end

function ClickHouse:start(meta) return self.rows:start(meta) end

function ClickHouse:trace(result) return self.rows:trace(result) end

--- Says that nothing has to be cut back: what comes again has the same token.
function ClickHouse:save() return {} end -- luacheck: no self

local function encode(text)
  return (text:gsub("[^%w_.-]", function(letter) return ("%%%02X"):format(letter:byte()) end))
end

local function headers(to)
  local list = { "Content-Type: text/csv; charset=utf-8" }
  if to.user then list[2] = "X-ClickHouse-User: " .. err.plain(to.user) end
  if to.password then list[#list + 1] = "X-ClickHouse-Key: " .. err.plain(to.password) end
  return list
end

-- Returns what is wrong with an answer, or nil; and whether it may pass.
local function trouble(to, reply)
  local headers_of = reply.headers
  local code = headers_of["x-clickhouse-exception-code"]
  if reply.status < 300 and reply.status >= 200 and not code then return nil end
  local said = err.plain(reply.body:match "^[^\r\n]*"):sub(1, 300)
  return ("%s says: %d %s"):format(to.shown, reply.status, said),
    (reply.status == 429 or reply.status >= 500) and not HOPELESS[said:match "^Code: (%d+)"]
end

-- Does the server refuse tokens because it is too old for them?
local function too_old(reply)
  return reply.body:find "^Code: 115%D" and reply.body:find("insert_deduplication_token", 1, true)
end

-- Where an INSERT with a token goes.
local function path_of(self, token)
  local to = self.to
  return ("/?query=%s&insert_deduplicate=1%s%s"):format(
    encode(("INSERT INTO %s FORMAT CSVWithNames"):format(to.table)),
    self.tokens and "&insert_deduplication_token=" .. encode(token) or "", to.query)
end

--- Sends the rows that were gathered, and waits until the table has them.
---@async
---@param drain mtr.FleetDrain
---@param token string of these rows
---@return true?
---@return string? message, string? name
function ClickHouse:deliver(drain, token)
  if #self.parts < 2 then return true end
  local to, pause, said = self.to, FIRST, nil
  self.http = self.http or Http.new(to, drain.ticker)
  while true do
    local kept = self.http.fd ~= nil
    local reply, message, name = self.http:post(path_of(self, token), headers(to), self.parts)
    local passes = true
    if reply then
      message, passes = trouble(to, reply)
      name = "EIO"
    elseif name == "EPROTO" or name == "EINVAL" or name == "ECANCELED" then
      passes = false
    end
    if not message then break end
    if reply and self.tokens and too_old(reply) then
      self.tokens = false
      drain.say(to.shown .. " is too old for tokens of inserts: only a replicated table takes a "
        .. "lease once there if it is sent again")
    elseif not passes then
      return nil, message, name
    -- A connection that was kept may have been closed meanwhile: that is no trouble.
    elseif reply or not kept then
      if said ~= message then drain.say(message .. "; trying again") end
      said = message
      if not drain.ticker:wait(pause) then return err.named("ECANCELED", "interrupted") end
      pause = math.min(pause * 2, MOST)
    end
  end
  if said then drain.say(to.shown .. " takes rows again") end
  for i = #self.parts, 2, -1 do self.parts[i] = nil end
  return true
end

--- Ends the connection.
function ClickHouse:finish()
  if self.http then self.http:close() end
  return true
end

return M
