-- SPDX-License-Identifier: MIT
local core = require "spec.support.harness.core"
local paired = require "spec.support.real.paired"

local C, ffi = core.load{ "core/mtr.h" }

ffi.cdef [[
int fork(void);
int waitpid(int pid, int *status, int options);
void _exit(int status);
uint32_t geteuid(void);
]]

local EINVAL, ENODEV, EADDRNOTAVAIL, ESTALE, ECHILD, EPERM = -22, -19, -99, -116, -10, -1

describe("engine", function()
  local e

  local function refused(o)
    local engine, err, why = paired.open(o)
    assert.is_nil(engine)
    return err, why
  end

  after_each(function()
    local last = e
    e = nil
    if last then last:close() end
  end)

  it("opens with sockets that it is given, and leaves nothing when closed", function()
    e = assert(paired.open())
    assert.equal("raw", ffi.string(C.mtr_transport(e.mtr)))
    assert.equal("", ffi.string(C.mtr_why(e.mtr)))
    assert.is_true(C.mtr_fd(e.mtr) >= 0)
  end)

  for _, case in ipairs{
    { { max_traces = 0 }, EINVAL, "max_traces must be 1..1000000, got 0" },
    { { max_events = 10 }, EINVAL, "max_events must be" },
    { { rate = 0 / 0 }, EINVAL, "rate must be" },
    { { interface = "nowhere0" }, ENODEV, "there is no interface \"nowhere0\"" },
    { { source4 = { 203, 0, 113, 7 } }, EADDRNOTAVAIL,
      "source4 203.0.113.7 is not an address of this host" },
    { { source6 = { 0x20, 1, 0xd, 0xb8, 1 } }, nil, "source6 2001:db8:100:: is not an address" },
  } do
    local o, want, text = unpack(case)
    it("says why it does not open: " .. text, function()
      local err, why = refused(o)
      if want then assert.equal(want, err) end
      assert.is_true(err < 0)
      assert.equal(text, why:sub(1, #text))
    end)
  end

  it("says that raw sockets need a privilege, and what to do", function()
    if ffi.C.geteuid() == 0 then
      pending("needs to run without CAP_NET_RAW")
      return
    end
    local config, engine = ffi.new("struct mtr_config"), ffi.new("struct mtr *[1]")
    local why = ffi.new("char[256]")
    C.mtr_defaults(config)
    config.transport = C.MTR_RAW
    assert.equal(EPERM, C.mtr_open(config, engine, why, 256))
    assert.is_true(engine[0] == nil)
    assert.is_not_nil(ffi.string(why):find("CAP_NET_RAW", 1, true))
  end)

  it("hands its sockets back, filtered and drained", function()
    e = assert(paired.open())
    e:inject("UDP4", "not read yet")
    local keep = ffi.new("int32_t[?]", C.MTR_SOCKETS)
    C.mtr_close(e.mtr, keep)
    for i = 0, 7 do
      assert.is_true(keep[i] >= 0)
      e:inject("UDP4", ("\0"):rep(100))
      assert.equal(-1, tonumber(ffi.C.recv(keep[i], ffi.new("char[1]"), 1, 0x40)))
      ffi.C.close(keep[i])
    end
    e:leave()
    e = nil
    C.mtr_close(nil, nil)
  end)

  it("has nothing planned when new, and something once a timer is set", function()
    e = assert(paired.open())
    assert.equal(-1, C.mtr_timeout(e.mtr))
    local timer = ffi.new("uint32_t[1]")
    assert.equal(0, C.mtr_timer(e.mtr, 60000, 5, timer))
    local ms = C.mtr_timeout(e.mtr)
    assert.is_true(ms > 0 and ms <= 60001, ms)
    assert.equal(0, C.mtr_timer_cancel(e.mtr, timer[0]))
    assert.equal(ESTALE, C.mtr_timer_cancel(e.mtr, timer[0]))
    assert.equal(0, #e:step())
  end)

  for _, ms in ipairs{ -1, 0 / 0, 1e12, 1 / 0 } do
    it(("refuses a timer of %g ms"):format(ms), function()
      e = assert(paired.open())
      assert.equal(EINVAL, C.mtr_timer(e.mtr, ms, 0, ffi.new("uint32_t[1]")))
    end)
  end

  it("is readable exactly when a step has work", function()
    e = assert(paired.open())
    local engines = ffi.new("struct mtr *[1]", e.mtr)
    e:step()
    assert.equal(0, C.mtr_wait(engines, 1, -1, 0))
    C.mtr_timer(e.mtr, 0, 77, ffi.new("uint32_t[1]"))
    assert.equal(1, C.mtr_wait(engines, 1, -1, 100))
    -- Where the wheel turns over it is readable a tick of 0.13 ms early, and then again.
    local fired = e:until_event(function(ev) return ev.kind == "TIMER" end, 100)
    assert.equal(77, fired.cookie)
    assert.equal(0, #e:step())
    assert.equal(0, C.mtr_wait(engines, 1, -1, 0))
  end)

  it("wakes for the descriptor that is to wake it", function()
    e = assert(paired.open())
    local engines, pair = ffi.new("struct mtr *[1]", e.mtr), ffi.new("int[2]")
    ffi.C.socketpair(1, 2, 0, pair)
    e:step()
    ffi.C.send(pair[0], "x", 1, 0)
    assert.equal(-4, C.mtr_wait(engines, 1, pair[1], 100))
    ffi.C.close(pair[0])
    ffi.C.close(pair[1])
  end)

  it("waits for several engines, and refuses more than it has room for", function()
    e = assert(paired.open())
    local other = assert(paired.open{ seed = 2 })
    local engines = ffi.new("struct mtr *[65]", e.mtr, other.mtr)
    e:step()
    other:step()
    assert.equal(0, C.mtr_wait(engines, 2, -1, 0))
    C.mtr_timer(other.mtr, 0, 1, ffi.new("uint32_t[1]"))
    assert.equal(1, C.mtr_wait(engines, 2, -1, 100))
    assert.equal(EINVAL, C.mtr_wait(engines, 65, -1, 0))
    other:close()
  end)

  it("refuses to be stepped in a forked child", function()
    e = assert(paired.open())
    local pid = ffi.C.fork()
    if pid == 0 then
      local told = C.mtr_step(e.mtr) == ECHILD and C.mtr_flush(e.mtr) == ECHILD
        and ffi.string(C.mtr_why(e.mtr)):find "after a fork open another"
      ffi.C._exit(told and 0 or 1)
    end
    local status = ffi.new("int[1]")
    assert.equal(pid, ffi.C.waitpid(pid, status, 0))
    assert.equal(0, status[0])
    assert.equal(0, C.mtr_step(e.mtr))
  end)

  it("changes its rate, within its range", function()
    e = assert(paired.open())
    assert.equal(0, C.mtr_set_rate(e.mtr, 0))
    assert.equal(0, C.mtr_set_rate(e.mtr, 1e9))
    for _, rate in ipairs{ -1, 2e9, 0 / 0 } do assert.equal(EINVAL, C.mtr_set_rate(e.mtr, rate)) end
  end)

  it("counts the memory that it has", function()
    e = assert(paired.open{ max_events = 1024 })
    assert.is_true(e:stats().memory >= 1024 * 64)
    assert.equal(0, e:stats().traces)
    e:step()
    e:step()
    assert.equal(2, e:stats().steps)
  end)
end)
