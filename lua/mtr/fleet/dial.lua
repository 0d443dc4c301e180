-- SPDX-License-Identifier: MIT
--
-- Connects to another program, by TCP or by a unix socket.

local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local err = require "mtr.base.err"
local default = require "mtr.engine.default"
local resolve = require "mtr.wait.resolve"
local scheduler = require "mtr.wait.scheduler"
local Watch = require "mtr.wait.watch"

local C = lib.C
local M = {}

---@class mtr.DialTo
---@field host? string
---@field port? integer
---@field path? string of a unix socket
---@field shown string for messages

-- Waits for the address of a host; returns it as mtr.Address.
local function address(engine, host)
  local bytes = lib.new "uint8_t[16]"
  local family = addr.parse(host, bytes)
  if family then return { bytes = bytes, family = family } end
  local op, found, message, name = {}, nil, nil, nil
  local lookup, why, errno = resolve.start(engine, host, 0, function(list, problem, code)
    found, message, name = list and list[1], problem, code
    scheduler.finish(op)
  end)
  if not lookup then return nil, why, errno end
  scheduler.wait(op)
  return found, message, name
end

-- Begins the connection; returns 0 or a negative errno.
local function begin(url, engine, fd)
  if url.path then return C.mtr_local_connect(url.path, fd) end
  local to, message, name = address(engine, url.host)
  if not to then return nil, message, name end
  return C.mtr_connect(to.bytes, to.family, url.port, fd)
end

-- Waits until the connection is made; returns 0 or a negative errno.
local function made(engine, fd, ticker, patience)
  local op, watch = {}, Watch.new(engine, fd[1])
  local ok, message, name = watch:ask(Watch.WRITABLE, function() scheduler.finish(op) end)
  if not ok then return nil, message, name end
  ticker:after(patience, function()
    if op.done then return end
    op.late = true
    scheduler.finish(op)
  end)
  scheduler.wait(op)
  watch:stop()
  if op.late then return -err.number "ETIMEDOUT" end
  return C.mtr_connected(fd[1])
end

--- Waits until a connection is made or refused.
---@async
---@param to mtr.DialTo
---@param ticker mtr.Ticker
---@param patience integer ms
---@return ffi.cdata*? fd int32_t[2]: to read and to write; mtr_local_hangup(fd) closes both
---@return string? message, string? name
function M.open(to, ticker, patience)
  local engine, message, name = default.for_timers()
  if not engine then return nil, message, name end
  local fd = lib.new "int32_t[2]"
  local code, problem, errno = begin(to, engine, fd)
  if not code then return nil, problem, errno end
  if code == 0 then
    code, message, name = made(engine, fd, ticker, patience)
    if code ~= 0 then C.mtr_local_hangup(fd) end
  end
  if not code then return nil, message, name end
  if code < 0 then return err.env(code, "connecting to " .. to.shown) end
  return fd
end

return M
