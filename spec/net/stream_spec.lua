-- SPDX-License-Identifier: MIT
--
-- mtr.stream and mtr.readable: pipes, sockets and files beside the traces.
local ffi = require "ffi"
local mtr = require "mtr"
local fds = require "spec.support.harness.fds"
local loopback = require "spec.support.real.loopback"
local run = require "spec.support.harness.run"

ffi.cdef [[
int stream_spec_pipe(int *fd) __asm__("pipe");
int stream_spec_socketpair(int domain, int type, int protocol, int *fd) __asm__("socketpair");
int stream_spec_open(const char *path, int flags, ...) __asm__("open");
int stream_spec_fcntl(int fd, int command, ...) __asm__("fcntl");
long stream_spec_read(int fd, void *out, size_t n) __asm__("read");
long stream_spec_write(int fd, const char *bytes, size_t n) __asm__("write");
void (*stream_spec_signal(int number, void (*handler)(int)))(int) __asm__("signal");
]]

local C = ffi.C
local F_GETFL, O_NONBLOCK, SIGPIPE = 3, 0x800, 13
local IGNORE = ffi.cast("void (*)(int)", 1)

local describe = loopback.describe(describe, it, pending)

local open = {}

local function keep(fd)
  open[#open + 1] = fd
  return fd
end

local function pair(make)
  local fd = ffi.new "int[2]"
  assert(make(fd) == 0)
  return keep(fd[0]), keep(fd[1])
end

local function pipe() return pair(C.stream_spec_pipe) end
local function sockets()
  return pair(function(fd) return C.stream_spec_socketpair(1, 1, 0, fd) end)
end

local function close(fd)
  for i, one in ipairs(open) do
    if one == fd then table.remove(open, i) end
  end
  C.close(fd)
end

local function put(fd, text) assert.equal(#text, tonumber(C.stream_spec_write(fd, text, #text))) end

local buffer = ffi.new "char[1000000]"

local function get(fd, n)
  local got = tonumber(C.stream_spec_read(fd, buffer, n or 1000000))
  return ffi.string(buffer, got)
end

local function flags(fd) return C.stream_spec_fcntl(fd, F_GETFL, 0) end

local before, engine

local function prepare()
  engine = mtr.default()
  mtr.probe { dst = "127.0.0.1", ttl = 1 }   -- opens what is opened once
  collectgarbage()
  before = fds()
end

local function finish()
  for _, fd in ipairs { unpack(open) } do close(fd) end
  assert.equal(0, engine.work)
  assert.equal(before, fds())
end

-- Runs fn as a task to its end.
local function task(fn)
  local t = mtr.go(fn)
  assert(mtr.wait_all(t))
end

describe("readable", function()
  before_each(prepare)
  after_each(finish)

  for name, make in pairs { ["a pipe"] = pipe, ["a socket"] = sockets } do
    it("waits for " .. name .. ", beside a trace, and leaves its flags alone", function()
      local from, to = make()
      local order, was = {}, flags(from)
      task(function()
        local trace = mtr.go(function()
          assert(mtr.probe { dst = "127.0.0.1", ttl = 1 })
          order[#order + 1] = "probe"
          put(to, "x")
        end)
        assert.is_true(mtr.readable(from))
        order[#order + 1] = "readable"
        mtr.wait_all(trace)
      end)
      assert.same({ "probe", "readable" }, order)
      assert.equal("x", get(from))
      assert.equal(was, flags(from))
    end)
  end

  it("treats the end as readable, and a file as always ready", function()
    local from, to = pipe()
    close(to)
    assert.is_true(mtr.readable(from))
    local file = keep(C.stream_spec_open("Makefile", 0))
    assert.is_true(mtr.readable(file))
  end)

  it("calls back, once and later", function()
    local from, to = pipe()
    local calls = {}
    put(to, "x")
    assert.is_true(mtr.readable(from, function(problem) calls[#calls + 1] = problem or "ready" end))
    assert.same({}, calls)
    mtr.run()
    mtr.run()
    assert.same({ "ready" }, calls)
  end)

  it("refuses what is not a descriptor", function()
    local told
    assert.has_error(function() mtr.readable "0" end)
    assert.has_error(function() mtr.readable(-1) end)
    assert.has_error(function() mtr.readable(0, 1) end)
    local ok, message, name = mtr.readable(999, function(problem) told = problem end)
    assert.same({ nil, "EBADF", nil }, { ok, name, told })
    mtr.sleep(1)
    assert.equal(message, told)
  end)

  it("gives up when its time limit ends", function()
    local from = pipe()
    local _, _, name = mtr.with_timeout(20, mtr.readable, from)
    assert.equal("ETIMEDOUT", name)
  end)
end)

describe("stream", function()
  before_each(prepare)
  after_each(finish)

  it("reads what is there, and then the end", function()
    local from, to = pipe()
    local input = mtr.stream(from)
    task(function()
      put(to, "one\n")
      assert.equal("one\n", input:read())
      mtr.go(function()
        mtr.sleep(5)
        put(to, "two")
        mtr.sleep(5)
        close(to)
      end)
      assert.equal("two", input:read())
      assert.same({}, { input:read() })
    end)
  end)

  it("hands input to a hook, until it ends", function()
    local from, to = pipe()
    local got, ended = {}, nil
    mtr.stream(from, {
      on_data = function(_, text) got[#got + 1] = text end,
      on_end = function(_, message) ended = message or "end" end,
    })
    for i = 1, 3 do
      put(to, "x" .. i)
      engine:step()
      engine:step()
    end
    assert.same({ "x1", "x2", "x3" }, got)
    close(to)
    mtr.run()
    assert.equal("end", ended)
  end)

  it("reads no more while it is paused", function()
    local from, to = pipe()
    local got = ""
    local input = mtr.stream(from, { on_data = function(self, text)
      got = got .. text
      self:pause()
    end })
    put(to, "a")
    mtr.run()
    put(to, "b")
    mtr.run()
    assert.equal("a", got)
    input:resume()
    mtr.run()
    assert.equal("ab", got)
    input:close()
  end)

  it("writes in one piece what hooks and tasks wrote in many", function()
    local a, b = sockets()
    local output = mtr.stream(a)
    task(function()
      for i = 1, 100 do assert(output:write(i .. "\n")) end
      assert.is_true(output.queued > 0)
      assert(output:flush())
    end)
    assert.equal(0, output.queued)
    local text = get(b)
    assert.equal(100, select(2, text:gsub("\n", "")))
  end)

  it("waits for a slow reader without blocking the engine", function()
    local from, to = pipe()
    local drained, was = 0, flags(to)
    local output = mtr.stream(to, { on_drain = function() drained = drained + 1 end })
    local line = ("x"):rep(999) .. "\n"
    task(function()
      for _ = 1, 300 do output:write(line) end
      mtr.sleep(5)
      assert.is_true(output.queued > 200000)
      local left = output.queued
      mtr.go(function()
        local n = 0
        while n < 300000 do
          n = n + #get(from, 5000)
          mtr.sleep(0)
        end
      end)
      assert(output:flush(left - 100000))
      assert.is_true(output.queued <= left - 100000 and output.queued > 0)
      assert(output:flush())
    end)
    mtr.run()
    assert.same({ 0, 1 }, { output.queued, drained })
    output:close()
    assert.equal(was % (2 * O_NONBLOCK), flags(to) % (2 * O_NONBLOCK))
  end)

  it("writes lent memory in its place among the rest, as the memory is then", function()
    local from, to = pipe()
    local output, sizes = mtr.stream(to), { 3, 70000, 1, 200000, 4096, 65536, 10 }
    local expected, lent = {}, {}
    task(function()
      for i, size in ipairs(sizes) do
        local letter = string.char(64 + i)
        lent[i] = ffi.new("char[?]", size)
        assert(output:write(i .. "<"))
        assert(output:lend(lent[i], size))
        if i % 3 > 0 then assert(output:write(">\n")) end
        assert(output:lend(lent[i], 0))
        ffi.fill(lent[i], size, 64 + i)          -- nothing is written before the task waits
        expected[i] = i .. "<" .. letter:rep(size) .. (i % 3 > 0 and ">\n" or "")
      end
      expected = table.concat(expected)
      assert.equal(#expected, output.queued)
      local got = {}
      while output.queued > 0 do
        mtr.sleep(0)
        got[#got + 1] = get(from, 9000)
      end
      while #table.concat(got) < #expected do got[#got + 1] = get(from) end
      assert.is_true(expected == table.concat(got))
      assert(output:write "after")
      assert(output:flush())
      assert.equal("after", get(from))
    end)
  end)

  it("reports that nobody reads", function()
    local old = C.stream_spec_signal(SIGPIPE, IGNORE)
    local from, to = pipe()
    local failed = {}
    local function on_error(_, _, name) failed[#failed + 1] = name end
    local output = mtr.stream(to, { on_error = on_error })
    close(from)
    task(function()
      output:write "x"
      assert.equal("EPIPE", select(3, output:flush()))
      assert.equal("EPIPE", select(3, output:write "y"))
    end)
    assert.same({ "EPIPE" }, failed)
    C.stream_spec_signal(SIGPIPE, old)
  end)

  it("writes to files", function()
    local path = run.file("stream", "")
    local fd = keep(C.stream_spec_open(path, 1))
    local output = mtr.stream(fd)
    task(function()
      output:write(("y"):rep(200000))
      assert(output:flush())
    end)
    local file = io.open(path)
    assert.equal(200000, #file:read "*a")
    file:close()
    run.clean()
  end)

  it("ends a read when it is closed, or when the time limit ends", function()
    local from = pipe()
    local input = mtr.stream(from)
    task(function()
      mtr.go(function()
        mtr.sleep(5)
        input:close()
      end)
      assert.equal("ECANCELED", select(3, input:read()))
      assert.equal("ETIMEDOUT", select(3, mtr.with_timeout(10, input.read, input)))
    end)
  end)

  it("forgets its output when it is dropped, and ends those who wait", function()
    local a, b = sockets()
    local drained, failed = 0, 0
    local output = mtr.stream(a, {
      on_drain = function() drained = drained + 1 end,
      on_error = function() failed = failed + 1 end,
    })
    task(function()
      for _ = 1, 100 do output:write(("x"):rep(10000)) end
      output:lend(buffer, 1000)
      mtr.go(function()
        mtr.sleep(5)
        assert.is_true(output.queued > 1000)
        output:drop()
      end)
      assert.same({ nil, "ECANCELED: the stream was dropped", "ECANCELED" }, { output:flush() })
    end)
    local sent = get(b)
    output:drop()
    mtr.run()
    assert.same({ 0, 0, 0 }, { output.queued, drained, failed })
    assert.is_true(#sent < 1000000)

    local c, d = sockets()
    task(function()
      local last = mtr.stream(c)
      last:write "never written"
      last:drop()
      assert.is_nil((last:write "neither"))
    end)
    close(c)
    assert.equal("", get(d))
  end)

  it("reports errors raised by its hooks", function()
    local reports = {}
    mtr.on_error(function(text) reports[#reports + 1] = text end)
    local from, to = pipe()
    local n = 0
    mtr.stream(from, { on_data = function()
      n = n + 1
      error "in on_data"
    end })
    put(to, "a")
    engine:step()
    engine:step()
    put(to, "b")
    close(to)
    mtr.run()
    mtr.on_error(nil)
    assert.equal(2, n)
    assert.truthy(reports[1]:find "in on_data")
  end)

  it("checks its arguments, and names the caller's line", function()
    for _, case in ipairs {
      { "0", nil, "fd must be the number" }, { -1, nil, "fd must be the number" },
      { 0.5, nil, "fd must be the number" }, { 0, { on_dat = print }, 'did you mean "on_data"' },
      { 0, { on_data = 1 }, "on_data must be a function" },
    } do
      local ok, problem = pcall(function() mtr.stream(case[1], case[2]) end)
      assert.is_false(ok)
      assert.truthy(problem:find("stream_spec.lua", 1, true) and problem:find(case[3], 1, true))
    end
  end)
end)
