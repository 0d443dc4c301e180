-- SPDX-License-Identifier: MIT
--
-- The reporter that writes results into a database of SQLite, with the tables traces, hops and
-- replies. Times are unix seconds (start) and ms; a flag that is not set is NULL.
--
--     sqlite3 out.db "SELECT dst, stop_reason FROM traces"
--
-- Results are committed once a second and at the end. An existing database is added to; the option
-- `overwrite` removes the tables first. When a campaign is resumed, rows that were written after
-- its last checkpoint are removed.

---@class mtr.Reports
---@field sqlite fun(out: string, opts?: { overwrite?: boolean }): mtr.Reporter a database

local unpack = require "mtr.compat".unpack
local err = require "mtr.base.err"
local ext = require "mtr.record.ext"
local database = require "mtr.report.output.database"

-- The columns of each table, with their types in SQL.
local TRACES = { "id INTEGER PRIMARY KEY", "target TEXT", "dst TEXT", "src TEXT", "transport TEXT",
  "protocol TEXT", "multipath TEXT", "sport INTEGER", "dport INTEGER", "icmp_sum INTEGER",
  "flow INTEGER", "flow_label INTEGER", "size INTEGER", "start REAL", "duration REAL",
  "stop_reason TEXT", "stop_data INTEGER", "error TEXT", "first_ttl INTEGER", "hop_count INTEGER",
  "probe_count INTEGER" }
local HOPS = { "trace INTEGER", "ttl INTEGER", "addr TEXT", "rtt REAL", "unanswered INTEGER",
  "failed INTEGER", "error TEXT" }
local REPLIES = { "trace INTEGER", "ttl INTEGER", "addr TEXT", "rtt REAL", "attempt INTEGER",
  "flow INTEGER", "at REAL", "protocol TEXT", "icmp_type INTEGER", "icmp_code INTEGER",
  "tcp_flags INTEGER", "reply_ttl INTEGER", "reply_size INTEGER", "ip_id INTEGER", "tos INTEGER",
  "mtu INTEGER", "mss INTEGER",
  "dup INTEGER", "late INTEGER", "final INTEGER", "tstamp TEXT", "quoted_ttl INTEGER",
  "quoted_tos INTEGER", "quoted_size INTEGER", "mpls TEXT" }

local TABLES = { { "traces", TRACES, "" }, { "hops", HOPS, ", PRIMARY KEY (trace, ttl)" },
  { "replies", REPLIES, "" } }

local function names(columns)
  local list = {}
  for i, column in ipairs(columns) do list[i] = column:match "^%S+" end
  return list
end

local TRACE_FIELDS, HOP_FIELDS, REPLY_FIELDS = names(TRACES), names(HOPS), names(REPLIES)
local QUOTED = #REPLY_FIELDS - 3       -- the first of the columns that are not fields of a reply

---@class mtr.SqliteReporter: mtr.Reporter
---@field path string
---@field overwrite? boolean
---@field saved? { traces: integer } of restore()
---@field db? mtr.Database nil before start(), after finish() and after an error
---@field last integer id of the last trace
local Sqlite = {}
Sqlite.__index = Sqlite

local M = {}

--- Makes a reporter.
---@param out string a file
---@param opts? { overwrite?: boolean }
---@return mtr.SqliteReporter
function M.new(out, opts)
  if type(out) ~= "string" or out == "-" then
    error("report.sqlite: the path must be a string that names a file, got " .. err.show(out), 2)
  end
  return setmetatable({
    path = out, overwrite = opts and opts.overwrite, last = 0, values = {},
  }, Sqlite)
end

-- Closes the database after an error; returns the three values of the error.
local function drop(self, message, name)
  if self.db then self.db:close() end
  self.db = nil
  return nil, message, name
end

