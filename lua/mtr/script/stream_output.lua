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
local Output = {}

-- Wakes the calls of flush() whose output is written.
local function progress(self)
  if self.flushing then scheduler.finish(self.flushing) end
  self.flushing = nil
end

local function fail(self, message, name)
  self.failure, self.failure_name, self.queued = message, name, 0
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

-- Writes queued output, as much as the other end takes.
local function pump(self)
  local n = C.mtr_write(self.fd, self.bytes + self.first, self.queued)
  if n == -EAGAIN then
    local ok, message, name = self:ask(Watch.WRITABLE, self.on_room)
    self.blocked = ok
    if not ok then fail(self, message, name) end
  elseif n < 0 then
    fail(self, select(2, err.env(n, "writing descriptor " .. self.fd)))
  else
    self.first, self.queued = self.first + n, self.queued - n
    if self.flushing then progress(self) end
    if self.queued > 0 then return pump(self) end
    self.first = 0
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
  while self.room < self.queued + size do self.room = math.max(self.room * 2, CHUNK) end
  local bytes = lib.new("uint8_t[?]", self.room)
  if self.bytes then copy(bytes, self.bytes + self.first, self.queued) end
  self.bytes, self.first = bytes, 0
end

-- Copies bytes to the end of the queue.
local function queue(self, bytes, size)
  if self.first + self.queued + size > self.room then grow(self, size) end
  copy(self.bytes + (self.first + self.queued), bytes, size)
  self.queued = self.queued + size
  if not self.blocked and not self.outlet.queued then scheduler.wake(self.outlet) end
end

--- Queues text, which is written later.
---@param text string
---@return true?
---@return string? message, string? name the error of an earlier write
function Output:write(text)
  if self.failure then return nil, self.failure, self.failure_name end
  queue(self, text, #text)
  return true
end

--- Writes bytes of memory: at once, as far as the other end takes them; the rest is copied.
---@param bytes ffi.cdata* uint8_t[size] or char[size]
---@param size integer
---@return true?
---@return string? message, string? name the error of an earlier write
function Output:put(bytes, size)
  if self.failure then return nil, self.failure, self.failure_name end
  if self.queued > 0 and not self.blocked then pump(self) end
  local done = 0
  if self.queued == 0 and not self.failure then
    done = math.max(C.mtr_write(self.fd, bytes, size), 0)
  end
  if done < size then queue(self, bytes + done, size - done) end
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
  self.queued, self.first, self.room = 0, 0, 0
  self.on_room = function(message, name) on_room(self, message, name) end
  self.outlet = { run = function()
    if self.queued > 0 and not self.blocked then pump(self) end
  end }
end

return Output
