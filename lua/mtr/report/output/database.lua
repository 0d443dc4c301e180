-- SPDX-License-Identifier: MIT
--
-- A database of SQLite that is written to, in one transaction after the other. libsqlite3 is loaded
-- when the first database is opened.
--
-- The journal is a write-ahead log, so others can read while this process writes. A second process
-- that writes is refused.

local lib = require "mtr.lib"
local err = require "mtr.base.err"

local M = {}

-- sqlite3.h: answers, flags of open, and what says that a text must be copied.
local OK, ROW, DONE = 0, 100, 101
local READ_WRITE_CREATE = 6
local TRANSIENT = -1
local NAMES = { [5] = "EAGAIN", [6] = "EAGAIN", [8] = "EACCES", [13] = "ENOSPC", [14] = "ENOENT",
  [26] = "EINVAL" }
local WAIT = 10000                     -- ms for a reader that is in the way

---@class mtr.Database
---@field path string
---@field c? ffi.cdata* sqlite3 *; nil after close()
---@field statements ffi.cdata*[] prepared ones, of this object
local Database = {}
Database.__index = Database

-- Returns the three values of an error.
local function failed(self, code)
  local text = lib.string(self.s.mtr_sqlite_errmsg(self.c))
  if code == 5 then text = "another process writes to it" end
  return err.named(NAMES[code] or "EIO", self.path .. ": " .. text)
end

--- Opens a database and begins the first transaction.
---@param path string the file is made if it is missing
---@return mtr.Database?
---@return string? message, string? name
function M.open(path)
  local s = lib.sqlite()
  if not s then
    return err.named("ELIBACC", path .. ": needs SQLite, which is not installed: "
      .. "apt-get install libsqlite3-0")
  end
  local out = lib.new "mtr_sqlite *[1]"
  local code = s.mtr_sqlite_open(path, out, READ_WRITE_CREATE, nil)
  local self = setmetatable({
    s = s, path = path, statements = {}, c = lib.gc(out[0], s.mtr_sqlite_close),
  }, Database)
  if code ~= OK then
    local _, message, name = failed(self, code)
    self:close()
    return nil, message, name
  end
  local ok, message, name = self:run "PRAGMA journal_mode = WAL"
  if ok then ok, message, name = self:run "PRAGMA synchronous = FULL" end
  if ok then ok, message, name = self:run "BEGIN IMMEDIATE" end
  if not ok then
    self:close()
    return nil, message, name
  end
  s.mtr_sqlite_busy_timeout(self.c, WAIT)
  return self
end

local function compile(self, sql)
  local out = lib.new "mtr_sqlite_statement *[1]"
  local code = self.s.mtr_sqlite_prepare(self.c, sql, #sql, out, nil)
  if code ~= OK then return failed(self, code) end
  return out[0]
end

--- Makes a statement of one SQL text, which is valid until close().
---@param sql string
---@return ffi.cdata*? statement
---@return string? message, string? name
function Database:prepare(sql)
  local statement, message, name = compile(self, sql)
  if not statement then return nil, message, name end
  self.statements[#self.statements + 1] = statement
  return statement
end

--- Runs a statement with values: numbers, strings, booleans; nil is NULL.
---@param statement ffi.cdata*
---@param values table
---@param n integer how many values
---@return true?
---@return string? message, string? name
function Database:insert(statement, values, n)
  local s = self.s
  for i = 1, n do
    local value = values[i]
    if value == nil then
      s.mtr_sqlite_bind_null(statement, i)
    elseif type(value) == "number" and value % 1 ~= 0 then
      s.mtr_sqlite_bind_double(statement, i, value)
    elseif type(value) == "string" then
      s.mtr_sqlite_bind_text(statement, i, value, #value, TRANSIENT)
    else
      s.mtr_sqlite_bind_int64(statement, i, type(value) == "number" and value or value and 1 or 0)
    end
  end
  local code = s.mtr_sqlite_step(statement)
  s.mtr_sqlite_reset(statement)
  if code ~= DONE and code ~= ROW then return failed(self, code) end
  return true
end

--- Runs one SQL text; returns the number in the first column of its first row, or true.
---@param sql string
---@return number|true?
---@return string? message, string? name
function Database:run(sql)
  local statement, message, name = compile(self, sql)
  if not statement then return nil, message, name end
  local code = self.s.mtr_sqlite_step(statement)
  local value = code == ROW and self.s.mtr_sqlite_column_double(statement, 0) or true
  if code ~= ROW and code ~= DONE then value, message, name = failed(self, code) end
  self.s.mtr_sqlite_finalize(statement)
  return value, message, name
end

--- Ends the transaction, so that the disk has it, and begins the next one.
---@return true?
---@return string? message, string? name
function Database:commit()
  local ok, message, name = self:run "COMMIT"
  if ok then ok, message, name = self:run "BEGIN IMMEDIATE" end
  if not ok then return nil, message, name end
  return true
end

--- Closes the database. What was not committed is gone.
function Database:close()
  if not self.c then return end
  for _, statement in ipairs(self.statements) do self.s.mtr_sqlite_finalize(statement) end
  self.s.mtr_sqlite_close(lib.gc(self.c, nil))
  self.c, self.statements = nil, {}
end

return M