-- Makes the tables, and removes what must not be in them.
local function prepare(self)
  local db, saved = self.db, self.saved
  for _, t in ipairs(TABLES) do
    local name, columns, more = unpack(t)
    local sql = { ("CREATE TABLE IF NOT EXISTS %s (%s%s)"):format(name, table.concat(columns, ", "),
      more) }
    if saved then
      sql[2] = ("DELETE FROM %s WHERE %s > %d"):format(name, name == "traces" and "id" or "trace",
        saved.traces)
    elseif self.overwrite then
      table.insert(sql, 1, "DROP TABLE IF EXISTS " .. name)
    end
    for _, text in ipairs(sql) do
      local ok, message, code = db:run(text)
      if not ok then return nil, message, code end
    end
    local message, code
    self[name], message, code = db:prepare(("INSERT INTO %s (%s) VALUES (?%s)"):format(name,
      table.concat(names(columns), ", "), (", ?"):rep(#columns - 1)))
    if not self[name] then return nil, message, code end
  end
  local last, message, code = db:run "SELECT coalesce(max(id), 0) FROM traces"
  if not last then return nil, message, code end
  if saved and last ~= saved.traces then
    return err.named("EINVAL", ("%s has traces up to %d, but the state says %d: it was changed, or "
      .. "is another file"):format(self.path, last, saved.traces))
  end
  self.last = last
  return db:commit()
end

--- Opens the database.
function Sqlite:start()
  local message, name
  self.db, message, name = database.open(self.path)
  if not self.db then return nil, message, name end
  local ok
  ok, message, name = prepare(self)
  if not ok then return drop(self, message, name) end
  return true
end

local function labels(reply)
  local list = ext.mpls(reply.ext, "%d:%d:%d:%d")
  return list[1] and table.concat(list, "/") or nil
end

local function add_reply(self, ttl, reply)
  local values, quoted = self.values, reply.quoted
  values[1], values[2] = self.last, ttl
  for i = 3, QUOTED - 1 do values[i] = reply[REPLY_FIELDS[i]] end
  values[QUOTED] = quoted and quoted.ttl
  values[QUOTED + 1] = quoted and quoted.tos
  values[QUOTED + 2] = quoted and quoted.size
  values[QUOTED + 3] = labels(reply)
  return self.db:insert(self.replies, values, #REPLY_FIELDS)
end

local function add_hop(self, ttl, hop)
  local values = self.values
  values[1], values[2] = self.last, ttl
  for i = 3, #HOP_FIELDS do values[i] = hop[HOP_FIELDS[i]] end
  local ok, message, name = self.db:insert(self.hops, values, #HOP_FIELDS)
  for _, reply in ipairs(hop.replies) do
    if ok then ok, message, name = add_reply(self, ttl, reply) end
  end
  return ok, message, name
end

--- Writes one result.
---@param result mtr.BorrowedResult
function Sqlite:trace(result)
  local kept, values = result:copy(), self.values
  self.last = self.last + 1
  values[1] = self.last
  for i = 2, #TRACE_FIELDS do values[i] = kept[TRACE_FIELDS[i]] end
  local ok, message, name = self.db:insert(self.traces, values, #TRACE_FIELDS)
  for ttl, hop in ipairs(kept.hops) do
    if ok and not hop.skipped then ok, message, name = add_hop(self, ttl, hop) end
  end
  if not ok then return drop(self, message, name) end
  return true
end

--- Commits what was written.
function Sqlite:update()
  local ok, message, name = self.db:commit()
  if not ok then return drop(self, message, name) end
  return true
end

--- Commits what was written, and says how far that is.
function Sqlite:save()
  local ok, message, name = self:update()
  if not ok then return nil, message, name end
  return { traces = self.last }
end

--- Goes on behind what save() has said.
---@param data { traces: integer }
function Sqlite:restore(data) self.saved = data end

--- Commits the rest and closes the database.
function Sqlite:finish()
  if not self.db then return true end
  local ok, message, name = self.db:run "COMMIT"
  self.db:close()
  self.db = nil
  if not ok then return nil, message, name end
  return true
end

return M
