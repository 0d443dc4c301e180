-- SPDX-License-Identifier: MIT
--
-- Tests core/loop/watch.c.

local core = require "spec.support.harness.core"
local paired = require "spec.support.real.paired"

local C, ffi = core.load{ "core/mtr.h" }

ffi.cdef [[ int watch_spec_open(const char *path, int flags, ...) __asm__("open"); ]]

describe("watch", function()
  local e

  after_each(function()
    local last = e
    e = nil
    if last then last:close() end
  end)

  it("reports a watched descriptor once, and a file at once", function()
    e = assert(paired.open())
    local pair = ffi.new("int[2]")
    ffi.C.socketpair(1, 2, 0, pair)
    local READ = C.MTR_EV_READABLE
    assert.equal(0, C.mtr_watch(e.mtr, pair[1], READ, 5))
    assert.equal(-17, C.mtr_watch(e.mtr, pair[1], READ, 6))
    assert.equal(0, #e:step())
    ffi.C.send(pair[0], "x", 1, 0)
    local ready = assert(e:until_event(function(ev) return ev.cookie == 5 end, 1000))
    assert.equal(5, ready.cookie)
    assert.equal(0, #e:step())
    assert.equal(1, C.mtr_unwatch(e.mtr, pair[1]))
    assert.equal(-2, C.mtr_unwatch(e.mtr, pair[1]))
    assert.equal(-9, C.mtr_watch(e.mtr, 1000, READ, 1))
    assert.equal(-22, C.mtr_watch(e.mtr, pair[1], C.MTR_EV_HOP, 1))
    ffi.C.close(pair[0])
    ffi.C.close(pair[1])
  end)

  it("reports as soon as there is room to write, and again when asked again", function()
    e = assert(paired.open())
    local pair, WRITE = ffi.new("int[2]"), C.MTR_EV_WRITABLE
    ffi.C.socketpair(1, 2, 0, pair)
    for cookie = 1, 3 do
      assert.equal(0, C.mtr_watch(e.mtr, pair[0], WRITE, cookie))
      assert.is_not_nil(e:until_event(function(ev) return ev.cookie == cookie end, 1000))
    end
    ffi.C.close(pair[1])
    C.mtr_unwatch(e.mtr, pair[0])
    ffi.C.close(pair[0])
  end)

  it("reports a file as ready at once, and the end of a pipe as readable", function()
    e = assert(paired.open())
    local fd = ffi.C.watch_spec_open("README.md", 0)
    assert.equal(0, C.mtr_watch(e.mtr, fd, C.MTR_EV_READABLE, 9))
    assert.is_not_nil(e:until_event(function(ev) return ev.cookie == 9 end, 1000))
    assert.equal(1, C.mtr_unwatch(e.mtr, fd))
    ffi.C.close(fd)
    local pair = ffi.new("int[2]")
    ffi.C.socketpair(1, 5, 0, pair)
    C.mtr_watch(e.mtr, pair[0], C.MTR_EV_READABLE, 10)
    ffi.C.close(pair[1])
    assert.is_not_nil(e:until_event(function(ev) return ev.cookie == 10 end, 1000))
    C.mtr_unwatch(e.mtr, pair[0])
    ffi.C.close(pair[0])
  end)

  it("is over when the engine is closed", function()
    e = assert(paired.open())
    local pair = ffi.new("int[2]")
    ffi.C.socketpair(1, 2, 0, pair)
    assert.equal(0, C.mtr_watch(e.mtr, pair[0], C.MTR_EV_READABLE, 1))
    C.mtr_close(e.mtr, nil)
    ffi.C.close(pair[0])
    ffi.C.close(pair[1])
    e:leave()
    e = nil
  end)
end)
