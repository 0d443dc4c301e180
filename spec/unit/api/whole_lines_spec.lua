-- SPDX-License-Identifier: MIT
--
-- Lines in memory and in files: what is there is whole lines, in order, whatever happens.
local core = require "spec.support.harness.core"
local fds = require "spec.support.harness.fds"
local run = require "spec.support.harness.run"

local C, ffi = core.load { "core/mtr.h" }

ffi.cdef [[
int lines_fileno(void *) __asm__("fileno");
int lines_fcntl(int, int, ...) __asm__("fcntl");
]]

local ENOSPC, EMSGSIZE, ESTALE, EPIPE, EINVAL = -28, -90, -116, -32, -22
local SETFL, NONBLOCK, WRONLY = 4, 2048, 1

local read = run.read

describe("mtr_write_lines", function()
  local open

  before_each(function() open = fds() end)
  teardown(run.clean)

  it("writes behind what the file has in its buffer", function()
    local path = run.dir() .. "/order"
    local file = assert(io.open(path, "w"))
    file:write "head\n"
    assert.equal(0, C.mtr_write_lines(file, "one\ntwo\n", 8))
    file:write "more\n"
    assert.equal(0, C.mtr_write_lines(file, "", 0))
    assert.equal("head\none\ntwo\nmore\n", read(path))
    file:close()
    assert.equal(open, fds())
  end)

  it("waits for a slow reader, though the descriptor does not block", function()
    local path, text = run.dir() .. "/slow", ("0123456789abcde\n"):rep(65536)
    local pipe = assert(io.popen("cat >" .. path, "w"))
    assert.equal(0, ffi.C.lines_fcntl(ffi.C.lines_fileno(pipe), SETFL,
      ffi.cast("int", NONBLOCK + WRONLY)))
    assert.equal(0, C.mtr_write_lines(pipe, text, #text))
    pipe:close()
    assert.is_true(text == read(path))
  end)

  it("says what is wrong", function()
    local full = assert(io.open("/dev/full", "w"))
    assert.equal(ENOSPC, C.mtr_write_lines(full, "one\n", 4))
    full:setvbuf "full"
    full:write "x"
    assert.equal(ENOSPC, C.mtr_write_lines(full, "", 0))
    full:close()
    local got = run.run [[trap '' PIPE; exec luajit -e '
      package.path = "build/lua/?.lua;lua/?.lua;" .. package.path
      local C = require("mtr.lib").C
      io.stderr:write(C.mtr_write_lines(io.stdout, ("x\n"):rep(100000), 200000))' | true]]
    assert.equal(tostring(EPIPE), got.err)
  end)
end)

describe("mtr_json_line", function()
  local sim, mtr, handles, lines
  local buffer, used = ffi.new "char[16384]", ffi.new "uint32_t[1]"

  -- Some traces over a simulated internet, ended and not released.
  before_each(function()
    local net, config = ffi.new "struct mtr_sim_internet", ffi.new "struct mtr_config"
    local out, why = ffi.new "struct mtr *[1]", ffi.new "char[256]"
    C.mtr_sim_internet_defaults(net)
    net.prefixes, sim = 1000, C.mtr_sim_new(5)
    assert.equal(0, C.mtr_sim_internet(sim, net))
    C.mtr_defaults(config)
    assert.equal(0, C.mtr_open_sim(config, sim, out, why, 256))
    mtr = out[0]
    local n, addrs, traces = 6, ffi.new "uint8_t[6][16]", ffi.new "struct mtr_trace[6]"
    C.mtr_sim_targets(sim, 4, 0, addrs[0], n)
    for i = 0, n - 1 do
      C.mtr_trace_defaults(traces[i])
      traces[i].want = C.MTR_WANT_RESULT
      ffi.copy(traces[i].dst, addrs[i], 16)
    end
    assert.equal(n, C.mtr_start(mtr, traces, n))
    handles, lines = {}, {}
    while #handles < n do
      for i = 0, C.mtr_step(mtr) - 1 do
        local e = C.mtr_events(mtr)[i]
        if e.kind == C.MTR_EV_DONE then handles[#handles + 1] = e.trace end
      end
    end
    for i, handle in ipairs(handles) do
      local size = C.mtr_json(mtr, handle, buffer, 16384)
      lines[i] = ffi.string(buffer, size) .. "\n"
    end
    used[0] = 0
  end)

  after_each(function()
    C.mtr_close(mtr, nil)
    C.mtr_sim_free(sim)
  end)

  local function line(i, size)
    return C.mtr_json_line(mtr, handles[i], buffer, size, used)
  end

  it("collects lines, and says when there is no room for one more", function()
    for i = 1, 3 do assert.equal(0, line(i, 16384)) end
    local three = lines[1] .. lines[2] .. lines[3]
    assert.equal(EMSGSIZE, line(4, used[0] + #lines[4] - 1))
    assert.equal(three, ffi.string(buffer, used[0]))
    assert.equal(0, line(4, used[0] + #lines[4]))
    assert.equal(three .. lines[4], ffi.string(buffer, used[0]))
  end)

  it("fills the memory to the last byte and no further", function()
    for i = 1, 2 do
      for spare = 0, 1 do
        ffi.fill(buffer, 16384, 0x55)
        used[0] = 0
        assert.equal(0, line(i, #lines[i] + spare))
        assert.equal(EMSGSIZE, line(i, #lines[i] + spare))
        assert.equal(lines[i] .. "UUU", ffi.string(buffer, #lines[i] + 3))
      end
    end
  end)

  it("keeps what is there when the trace does not exist, or the memory is full", function()
    assert.equal(0, line(1, 16384))
    assert.equal(ESTALE, C.mtr_json_line(mtr, 12345, buffer, 16384, used))
    assert.equal(EINVAL, line(2, used[0] - 1))
    assert.equal(lines[1], ffi.string(buffer, used[0]))
  end)

  it("writes results in any order, again, and while others are released", function()
    for _, order in ipairs { { 6, 5, 4, 3, 2, 1 }, { 1, 1, 3, 2, 6, 6 } } do
      for _, i in ipairs(order) do
        used[0] = 0
        assert.equal(0, line(i, 16384))
        assert.equal(lines[i], ffi.string(buffer, used[0]))
      end
    end
    for i = 1, 6 do
      used[0] = 0
      assert.equal(0, line(i, 16384))
      assert.equal(lines[i], ffi.string(buffer, used[0]))
      assert.equal(0, C.mtr_release(mtr, handles[i]))
    end
  end)
end)
