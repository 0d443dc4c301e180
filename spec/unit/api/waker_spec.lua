-- SPDX-License-Identifier: MIT
--
-- Tests core/api/waker.c, with pipes in place of engines. Nothing here sleeps: a read waits for the
-- byte that must come, and what must not come is asked for after a byte that came later.

local core = require "spec.support.harness.core"
local fds = require "spec.support.harness.fds"
local run = require "spec.support.harness.run"

local C, ffi = core.load { "core/mtr.h" }

ffi.cdef [[
  struct waker_address { uint16_t family; char path[108]; };
  int waker_socket(int domain, int type, int protocol) __asm__("socket");
  int waker_connect(int fd, const void *at, uint32_t size) __asm__("connect");
  int waker_pipe(int fds[2]) __asm__("pipe");
  long waker_read(int fd, void *buf, unsigned long size) __asm__("read");
  long waker_write(int fd, const void *buf, unsigned long size) __asm__("write");
  int waker_close(int fd) __asm__("close");
  int waker_access(const char *path, int mode) __asm__("access");
]]

local EINVAL, ENOENT, EBADF, ENAMETOOLONG = -22, -2, -9, -36
local waker, path, socket, before

local function is_there(name) return ffi.C.waker_access(name, 0) == 0 end

local function open()
  local out, buf = ffi.new "struct mtr_waker *[1]", ffi.new "char[108]"
  assert.equal(0, C.mtr_waker_open(out, buf, 108))
  waker, path = out[0], ffi.string(buf)
end

local function connect()
  local at = ffi.new("struct waker_address", { family = 1, path = path })
  socket = ffi.C.waker_socket(1, 1, 0)
  assert.equal(0, ffi.C.waker_connect(socket, at, ffi.sizeof(at)))
  C.mtr_waker_connected(waker)
end

local function pipe()
  local ends = ffi.new "int[2]"
  assert.equal(0, ffi.C.waker_pipe(ends))
  return { out = ends[0], into = ends[1] }
end

local byte = ffi.new "uint8_t[2]"

-- Waits for one byte, and returns it.
local function word()
  assert.equal(1, tonumber(ffi.C.waker_read(socket, byte, 1)))
  return byte[0]
end

local function fill(p) ffi.C.waker_write(p.into, "x", 1) end

local function empty(p) ffi.C.waker_read(p.out, byte, 1) end

local function close(p)
  ffi.C.waker_close(p.out)
  ffi.C.waker_close(p.into)
end

describe("a waker", function()
  before_each(function() before = fds() end)

  after_each(function()
    if waker then C.mtr_waker_close(waker) end
    if socket then ffi.C.waker_close(socket) end
    waker, socket = nil, nil
    assert.equal(before, fds())
    assert.is_false(is_there(path))
    assert.is_false(is_there(path:match "^(.*)/"))
  end)

  it("writes the word of a descriptor once per arming", function()
    open()
    connect()
    local one, two = pipe(), pipe()
    assert.equal(0, C.mtr_waker_arm(waker, one.out, 1))
    assert.equal(0, C.mtr_waker_arm(waker, two.out, 255))
    fill(one)
    assert.equal(1, word())
    fill(two)                            -- one is still readable, but not armed
    assert.equal(255, word())
    assert.equal(0, C.mtr_waker_arm(waker, one.out, 7))
    assert.equal(7, word())              -- at once: it is readable
    empty(one)
    assert.equal(0, C.mtr_waker_arm(waker, one.out, 1))
    assert.equal(0, C.mtr_waker_arm(waker, two.out, 2))
    assert.equal(2, word())
    fill(one)
    assert.equal(1, word())
    assert.equal(0, C.mtr_waker_disarm(waker, one.out))
    assert.equal(0, C.mtr_waker_disarm(waker, two.out))
    close(one)
    close(two)
  end)

  it("reports nothing of a descriptor that was disarmed", function()
    open()
    connect()
    local one, two = pipe(), pipe()
    C.mtr_waker_arm(waker, one.out, 1)
    assert.equal(0, C.mtr_waker_disarm(waker, one.out))
    assert.equal(ENOENT, C.mtr_waker_disarm(waker, one.out))
    fill(one)
    fill(two)
    C.mtr_waker_arm(waker, two.out, 2)
    assert.equal(2, word())
    close(one)
    C.mtr_waker_disarm(waker, two.out)
    close(two)
  end)

  it("refuses what it cannot do", function()
    open()
    assert.equal(EINVAL, C.mtr_waker_arm(waker, 0, 256))
    assert.equal(EBADF, C.mtr_waker_arm(waker, 1000, 1))
    local out = ffi.new "struct mtr_waker *[1]"
    assert.equal(ENAMETOOLONG, C.mtr_waker_open(out, ffi.new "char[8]", 8))
    assert.is_true(out[0] == nil)
    C.mtr_waker_close(nil)
  end)

  it("takes no connection of another process", function()
    open()
    local got = run.run("python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); "
      .. ("s.connect(\"%s\"); print(s.recv(1))'"):format(path))
    assert.equal("b''\n", got.out)
    connect()
    local one = pipe()
    fill(one)
    C.mtr_waker_arm(waker, one.out, 9)
    assert.equal(9, word())
    C.mtr_waker_disarm(waker, one.out)
    close(one)
    run.clean()
  end)

  it("ends while descriptors are armed and nobody has connected", function()
    open()
    local one = pipe()
    fill(one)
    C.mtr_waker_arm(waker, one.out, 1)
    C.mtr_waker_close(waker)
    waker = nil
    close(one)
  end)

  it("shares no memory unguarded with its thread", function()
    local got = run.run("unset LD_PRELOAD; gcc -std=c11 -D_GNU_SOURCE -g -fsanitize=thread -Icore "
      .. "-o $DIR/waker spec/support/real/waker.c core/api/waker.c core/loop/thread.c "
      .. "core/net/host/entrance.c && $DIR/waker")
    assert.equal("", got.err)
    assert.equal("2000 bytes\n", got.out)
    run.clean()
    open()
  end)

  it("goes on when the host has closed its end", function()
    open()
    connect()
    ffi.C.waker_close(socket)
    socket = nil
    local one = pipe()
    fill(one)
    C.mtr_waker_arm(waker, one.out, 1)   -- a signal PIPE would end this program
    C.mtr_waker_close(waker)
    waker = nil
    close(one)
  end)
end)
