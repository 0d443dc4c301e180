-- SPDX-License-Identifier: MIT
--
-- What the workers of a campaign send each other while they trace, through a stream in Redis, many
-- lines at a time. Nothing waits for it, and what is sent without Redis is lost: so it must be
-- useful, but not necessary.

local shape = require "mtr.fleet.shape"

local M = {}

local READ = 1000                      -- entries that are read at once

---@class mtr.FleetExchange
---@field link mtr.RedisLink
---@field key string of the stream
---@field kept integer entries that the stream keeps, about
---@field worker string
---@field field string of the lines in an entry
---@field take fun(text: string, worker: string, fields: string[]) takes the lines of another worker
---@field after? string id of the last entry that was read
local Exchange = {}
Exchange.__index = Exchange

--- Makes one.
---@param self mtr.FleetExchange
---@return mtr.FleetExchange
function M.new(self)
  self.after = "0"
  return setmetatable(self, Exchange)
end

--- Sends the others some lines, and more fields of the entry; false: there is no connection.
---@param lines string[]
---@param ... string|number
---@return boolean
function Exchange:send(lines, ...)
  return self.link:post { "XADD", self.key, "MAXLEN", "~", self.kept, "*", "worker", self.worker,
    self.field, table.concat(lines, "\n"), ... }
end

local function take(self, entries)
  for _, entry in ipairs(entries) do
    local fields = {}
    self.after = entry[1]
    for i = 1, #(entry[2] or {}), 2 do fields[entry[2][i]] = entry[2][i + 1] end
    local text = fields[self.field]
    if text and fields.worker and fields.worker ~= self.worker then
      self.take(text, fields.worker, fields)
    end
  end
end

--- Asks for what the others have sent since the last time; does not wait.
function Exchange:hear()
  local c = self.link.connection
  if self.reading or not c or c.gone then return end
  self.reading = true
  local words = { "XREAD", "COUNT", READ, "STREAMS", self.key, self.after }
  c:send(function(reply)
    self.reading = false
    self.link:complain(words, reply)
    if not reply or not shape.fits(words, reply) then return end
    take(self, reply[1][2])
    if #reply[1][2] == READ then self:hear() end
  end, words)
end

return M
