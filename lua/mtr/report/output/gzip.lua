-- SPDX-License-Identifier: MIT
--
-- Compresses pieces of output with zlib, each into a gzip member of its own (RFC 1952). A file of
-- such members is a gzip file. zlib is loaded when it is first needed.

local lib = require "mtr.lib"
local err = require "mtr.base.err"

local M = {}

-- zlib.h: how much work is done for less output, gzip's header and trailer around the window of
-- 32 KiB, memory, strategy; and what deflate() is asked and answers.
local LEVEL, METHOD, GZIP_WINDOW, MEMORY, STRATEGY = 6, 8, 15 + 16, 8, 0
local FINISH, STREAM_END = 4, 1

---@class mtr.Gzip
local Gzip = {}
Gzip.__index = Gzip

--- Makes a packer.
---@return mtr.Gzip?
---@return string? message, string? name
function M.new()
  local z = lib.zlib()
  if not z then
    return err.named("ELIBACC", ".gz needs zlib, which is not installed: apt-get install zlib1g")
  end
  local stream = lib.new "struct mtr_z_stream"
  local code = z.mtr_z_deflate_init(stream, LEVEL, METHOD, GZIP_WINDOW, MEMORY, STRATEGY,
    z.mtr_z_version(), lib.sizeof(stream))
  if code ~= 0 then return err.named("ENOMEM", "zlib cannot start") end
  lib.gc(stream, z.mtr_z_deflate_end)
  return setmetatable({ z = z, stream = stream, size = 0 }, Gzip)
end

--- Compresses a piece.
---@param bytes string|ffi.cdata*
---@param size integer
---@return ffi.cdata* member valid until the next call
---@return integer bytes
function Gzip:pack(bytes, size)
  local z, stream = self.z, self.stream
  z.mtr_z_deflate_reset(stream)
  local most = tonumber(z.mtr_z_deflate_bound(stream, size))
  if most > self.size then self.out, self.size = lib.new("uint8_t[?]", most), most end
  stream.next_in, stream.avail_in = lib.cast("const uint8_t *", bytes), size
  stream.next_out, stream.avail_out = self.out, self.size
  assert(z.mtr_z_deflate(stream, FINISH) == STREAM_END, "deflateBound is wrong")
  return self.out, tonumber(stream.total_out)
end

return M
