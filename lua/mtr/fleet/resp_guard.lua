-- SPDX-License-Identifier: MIT
--
-- Checks the bytes of replies before the reader of hiredis gets them. That reader allocates what a
-- header promises: "*1000000000" would cost gigabytes and half a minute. The replies of a fleet's
-- Redis are far below these bounds.
--
-- It must cut the bytes at the same places as hiredis, so it refuses headers that hiredis might
-- read in another way. Headers are passed on whole, and the bytes of texts as they come. A reply
-- that may be large (`large`) has a number in place of each text that is too large, or for which
-- the texts before it have left no room: its size. The bytes of that text are thrown away.

local M = {}

local ELEMENTS = 2 ^ 20                -- of one list
local DEPTH = 7                        -- lists in lists: what hiredis 0.14 takes
local TEXT = 2 ^ 28                    -- bytes of one text
local REPLY = 2 ^ 29                   -- bytes of one reply
local ROOM = 160 * 2 ^ 20              -- of one that may be large: 8 parts of some 16 MiB
local FLOOD = 2 ^ 32                   -- bytes of one text that is thrown away
local LINE = 65536                     -- bytes of a line: a header, a number, a status, an error

---@class mtr.RespGuard
---@field rest string the beginning of a line whose end has not come
---@field skip integer bytes of the present text that have not come
---@field left integer[] for each list that is open: elements that have not come
---@field size integer bytes of the present reply so far
---@field number integer of the present reply, from 1
---@field large table<integer, true> numbers of replies that may be large
---@field drop boolean the present text is thrown away
local Guard = {}
Guard.__index = Guard

--- Makes one for a connection.
---@return mtr.RespGuard
function M.new()
  return setmetatable({ rest = "", skip = 0, left = {}, size = 0, number = 1, large = {},
    drop = false }, Guard)
end

-- Notes that an element, or a reply, is whole.
local function whole(self)
  local left = self.left
  while left[1] do
    left[#left] = left[#left] - 1
    if left[#left] > 0 then return end
    left[#left] = nil
  end
  self.size = 0
  self.large[self.number], self.number = nil, self.number + 1
end

-- Is a text to be thrown away?
local function is_too_large(self, n)
  if not self.large[self.number] or n <= LINE or n > FLOOD then return false end
  return n > TEXT or self.size > LINE and self.size + n > ROOM
end

-- Takes the header of a text or a list. Returns what is wrong with it.
local function head(self, kind, line)
  local n = line:find "^.%-?%d+$" and tonumber(line:sub(2))
  if not n or n < -1 then return "Protocol error: a reply with a damaged length" end
  if kind == "$" then
    self.drop = is_too_large(self, n)
    if n > TEXT and not self.drop then
      return ("a text of %.0f bytes; at most %d are taken"):format(n, TEXT)
    end
    if n >= 0 then self.skip = n + 2 else whole(self) end
    return nil
  end
  if n > ELEMENTS then
    return ("a list of %.0f elements; at most %d are taken"):format(n, ELEMENTS)
  end
  if n <= 0 then return whole(self) end
  if #self.left == DEPTH then
    return ("lists in lists, deeper than %d; that many are taken"):format(DEPTH)
  end
  self.left[#self.left + 1] = n
end

-- Takes a line. Returns what is wrong with it.
local function take(self, line)
  local kind = line:sub(1, 1)
  if kind == "*" or kind == "$" then return head(self, kind, line) end
  if kind ~= "+" and kind ~= "-" and kind ~= ":" then
    return "Protocol error: a reply of an unknown kind"
  end
  whole(self)
end

--- Takes bytes of the connection. Returns those that hiredis may have now; and if the bytes behind
--- them must not be read, a message, after which nothing can be taken any more.
---@param bytes string
---@return string bytes
---@return string? message
function Guard:take(bytes)
  local text, at, bug = self.rest ~= "" and self.rest .. bytes or bytes, 1, nil
  local parts, from = {}, 1            -- what hiredis gets, and where the rest of that begins
  while at <= #text and not bug do
    local stop = self.skip > 0 and math.min(at + self.skip - 1, #text)
    local line
    if not stop then
      local found = text:find("\r\n", at, true)
      if (found or #text) - at > LINE then bug = "Protocol error: a line without an end" end
      if bug or not found then break end
      line, stop = text:sub(at, found - 1), found + 1
    end
    local n, dropped = stop - at + 1, not line and self.drop
    self.size = self.size + (dropped and 0 or n)
    if self.size > REPLY then bug = ("a reply of more than %d bytes"):format(REPLY) end
    if line then
      bug = bug or take(self, line)
    else
      self.skip = self.skip - n
      if self.skip == 0 then
        self.drop = false
        whole(self)
      end
    end
    if line and self.drop and not bug then
      parts[#parts + 1] = text:sub(from, at - 1) .. (":%.0f\r\n"):format(self.skip - 2)
    end
    if not bug then at = stop + 1 end
    if dropped or self.drop then from = at end
  end
  self.rest = bug and "" or text:sub(at)
  if from == 1 then return at > #text and text or text:sub(1, at - 1), bug end
  parts[#parts + 1] = text:sub(from, at - 1)
  return table.concat(parts), bug
end

return M
