-- SPDX-License-Identifier: MIT
--
-- Sets of privileged sockets that a program opens early, for engines that it opens later without
-- privileges: in nginx the master opens them as root (init_by_lua), and each worker uses one set.
--
-- A set owns its descriptors. An engine that is opened with it (option `sockets`) borrows them all
-- until it closes; then they are in the set again, for the next engine. They are closed once: by
-- close(), or when the set is collected, or when the Lua state ends. A forked child has copies of
-- the descriptors, and to close those does not close the parent's. But the sockets are the same:
-- two processes must not use one set at a time.

local lib = require "mtr.lib"
local check = require "mtr.base.check"
local err = require "mtr.base.err"

local C = lib.C
local SIZE = C.MTR_SOCKETS
---@class mtr.sockets
local M = {}

---@class mtr.Sockets
---@field mark integer SO_MARK of every probe sent through them; 0: none
---@field private c ffi.cdata* int32_t[MTR_SOCKETS]; all -1 while an engine has them
---@field private lent boolean an engine has them
---@field private closed boolean
local Sockets = {}
Sockets.__index = Sockets

--- Options of mtr.sockets.open.
---@class mtr.SocketsOptions
---@field mark? integer firewall mark, SO_MARK, of the probes; an engine with this set has no other
---@field fast? boolean opens sockets for transport packet too

M.declaration = check.declare("sockets", {
  { name = "mark", kind = check.integer(0, 0xffffffff), default = 0 },
  { name = "fast", kind = check.type "boolean", default = false },
})

local function make(mark)
  local c = lib.gc(lib.new("int32_t[?]", SIZE), C.mtr_sockets_close)
  for i = 0, SIZE - 1 do c[i] = -1 end
  return setmetatable({ c = c, mark = mark, lent = false, closed = false }, Sockets)
end

--- Opens a set. Needs CAP_NET_RAW, and CAP_NET_ADMIN or CAP_NET_RAW for a mark.
---@param opts? mtr.SocketsOptions
---@return mtr.Sockets?
---@return string? message, string? name EPERM, EMFILE
function M.open(opts)
  local given = {}
  local bug = check.each(M.declaration, opts, function(option, value)
    given[option.name] = value
  end)
  if bug then error(bug, 2) end
  local set = make(given.mark or 0)
  local code = C.mtr_sockets(set.c, set.mark, given.fast and 1 or 0)
  if code < 0 then
    return err.env(code, "raw sockets need CAP_NET_RAW: open them as root, before the program "
      .. "gives up its privileges")
  end
  return set
end

--- Makes a set of descriptors that were received from another process, in the order of fds(); takes
--- them over.
---@param fds integer[] MTR_SOCKETS of them, -1 where there is none
---@param mark? integer the mark that they were opened with
---@return mtr.Sockets
---@private
function M.adopt(fds, mark)
  if type(fds) ~= "table" or #fds ~= SIZE then
    error(("sockets: fds must be a list of %d descriptors, got %s"):format(SIZE,
      type(fds) == "table" and #fds or err.show(fds)), 2)
  end
  for i, fd in ipairs(fds) do
    if type(fd) ~= "number" or fd % 1 ~= 0 or fd < -1 or fd >= 2 ^ 31 then
      error(("sockets: fds[%d] must be a descriptor or -1, got %s"):format(i, err.show(fd)), 2)
    end
  end
  local set = make(mark or 0)
  for i, fd in ipairs(fds) do set.c[i - 1] = fd end
  return set
end

--- Returns true if the value is a set.
---@param value any
---@return boolean
---@private
function M.is(value) return getmetatable(value) == Sockets end

--- Returns the descriptors, -1 where there is none, to send them to another process. They stay the
--- set's; while an engine has them all are -1.
---@return integer[]
function Sockets:fds()
  local fds = {}
  for i = 1, SIZE do fds[i] = self.c[i - 1] end
  return fds
end

--- Closes the descriptors. Closing again does nothing; an engine that uses the set must be closed
--- first.
---@return true
function Sockets:close()
  if self.lent then error("sockets: an engine uses this set; close the engine first", 2) end
  self.closed = true
  C.mtr_sockets_close(self.c)
  return true
end

--- Copies the descriptors into the config of an engine. For mtr.engine.privileged.
---@param config ffi.cdata* struct mtr_config
---@return string? problem why the set cannot be used
---@private
function Sockets:copy(config)
  if self.closed then return "the set of sockets is closed" end
  if self.lent then return "another engine uses this set of sockets" end
  lib.copy(config.sockets, self.c, lib.sizeof(self.c))
  config.mark = self.mark
end

--- Notes that an engine has the descriptors now.
---@private
function Sockets:lend()
  self.lent = true
  for i = 0, SIZE - 1 do self.c[i] = -1 end
end

--- Takes the descriptors back from an engine that closes.
---@param fds ffi.cdata* int32_t[MTR_SOCKETS]
---@private
function Sockets:put_back(fds)
  self.lent = false
  lib.copy(self.c, fds, lib.sizeof(self.c))
end

return M
