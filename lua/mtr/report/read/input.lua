-- SPDX-License-Identifier: MIT
--
-- Reads the bytes of a file or of standard input, decompressed if they are gzip (RFC 1952), of one
-- member or of several. What the bytes are is seen from their beginning, not from the name.

local unpack = require "mtr.compat".unpack
local lib = require "mtr.lib"
local err = require "mtr.base.err"

local M = {}

local PIECE, GZIP_WINDOW = 65536, 15 + 16
local OK, STREAM_END, BUF_ERROR = 0, 1, -5

---@class mtr.Input
---@field name string in messages
---@field file file*
---@field at number offset of the next byte, of what was decompressed
---@field bytes string bytes that were read and not taken
---@field from integer index of the first of them
---@field over boolean true: the file has no more
---@field cut? boolean true: compressed bytes end too early
---@field z? ffi.namespace* zlib, if the bytes are compressed
local Input = {}
Input.__index = Input

-- Reads a piece of the file; nil at its end.
local function piece(self)
  local bytes, message, code = self.file:read(PIECE)
  if bytes then return bytes end
  self.over = true
  if code then
    self.failure = { err.env(code, self.name) }
    return nil
  end
  return nil, message
end

local function damaged(self)
  self.over = true
  self.failure = { err.named("EBADMSG", self.name .. ": the compressed bytes are damaged") }
end

-- Decompresses a piece.
local function inflate(self, bytes)
  local stream, out = self.stream, {}
  stream.next_in, stream.avail_in = lib.cast("const uint8_t *", bytes), #bytes
  repeat
    if self.ended then                       -- another member follows
      self.z.mtr_z_inflate_reset(stream)
      self.ended = false
    end
    stream.next_out, stream.avail_out = self.room, PIECE
    local code = self.z.mtr_z_inflate(stream, 0)
    if code ~= OK and code ~= STREAM_END and code ~= BUF_ERROR then
      damaged(self)
      break
    end
    self.ended = code == STREAM_END
    out[#out + 1] = lib.string(self.room, PIECE - stream.avail_out)
  until stream.avail_in == 0 and (self.ended or stream.avail_out > 0)
  return table.concat(out)
end

local function unpacks(self)
  local z = lib.zlib()
  if not z then
    return err.named("ELIBACC", ("%s: it is compressed, and zlib is not installed: apt-get install "
      .. "zlib1g"):format(self.name))
  end
  local stream = lib.new "struct mtr_z_stream"
  if z.mtr_z_inflate_init(stream, GZIP_WINDOW, z.mtr_z_version(), lib.sizeof(stream)) ~= 0 then
    return err.named("ENOMEM", "zlib cannot start")
  end
  self.z, self.stream = z, lib.gc(stream, z.mtr_z_inflate_end)
  self.room = lib.new("uint8_t[?]", PIECE)
  return true
end

--- Opens a file.
---@param path string "-": standard input
---@return mtr.Input?
---@return string? message, string? name
function M.open(path)
  local file = io.stdin
  if path ~= "-" then
    local _, code
    file, _, code = io.open(path, "rb")
    if not file then return err.env(code, path) end
  end
  local self = setmetatable({ file = file, name = path == "-" and "standard input" or path,
    at = 0, bytes = "", from = 1, over = false }, Input)
  local first = piece(self)
  if self.failure then
    self:close()
    return unpack(self.failure, 1, 3)
  end
  first = first or ""
  if first:sub(1, 2) == "\31\139" then
    local ok, message, name = unpacks(self)
    if not ok then return nil, message, name end
    first = inflate(self, first)
  end
  self.bytes = first
  return self
end

-- Reads until `n` bytes are there, or there are no more.
local function fill(self, n)
  while #self.bytes - self.from + 1 < n and not self.over do
    local bytes = piece(self)
    if bytes and self.z then bytes = inflate(self, bytes) end
    if self.over and self.z and not self.ended and not self.failure then self.cut = true end
    self.bytes, self.from = self.bytes:sub(self.from) .. (bytes or ""), 1
  end
end

--- Returns the next bytes, and leaves them for read().
---@param n integer
---@return string bytes fewer only at the end
function Input:peek(n)
  fill(self, n)
  return self.bytes:sub(self.from, self.from + n - 1)
end

--- Takes the next bytes.
---@param n integer
---@return string bytes fewer only at the end
function Input:read(n)
  local bytes = self:peek(n)
  self.from, self.at = self.from + #bytes, self.at + #bytes
  return bytes
end

--- Takes the next line, without its newline.
---@return string? line nil at the end
---@return boolean? whole false: the file ended before a newline
function Input:line()
  local search = self.from
  while true do
    local stop = self.bytes:find("\n", search, true)
    if stop then
      local line = self:read(stop - self.from + 1)
      return line:sub(1, -2), true
    end
    local size = #self.bytes - self.from + 1
    if self.over then break end
    fill(self, size + 1)
    search = self.from + size
  end
  if self.from > #self.bytes then return nil end
  return self:read(#self.bytes), false
end

--- Returns the three values of what went wrong below; nothing if nothing did.
---@return nil
---@return string? message, string? name
function Input:problem()
  if self.failure then return unpack(self.failure, 1, 3) end
  if not self.cut then return nil end
  return err.named("EBADMSG", self.name .. ": the compressed bytes are cut off")
end

--- Closes the file.
function Input:close()
  if self.file ~= io.stdin then self.file:close() end
end

return M
