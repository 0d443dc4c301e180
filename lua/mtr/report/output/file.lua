-- SPDX-License-Identifier: MIT
--
-- An open file of results: whole records are appended to it, whatever happens.
--
-- A regular file is locked; a second process, and a second use in this one, is refused. If the disk
-- becomes full, the file is cut back to its last whole record. On standard output, which other
-- programs may write to as well, the part of a line that was written is overwritten with blanks. A
-- part of a record in a pipe stays.
--
-- The name of a compressed file ends in .gz: each piece becomes a gzip member of its own, so the
-- file is whole after each of them.

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local gzip = require "mtr.report.output.gzip"

local C = lib.C
local M = {}

local holder, done = lib.new "int32_t[1]", lib.new "uint32_t[1]"

---@class mtr.OutputFile
---@field fd integer
---@field name string in messages
---@field regular boolean false: it can not be cut back
---@field length number bytes of whole records, of a regular file
---@field stream? file* standard output, if lines are written to it
---@field gzip? mtr.Gzip
---@field net? ffi.cdata* closes a file that nobody closed; standard output has none
local File = {}
File.__index = File

local function refused(path, code)
  if code ~= -err.code.EAGAIN then return err.env(code, path) end
  local pid = holder[0]
  return err.named("EAGAIN", ("%s: another process writes to it%s"):format(path,
    pid > 0 and (" (process %d)"):format(pid) or ", or another reporter of this one"))
end

local function standard_output(binary)
  io.stdout:flush()
  return setmetatable({ fd = 1, name = "standard output", stream = not binary and io.stdout }, File)
end

local function open(path, opts, lines)
  local flags = (opts.overwrite and C.MTR_OUTPUT_OVERWRITE or 0)
    + (lines and not opts.length and C.MTR_OUTPUT_LINES or 0)
  local fd = C.mtr_output_open(path, flags, holder)
  if fd < 0 then return refused(path, fd) end
  local net = lib.gc(lib.new "char[1]", function() C.mtr_output_close(fd) end)
  return setmetatable({ fd = fd, name = path, net = net }, File)
end

-- Cuts the file back to what the checkpoint says.
local function restore(self, length, sum)
  if not self.regular then return true end
  if self.length < length then
    return err.named("EINVAL", ("%s has %.0f bytes, but the state says %.0f: it was changed, or is "
      .. "another file"):format(self.name, self.length, length))
  end
  if sum and self.net and C.mtr_output_sum(self.fd, self.name, length) ~= sum then
    return err.named("EINVAL", self.name .. " has other bytes than those the state knows: it was "
      .. "changed, or is another file")
  end
  local code = C.mtr_output_cut(self.fd, length)
  if code < 0 then return err.env(code, "cutting back " .. self.name) end
  self.length = length
  return true
end

local function prepare(self, opts)
  local kind = C.mtr_output_kind(self.fd)
  if kind == C.MTR_OUTPUT_TERMINAL and opts.binary then
    return err.named("EINVAL", self.name .. " is a terminal, and the format is binary")
  end
  self.regular = kind == C.MTR_OUTPUT_FILE
  self.length = self.regular and C.mtr_output_length(self.fd) or 0
  if opts.length then return restore(self, opts.length, opts.sum) end
  return true
end

--- Opens a file to append to it. "-" is standard output.
---@param path string
---@param opts { overwrite?: boolean, binary?: boolean, length?: number, sum?: number } length: cut
--- back to this; sum: what sum() was then
---@return mtr.OutputFile?
---@return string? message, string? name
function M.open(path, opts)
  local packed = path:find "%.gz$" and path ~= "-"
  local packer, self, message, name
  if packed then
    packer, message, name = gzip.new()
    if not packer then return nil, path .. ": " .. message, name end
  end
  if path == "-" then
    self = standard_output(opts.binary)
  else
    self, message, name = open(path, opts, not packed and not opts.binary)
    if not self then return nil, message, name end
  end
  self.gzip = packer
  local ok
  ok, message, name = prepare(self, { binary = opts.binary or packed, length = opts.length,
    sum = opts.sum })
  if ok then return self end
  self:close()
  return nil, message, name
end

-- Returns how many of the first `n` bytes are whole records.
local function whole(bytes, n, ends)
  if not ends then return (lib.string(bytes, n):match ".*\n()" or 1) - 1 end
  local last = 0
  for _, at in ipairs(ends) do
    if at <= n then last = at end
  end
  return last
end

local function failed(self, code, bytes, ends)
  if self.regular and not self.stream then
    self.length = self.length + (self.gzip and 0 or whole(bytes, done[0], ends))
    C.mtr_output_cut(self.fd, self.length)
  end
  return err.env(code, "writing " .. self.name)
end

--- Writes whole records.
---@param bytes string|ffi.cdata*
---@param size integer
---@param ends? integer[] where each record ends, ascending; default: at each newline
---@return true?
---@return string? message, string? name
function File:put(bytes, size, ends)
  if self.gzip then bytes, size = self.gzip:pack(bytes, size) end
  local code
  if self.stream then
    code = C.mtr_write_lines(self.stream, bytes, size)
  else
    code = C.mtr_output_write(self.fd, bytes, size, done)
  end
  if code < 0 then return failed(self, code, bytes, ends) end
  self.length = self.length + size
  return true
end

--- Returns a checksum of its last bytes, from which it is known again; false: it has none, because
--- it cannot be read or has no name. Fails if it was moved or removed meanwhile.
---@return number|false|nil
---@return string? message, string? name
function File:sum()
  if not self.net then return false end
  local sum = C.mtr_output_sum(self.fd, self.name, self.length)
  if sum >= 0 then return sum end
  if err.name(sum) ~= "ENOENT" then return false end
  return err.named("ENOENT", self.name .. " was moved, removed or replaced while it was written")
end

--- Waits until the disk has all of it.
---@return true?
---@return string? message, string? name
function File:sync()
  local code = C.mtr_output_sync(self.fd)
  if code < 0 then return err.env(code, "writing " .. self.name) end
  return true
end

--- Closes it. Standard output stays open.
---@return true?
---@return string? message, string? name
function File:close()
  if not self.net then return true end
  lib.gc(self.net, nil)
  self.net = nil
  if C.mtr_output_close(self.fd) < 0 then return err.named("EIO", "closing " .. self.name) end
  return true
end

return M
