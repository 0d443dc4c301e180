-- SPDX-License-Identifier: MIT
--
-- Reads the answer to a request of HTTP/1.1 from bytes that come in any pieces (RFC 9112). Keeps
-- the beginning of its body only: an answer to an INSERT says "all right" or what is wrong.

local M = {}

local MOST_HEAD, KEPT = 16384, 8192    -- bytes

---@class mtr.HttpReply
---@field status? integer
---@field headers table<string, string> names in small letters
---@field body string its first 8 KiB
---@field done boolean
---@field keep boolean another request may follow on this connection
local Reply = {}
Reply.__index = Reply

--- Makes the reader of one answer.
---@return mtr.HttpReply
function M.new()
  return setmetatable({ headers = {}, body = "", done = false, keep = true, text = "",
    read = "head" }, Reply)
end

-- Returns false because a line is not whole yet; nil and a message if it never will be.
local function short(self)
  if #self.text > MOST_HEAD then return nil, "a line is too long" end
  return false
end

local READ = {}                        -- what each part does; true: it has ended, go on

local function keep(self, bytes)
  if #self.body < KEPT then self.body = self.body .. bytes:sub(1, KEPT - #self.body) end
end

-- Takes at most `left` bytes of a body.
local function take(self)
  local bytes = self.text:sub(1, self.left)
  keep(self, bytes)
  self.text, self.left = self.text:sub(#bytes + 1), self.left - #bytes
  return self.left == 0
end

local function begin_body(self)
  local headers = self.headers
  if self.status < 200 then            -- an answer before the answer, such as 100 Continue
    self.headers, self.read = {}, "head"
  elseif self.status == 204 or self.status == 304 then
    self.done = true
  elseif (headers["transfer-encoding"] or ""):lower():find "chunked%s*$" then
    self.read = "size"
  elseif headers["content-length"] then
    self.left = tonumber(headers["content-length"]:match "^%d+")
    if not self.left then return nil, "its Content-Length is not a number" end
    self.read = "length"
  else
    self.read, self.keep = "rest", false
  end
  return true
end

function READ:head()
  local head, rest = self.text:match "^(.-)\r?\n\r?\n(.*)$"
  if not head then
    if #self.text > MOST_HEAD then return nil, "its head is too long" end
    if self.text ~= "" and not (self.text:sub(1, 5)):find "^H?T?T?P?/?$" then
      return nil, "this is no HTTP"
    end
    return false
  end
  if #head > MOST_HEAD then return nil, "its head is too long" end
  local version, status = head:match "^HTTP/1%.(%d) (%d%d%d)%f[^%d]"
  if not status then return nil, "this is no HTTP/1" end
  self.status, self.text = tonumber(status), rest
  for name, value in head:gmatch "\n([^%s:]+):[ \t]*([^\r\n]*)" do
    self.headers[name:lower()] = value
  end
  local connection = (self.headers.connection or ""):lower()
  self.keep = not connection:find "close" and (version ~= "0" or connection:find "keep" ~= nil)
  return begin_body(self)
end

function READ:length()
  self.done = take(self)
  return false
end

function READ:rest()
  self.left = #self.text
  take(self)
  return false
end

function READ:size()
  local line, rest = self.text:match "^([^\n]*)\n(.*)$"
  if not line then return short(self) end
  self.left = tonumber(line:match "^%x+" or "", 16)
  if not self.left or self.left > 2 ^ 40 then return nil, "a chunk has no size" end
  self.text, self.read = rest, self.left == 0 and "trailer" or "chunk"
  return true
end

function READ:chunk()
  if not take(self) then return false end
  self.read = "break"
  return true
end

READ["break"] = function(self)
  local rest = self.text:match "^\r?\n(.*)$"
  if not rest then
    if #self.text > 1 then return nil, "a chunk has no end" end
    return false
  end
  self.text, self.read = rest, "size"
  return true
end

function READ:trailer()
  local line, rest = self.text:match "^([^\n]*)\n(.*)$"
  if not line then return short(self) end
  self.text, self.done = rest, line == "" or line == "\r"
  return not self.done
end

--- Takes bytes. Returns nil and a message if they are not an answer.
---@param bytes string
---@return true?
---@return string? message
function Reply:feed(bytes)
  self.text = self.text .. bytes
  while not self.done do
    local more, message = READ[self.read](self)
    if more == nil then return nil, message end
    if not more then break end
  end
  if self.done and self.text ~= "" then self.keep = false end
  return true
end

--- The connection has ended. Returns true if the answer is whole.
---@return boolean
function Reply:finish()
  if self.read == "rest" then self.done = true end
  return self.done
end

return M
