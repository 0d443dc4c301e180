-- SPDX-License-Identifier: MIT
--
-- The output of a stream (mtr.script.stream): a queue of bytes, which the other end takes as fast
-- as it likes.

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local scheduler = require "mtr.wait.scheduler"
local Watch = require "mtr.wait.watch"

local C, copy, EAGAIN = lib.C, lib.copy, err.code.EAGAIN
local CHUNK = 65536                    -- smallest buffer

---@class mtr.StreamOutput
---@field fd integer
---@field queued integer bytes written that have not gone out yet
---@field copied integer those of them that were copied: they are in `bytes`, from `first` on
---@field gone integer bytes that were copied and have gone out
---@field lent table[] memory of the writer, in order; each goes out when `gone` is its `at`
local Output = {}

-- Wakes the calls of flush() whose output is written.
local function progress(self)
  if self.flushing then scheduler.finish(self.flushing) end
  self.flushing = nil
end

local function fail(self, message, name)
  self.failure, self.failure_name, self.queued, self.copied, self.lent = message, name, 0, 0, {}
  if self.on_error then self:call(self.on_error, message, name) end
  progress(self)
end

--- Ends the stream before its descriptor is closed: ends all waits, also those of flush(), calls no
--- hook any more, and forgets output that has not gone out.
function Output:drop()
  self.paused, self.on_error, self.on_drain = true, nil, nil
  self:close()
  fail(self, "ECANCELED: the stream was dropped", "ECANCELED")
end

-- Returns what goes out next, its size, and its entry if it is memory of the writer.
local function next_piece(self)
  local lent = self.lent[1]
  if not lent then return self.bytes + self.first, self.copied end
  if lent.at > self.gone then return self.bytes + self.first, lent.at - self.gone end
  return lent.bytes + lent.first, lent.size - lent.first, lent
end

-- Notes that `n` bytes went out.
local function went(self, n, lent)
  self.queued = self.queued - n
  if lent then
    lent.first = lent.first + n
    if lent.first == lent.size then table.remove(self.lent, 1) end
  else
    self.first, self.copied, self.gone = self.first + n, self.copied - n, self.gone + n
    if self.copied == 0 then self.first = 0 end
  end
end

-- Writes queued output, as much as the other end takes.
local function pump(self)
  while self.queued > 0 do
    local bytes, size, lent = next_piece(self)
    local n = C.mtr_write(self.fd, bytes, size)
    if n == -EAGAIN then
      local ok, message, name = self:ask(Watch.WRITABLE, self.on_room)
      self.blocked = ok
      return not ok and fail(self, message, name)
    elseif n < 0 then
      return fail(self, select(2, err.env(n, "writing descriptor " .. self.fd)))
    end
    went(self, n, lent)
    if self.flushing then progress(self) end
  end
end

local function on_room(self, message, name)
  if message then return fail(self, message, name) end
  self.blocked = false
  pump(self)
  if not self.blocked and self.on_drain then self:call(self.on_drain) end
end

-- Makes room for `size` more bytes.
local function grow(self, size)
  while self.room < self.copied + size do self.room = math.max(self.room * 2, CHUNK) end
  local bytes = lib.new("uint8_t[?]", self.room)
  if self.bytes then copy(bytes, self.bytes + self.first, self.copied) end
  self.bytes, self.first = bytes, 0
end

-- Copies bytes to the end of the queue.
local function queue(self, bytes, size)
  if self.first + self.copied + size > self.room then grow(self, size) end
  copy(self.bytes + (self.first + self.copied), bytes, size)
  self.copied, self.queued = self.copied + size, self.queued + size
  if not self.blocked and not self.outlet.queued then scheduler.wake(self.outlet) end
end

--- Queues a copy of text, which is written later.
---@param text string|ffi.cdata* a string; or memory, char[size] or uint8_t[size]
---@param size? integer of memory
---@return true?
---@return string? message, string? name the error of an earlier write
function Output:write(text, size)
  if self.failure then return nil, self.failure, self.failure_name end
  queue(self, text, size or #text)
  return true
end

--- Queues bytes of memory without a copy: they must stay as they are until they are written.
---@param bytes ffi.cdata* uint8_t[size] or char[size]
---@param size integer
---@return true?
---@return string? message, string? name the error of an earlier write
function Output:lend(bytes, size)
  if self.failure then return nil, self.failure, self.failure_name end
  if size == 0 then return true end
  local at = self.gone + self.copied
  self.lent[#self.lent + 1] = { bytes = bytes, first = 0, size = size, at = at }
  self.queued = self.queued + size
  if not self.blocked and not self.outlet.queued then scheduler.wake(self.outlet) end
  return true
end

--- Waits until no more than `most` bytes are queued.
---@async
---@param most? integer default 0: waits until all is written
---@return true?
---@return string? message, string? name
function Output:flush(most)
  scheduler.check "flush"
  while self.queued > (most or 0) do
    self.flushing = self.flushing or {}
    scheduler.wait(self.flushing)
  end
  if self.failure then return nil, self.failure, self.failure_name end
  return true
end

--- Prepares the output of a new stream.
function Output:begin()
  self.queued, self.copied, self.first, self.room, self.gone, self.lent = 0, 0, 0, 0, 0, {}
  self.on_room = function(message, name) on_room(self, message, name) end
  self.outlet = { run = function()
    if self.queued > 0 and not self.blocked then pump(self) end
  end }
end

return Output
