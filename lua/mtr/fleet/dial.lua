-- SPDX-License-Identifier: MIT
--
-- Connects to another program, by TCP or by a unix socket. The addresses of a name are tried one
-- after the other, in the order of RFC 6724, until one takes the connection.

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

-- Looks a name up on the real network; returns its addresses, in the order in which to try them.
local function look_up(engine, host)
  local op, found, message, name = {}, nil, nil, nil
  local lookup, why, errno = resolve.start(engine, host, 0, function(list, problem, code)
    found, message, name = list, problem, code
    scheduler.finish(op)
  end, true)
  if not lookup then return nil, why, errno end
  if not op.done then scheduler.wait(op) end
  return found, message, name
end

-- Returns the addresses of a host, which is an address or a name.
local function addresses(engine, host)
  local bytes = lib.new "uint8_t[16]"
  local family, zone = addr.parse(host, bytes)
  if zone > 0 or family < 0 and addr.broken(host) then
    return err.named("EINVAL", ("%s is not an address that can be connected to, or a name"):format(
      err.show(host)))
  end
  if family > 0 then return { { bytes = bytes, family = family } } end
  return look_up(engine, host)
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

-- Connects to one address, or by `begin` to a path. Returns the descriptors.
local function try(engine, begin, ticker, patience)
  local fd, message, name = lib.new "int32_t[2]", nil, nil
  local code = begin(fd)
  if code == 0 then
    code, message, name = made(engine, fd, ticker, patience)
    if code ~= 0 then C.mtr_local_hangup(fd) end
  end
  if not code then return nil, message, name end
  if code < 0 then return nil, code end
  return fd
end

--- Waits until a connection is made, or refused by each address of the host.
---@async
---@param to mtr.DialTo
---@param ticker mtr.Ticker
---@param patience integer ms for each address
---@return ffi.cdata*? fd int32_t[2]: to read and to write; mtr_local_hangup(fd) closes both
---@return string? message, string? name
function M.open(to, ticker, patience)
  local engine, message, name = default.for_timers()
  if not engine then return nil, message, name end
  local list = { {} }
  if not to.path then
    list, message, name = addresses(engine, to.host)
    if not list then return nil, ("%s, for %s"):format(message, to.shown), name end
  end
  local fd
  for _, at in ipairs(list) do
    if ticker.gone and message then break end
    fd, message, name = try(engine, function(pair)
      if to.path then return C.mtr_local_connect(to.path, pair) end
      return C.mtr_connect(at.bytes, at.family, to.port, pair)
    end, ticker, patience)
    if fd then return fd end
  end
  if type(message) == "number" then return err.env(message, "connecting to " .. to.shown) end
  return nil, message, name
end

return M
