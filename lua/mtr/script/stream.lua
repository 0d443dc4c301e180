-- SPDX-License-Identifier: MIT
--
-- Reads and writes descriptors beside the traces: standard input and output, pipes, sockets.
--
--     local input, output = mtr.stream(0), mtr.stream(1)
--     for text in input.read, input do output:write(text:upper()) end
--     output:flush()
--
-- Nothing here blocks. A read waits like a trace; a stream with the hook on_data does not wait, but
-- calls the hook. Written text goes out together, after hooks and tasks have run, or in parts if
-- the other end takes it slowly. The writer limits the queue: `queued` says how many bytes wait,
-- and flush() waits until they are few enough.
--
-- A stream does not close its descriptor. To read and write a socket, use two descriptors (dup).

local lib = require "mtr.lib"
local check = require "mtr.base.check"
local err = require "mtr.base.err"
local interrupt = require "mtr.wait.interrupt"
local scheduler = require "mtr.wait.scheduler"
local Watch = require "mtr.wait.watch"
local default = require "mtr.engine.default"

local C, copy, EAGAIN = lib.C, lib.copy, err.code.EAGAIN
local CHUNK = 65536                    -- bytes of one read, and the smallest buffer for output

local M = {}

---@class mtr.StreamOptions
---@field on_data? fun(stream: mtr.Stream, text: string) gets the input
---@field on_end? fun(stream: mtr.Stream, message: string?, name: string?) input ended, or failed
---@field on_drain? fun(stream: mtr.Stream) all output that had to wait was written
---@field on_error? fun(stream: mtr.Stream, message: string, name: string) output has failed

---@class mtr.Stream
---@field fd integer
---@field queued integer bytes written that have not gone out yet
local Stream = {}
Stream.__index = Stream

local chunk = lib.new("uint8_t[?]", CHUNK)
local hook = check.type "function"
local declaration = check.declare("stream", {
  { name = "on_data", kind = hook, doc = "gets the input" },
  { name = "on_end", kind = hook, doc = "called when input has ended, or failed" },
  { name = "on_drain", kind = hook, doc = "called when all output that had to wait was written" },
  { name = "on_error", kind = hook, doc = "called when output has failed" },
})

-- Calls the user's function.
local function call(self, fn, ...)
  local ok, problem = xpcall(fn, err.traceback, self, ...)
  if not ok then err.report(problem) end
end

-- Calls fn(message, name) when the descriptor is ready.
local function ask(self, kind, fn)
  if not self.watch or self.watch.engine.closing then
    local engine, message, name = default.for_timers()
    if not engine then return nil, message, name end
    self.watch = Watch.new(engine, self.fd)
  end
  return self.watch:ask(kind, fn)
end

-- Input ------------------------------------------------------------------------------------------

-- Reads some input; "" if there is none now; nil at its end or on an error.
local function take(self)
  local n = C.mtr_read(self.fd, chunk, CHUNK)
  if n > 0 then return lib.string(chunk, n) end
  if n == -EAGAIN then return "" end
  self:close()
  if n == 0 then return nil end
  return err.env(n, "reading descriptor " .. self.fd)
end

local function ended(self, message, name)
  self.on_data = nil
  if self.on_end then call(self, self.on_end, message, name) end
end

-- Waits for the next input of a stream with on_data.
local function listen(self)
  if not self.on_data or self.paused or self.listening then return end
  local ok, message, name = ask(self, Watch.READABLE, self.on_ready)
  self.listening = ok
  if not ok then ended(self, message, name) end
end

local function on_ready(self, message, name)
  local text
  self.listening = false
  if not message then
    text, message, name = take(self)
  end
  if not text then return ended(self, message, name) end
  if text ~= "" then call(self, self.on_data, text) end
  listen(self)
end

--- Waits for input and returns some of it; nil at its end.
---@async
---@return string?
---@return string? message, string? name if an error ended the input
function Stream:read()
  scheduler.check "read"
  if self.on_data then error("read: this stream has the hook on_data", 2) end
  interrupt.check()
  while true do
    local op = { idle = true, abandon = function()
      self.op = nil
      self:close()
    end }
    local ok, message, name = ask(self, Watch.READABLE, function(problem, code)
      op.message, op.name = problem, code
      scheduler.finish(op)
    end)
    if not ok then return nil, message, name end
    self.op = op
    scheduler.wait(op)
    self.op = nil
    if op.message then return nil, op.message, op.name end
    local text, problem, code = take(self)
    if text ~= "" then return text, problem, code end
  end
end

--- Stops calls of on_data until resume(): the other end must wait.
function Stream:pause() self.paused = true end

--- Resumes calls of on_data.
function Stream:resume()
  self.paused = false
  listen(self)
end

--- Ends all waits: a read that waits returns nil, message, "ECANCELED". The descriptor stays open.
function Stream:close()
  if self.watch then self.watch:stop() end
  self.watch = nil
  local op = self.op
  if op then
    op.message, op.name = "ECANCELED: the stream was closed", "ECANCELED"
    scheduler.finish(op)
  end
end

-- Output -----------------------------------------------------------------------------------------

-- Wakes the calls of flush() whose output is written.
local function progress(self)
  if self.flushing then scheduler.finish(self.flushing) end
  self.flushing = nil
end

local function fail(self, message, name)
  self.failure, self.failure_name, self.queued = message, name, 0
  if self.on_error then call(self, self.on_error, message, name) end
  progress(self)
end

--- Ends the stream before its descriptor is closed: ends all waits, also those of flush(), calls no
--- hook any more, and forgets output that has not gone out.
function Stream:drop()
  self.paused, self.on_error, self.on_drain = true, nil, nil
  self:close()
  fail(self, "ECANCELED: the stream was dropped", "ECANCELED")
end

-- Writes queued output, as much as the other end takes.
local function pump(self)
  local n = C.mtr_write(self.fd, self.bytes + self.first, self.queued)
  if n == -EAGAIN then
    local ok, message, name = ask(self, Watch.WRITABLE, self.on_room)
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
  if not self.blocked and self.on_drain then call(self, self.on_drain) end
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
function Stream:write(text)
  if self.failure then return nil, self.failure, self.failure_name end
  queue(self, text, #text)
  return true
end

--- Writes bytes of memory: at once, as far as the other end takes them; the rest is copied.
---@param bytes ffi.cdata* uint8_t[size] or char[size]
---@param size integer
---@return true?
---@return string? message, string? name the error of an earlier write
function Stream:put(bytes, size)
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
function Stream:flush(most)
  scheduler.check "flush"
  while self.queued > (most or 0) do
    self.flushing = self.flushing or {}
    scheduler.wait(self.flushing)
  end
  if self.failure then return nil, self.failure, self.failure_name end
  return true
end

--- Makes a stream over a descriptor.
---@param fd integer
---@param opts? mtr.StreamOptions
---@return mtr.Stream
function M.open(fd, opts)
  if type(fd) ~= "number" or fd % 1 ~= 0 or fd < 0 then
    error("stream: fd must be the number of a descriptor, got " .. err.show(fd), 2)
  end
  local self = setmetatable({ fd = fd, queued = 0, first = 0, room = 0 }, Stream)
  local bug = check.each(declaration, opts, function(option, value) self[option.name] = value end)
  if bug then error(bug, 2) end
  self.on_ready = function(message, name) on_ready(self, message, name) end
  self.on_room = function(message, name) on_room(self, message, name) end
  self.outlet = { run = function()
    if self.queued > 0 and not self.blocked then pump(self) end
  end }
  listen(self)
  return self
end

return M
