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

local xpcall = require "mtr.compat".xpcall
local lib = require "mtr.lib"
local check = require "mtr.base.check"
local err = require "mtr.base.err"
local interrupt = require "mtr.wait.interrupt"
local scheduler = require "mtr.wait.scheduler"
local Watch = require "mtr.wait.watch"
local stream_output = require "mtr.script.stream_output"
local default = require "mtr.engine.default"

local C, EAGAIN = lib.C, err.code.EAGAIN
local M, CHUNK = {}, 65536             -- bytes of one read

---@class mtr.StreamOptions
---@field on_data? fun(stream: mtr.Stream, text: string) gets the input
---@field on_end? fun(stream: mtr.Stream, message: string?, name: string?) input ended, or failed
---@field on_drain? fun(stream: mtr.Stream) all output that had to wait was written
---@field on_error? fun(stream: mtr.Stream, message: string, name: string) output has failed
---@field lasting? boolean on_data goes on after an interrupt (^C) until close()

---@class mtr.Stream
---@field fd integer
---@field queued integer bytes written that have not gone out yet
local Stream = {}
Stream.__index = Stream
for name, method in pairs(stream_output) do Stream[name] = method end

local chunk = lib.new("uint8_t[?]", CHUNK)
local hook = check.type "function"
local declaration = check.declare("stream", {
  { name = "on_data", kind = hook, doc = "gets the input" },
  { name = "on_end", kind = hook, doc = "called when input has ended, or failed" },
  { name = "on_drain", kind = hook, doc = "called when all output that had to wait was written" },
  { name = "on_error", kind = hook, doc = "called when output has failed" },
  { name = "lasting", kind = check.type "boolean", doc = "input goes on after an interrupt" },
})

--- Calls the user's function.
---@param fn function
function Stream:call(fn, ...)
  local ok, problem = xpcall(fn, err.traceback, self, ...)
  if not ok then err.report(problem) end
end

--- Calls fn(message, name) when the descriptor is ready.
---@param kind integer of mtr.wait.watch
---@param fn fun(message: string?, name: string?)
function Stream:ask(kind, fn)
  if not self.watch or self.watch.engine.closing then
    local engine, message, name = default.for_timers()
    if not engine then return nil, message, name end
    self.watch = Watch.new(engine, self.fd)
    self.watch.lasting = self.lasting
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
  if self.on_end then self:call(self.on_end, message, name) end
end

-- Waits for the next input of a stream with on_data.
local function listen(self)
  if not self.on_data or self.paused or self.listening then return end
  local ok, message, name = self:ask(Watch.READABLE, self.on_ready)
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
  if text ~= "" then self:call(self.on_data, text) end
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
    local ok, message, name = self:ask(Watch.READABLE, function(problem, code)
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

--- Makes a stream over a descriptor.
---@param fd integer
---@param opts? mtr.StreamOptions
---@return mtr.Stream
function M.open(fd, opts)
  if type(fd) ~= "number" or fd % 1 ~= 0 or fd < 0 then
    error("stream: fd must be the number of a descriptor, got " .. err.show(fd), 2)
  end
  local self = setmetatable({ fd = fd }, Stream)
  local bug = check.each(declaration, opts, function(option, value) self[option.name] = value end)
  if bug then error(bug, 2) end
  self.on_ready = function(message, name) on_ready(self, message, name) end
  self:begin()
  listen(self)
  return self
end

return M
