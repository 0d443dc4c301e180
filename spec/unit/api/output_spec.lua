-- SPDX-License-Identifier: MIT
--
-- The files that results are written to; spec/unit/lua/report/output/file_spec.lua has their locks
-- between processes, and full disks.
local core = require "spec.support.harness.core"
local fds = require "spec.support.harness.fds"
local run = require "spec.support.harness.run"

local C, ffi = core.load { "core/mtr.h" }

local EAGAIN, ENOENT, EBADF, EINVAL, EPIPE = -11, -2, -9, -22, -32
local holder, done = ffi.new "int32_t[1]", ffi.new "uint32_t[1]"

local read = run.read

describe("an output", function()
  local open

  before_each(function() open = fds() end)
  after_each(function() assert.equal(open, fds()) end)
  teardown(run.clean)

  it("is appended to, whoever else moves the position, and cut back", function()
    local path = run.file("out", "old\n")
    local fd = C.mtr_output_open(path, 0, holder)
    assert.equal(C.MTR_OUTPUT_FILE, C.mtr_output_kind(fd))
    assert.equal(0, C.mtr_output_write(fd, "new\n", 4, done))
    assert.equal(4, done[0])
    assert.equal(8, C.mtr_output_length(fd))
    assert.equal(0, C.mtr_output_cut(fd, 5))
    assert.equal(0, C.mtr_output_write(fd, "!\n", 2, done))
    assert.equal(0, C.mtr_output_sync(fd))
    assert.equal(0, C.mtr_output_close(fd))
    assert.equal("old\nn!\n", read(path))
  end)

  it("is one of many: the others are not refused", function()
    local path, list = run.dir() .. "/many", {}
    for i = 1, 3 do list[i] = C.mtr_output_open(path .. i, 0, holder) end
    for i = 1, 3 do
      assert.is_true(list[i] > 2)
      assert.equal(EAGAIN, C.mtr_output_open(path .. i, C.MTR_OUTPUT_OVERWRITE, holder))
      assert.equal(0, holder[0])
    end
    for i = 1, 3 do C.mtr_output_close(list[i]) end
  end)

  it("is emptied, or has its last line ended, if the flags say so", function()
    for _, case in ipairs { { 0, "torn" }, { C.MTR_OUTPUT_LINES, "torn\n" },
      { C.MTR_OUTPUT_OVERWRITE, "" }, { C.MTR_OUTPUT_OVERWRITE + C.MTR_OUTPUT_LINES, "" } } do
      local path = run.file("flags", "torn")
      C.mtr_output_close(C.mtr_output_open(path, case[1], holder))
      assert.equal(case[2], read(path))
    end
  end)

  it("is known again by its last bytes, as long as its name leads to it", function()
    local function sum(text)                   -- FNV-1a
      local h = 2166136261ULL
      for i = 1, #text do
        h = (ffi.cast("uint64_t", bit.bxor(h, text:byte(i))) * 16777619ULL) % 4294967296ULL
      end
      return tonumber(h)
    end
    local text = ("0123456789"):rep(10)
    local path = run.file("sum", text)
    local fd = C.mtr_output_open(path, 0, holder)
    assert.equal(sum(text:sub(-64)), C.mtr_output_sum(fd, path, 100))
    assert.equal(sum(text:sub(7, 70)), C.mtr_output_sum(fd, path, 70))
    assert.equal(sum(text:sub(1, 5)), C.mtr_output_sum(fd, path, 5))
    assert.equal(sum "", C.mtr_output_sum(fd, path, 0))
    local other = run.run(([[luajit -e 'package.path = "build/lua/?.lua;lua/?.lua;" .. package.path
      local C, ffi = require("mtr.lib").C, require "ffi"
      local holder = ffi.new "int32_t[1]"
      print(C.mtr_output_open("%s", 0, holder), holder[0] > 0)']]):format(path))
    assert.equal("-11\ttrue\n", other.out)
    run.run "mv $DIR/sum $DIR/moved"
    assert.equal(ENOENT, C.mtr_output_sum(fd, path, 100))
    run.file("sum", text)
    assert.equal(ENOENT, C.mtr_output_sum(fd, path, 100))
    assert.equal(EBADF, C.mtr_output_sum(-1, path, 100))
    C.mtr_output_close(fd)
  end)

  it("that is a device is not locked, and cannot be cut back", function()
    local one = C.mtr_output_open("/dev/null", C.MTR_OUTPUT_OVERWRITE, holder)
    local two = C.mtr_output_open("/dev/null", 0, holder)
    assert.is_true(two > one)
    assert.equal(C.MTR_OUTPUT_OTHER, C.mtr_output_kind(two))
    assert.equal(EINVAL, C.mtr_output_cut(two, 0))
    assert.equal(0, C.mtr_output_sync(two))
    C.mtr_output_close(one)
    C.mtr_output_close(two)
  end)

  it("says what is wrong", function()
    assert.equal(ENOENT, C.mtr_output_open(run.dir() .. "/none/out", 0, holder))
    assert.equal(EBADF, C.mtr_output_kind(-1))
    assert.equal(EBADF, C.mtr_output_length(-1))
    assert.equal(EBADF, C.mtr_output_sync(-1))
    assert.equal(EBADF, C.mtr_output_close(-1))
    local full = C.mtr_output_open("/dev/full", 0, holder)
    assert.equal(-28, C.mtr_output_write(full, "x", 1, done))
    assert.equal(0, done[0])
    C.mtr_output_close(full)
    local got = run.run [[trap '' PIPE; exec luajit -e '
      package.path = "build/lua/?.lua;lua/?.lua;" .. package.path
      local C, ffi = require("mtr.lib").C, require "ffi"
      local text = ("x\n"):rep(100000)
      io.stderr:write(C.mtr_output_write(1, text, #text, ffi.new "uint32_t[1]"))' | true]]
    assert.equal(tostring(EPIPE), got.err)
  end)
end)
