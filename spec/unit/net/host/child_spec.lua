-- SPDX-License-Identifier: MIT
--
-- Helper programs: how they are started, that they inherit nothing, and that they leave nothing
-- behind.
local fake = require "spec.support.real.fake"
local core = require "spec.support.harness.core"

local C, ffi = core.load { "core/net/host/child.h" }

ffi.cdef [[
  int child_fcntl(int fd, int command, ...) __asm__("fcntl");
  int child_open(const char *path, int flags, ...) __asm__("open");
  long child_write(int fd, const void *bytes, size_t size) __asm__("write");
  long child_read(int fd, void *bytes, size_t size) __asm__("read");
  int child_dup(int fd) __asm__("dup");
  int child_dup2(int from, int to) __asm__("dup2");
  int child_close(int fd) __asm__("close");
  int child_kill(int pid, int signal) __asm__("kill");
  int child_fork(void) __asm__("fork");
  void child_exit(int status) __asm__("_exit");
  int child_poll(void *fds, unsigned long n, int timeout) __asm__("poll");
  int child_waitpid(int pid, int *status, int options) __asm__("waitpid");
]]

local ENOENT, ENOEXEC, EACCES = -2, -8, -13
local F_GETFD, O_RDONLY, POLLIN, SIGKILL = 1, 0, 1, 9

local c = ffi.new "struct child[1]"

local function descriptors()
  local n = 0
  for fd = 0, 1023 do
    if ffi.C.child_fcntl(fd, F_GETFD) >= 0 then n = n + 1 end
  end
  return n
end

-- Waits until the descriptor can be read or has ended; false after a minute.
local function readable(fd)
  local p = ffi.new("struct { int fd; short events, revents; }[1]", { { fd, POLLIN, 0 } })
  return ffi.C.child_poll(p, 1, 60000) > 0
end

local function read(path)
  local file = io.open(path)
  local text = file and file:read "*a"
  if file then file:close() end
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

local function of(pid, what) return read(("/proc/%s/%s"):format(tonumber(pid), what)) end

-- Its descriptors, by number.
local function fds(pid)
  local pipe, list = io.popen(("readlink /proc/%d/fd/*"):format(pid)), {}
  for line in pipe:lines() do list[#list + 1] = line:match "^%a+" end
  pipe:close()
  return list
end

-- What it writes to a stream until the end of that.
local function all(fd)
  local out, buffer = {}, ffi.new "char[65536]"
  while readable(fd) do
    local n = tonumber(ffi.C.child_read(fd, buffer, 65536))
    if n <= 0 then break end
    out[#out + 1] = ffi.string(buffer, n)
  end
  return table.concat(out)
end

local before

describe("a child", function()
  before_each(function() before = descriptors() end)
  after_each(function()
    C.child_end(c)
    assert.equal(before, descriptors())
    assert.equal(-1, ffi.C.child_waitpid(-1, nil, 1), "no child is left, not even dead")
  end)
  teardown(fake.clean)

  it("answers on its own pipes", function()
    assert.equal(0, C.child_start(c, "/bin/cat"))
    assert.equal(6, ffi.C.child_write(c[0]["in"], "hello\n", 6))
    local buffer = ffi.new "char[100]"
    assert.is_true(readable(c[0].out))
    assert.equal("hello\n", ffi.string(buffer, ffi.C.child_read(c[0].out, buffer, 100)))
  end)

  it("gets no descriptor of ours, no environment, few files, a group of its own", function()
    local leaky = ffi.C.child_open("/dev/null", O_RDONLY)   -- without close-on-exec
    assert.equal(0, C.child_start(c, "/bin/cat"))
    local pid = c[0].pid
    assert.same({ "pipe", "pipe", "pipe" }, fds(pid))
    assert.equal("", of(pid, "environ"))
    assert.equal("/bin/cat\0", of(pid, "cmdline"))
    assert.truthy(of(pid, "limits"):find "Max open files +1024 ")
    assert.equal(pid, tonumber(of(pid, "stat"):match "%) %S+ %d+ (%d+)"))
    for _, name in ipairs { "SigBlk", "SigIgn" } do
      assert.truthy(of(pid, "status"):find(name .. ":%s*%x*[02468ace]%x%x%x\n"), name)
    end
    ffi.C.child_close(leaky)
  end)

  for path, want in pairs {
    ["/nonexistent/mtr-packet"] = ENOENT, ["/etc/passwd"] = EACCES, ["/tmp"] = EACCES,
  } do
    it(("cannot be %s"):format(path), function()
      assert.equal(want, C.child_start(c, path))
      assert.equal(0, c[0].pid)
    end)
  end

  it("cannot be a file that is no program, or whose interpreter is missing", function()
    local no_program = fake.script ""
    write(no_program, "\127nonsense")
    assert.equal(ENOEXEC, C.child_start(c, no_program))
    write(no_program, "#!/nonexistent/sh\n")
    assert.equal(ENOENT, C.child_start(c, no_program))
  end)

  it("is killed and reaped, even if it ignores signals to end", function()
    assert.equal(0, C.child_start(c, fake.script(
      "trap '' TERM INT HUP; sleep 100 & echo $!; while :; do :; done")))
    local pid, line = c[0].pid, ffi.new "char[20]"
    assert.is_true(readable(c[0].out))
    local started = ffi.string(line, ffi.C.child_read(c[0].out, line, 20)):match "%d+"
    assert.truthy(of(started, "stat"))
    local output = ffi.C.child_dup(c[0].out)
    C.child_end(c)
    assert.is_nil(of(pid, "status"))
    -- What it had started writes there too: once the stream has ended, that is about to end.
    assert.equal("", all(output))
    local looks = 0
    while not (of(started, "stat") or "Z"):find "[ZX]" do
      looks = looks + 1
      assert(looks < 6000, "it goes on")
      ffi.C.child_poll(nil, 0, 10)
    end
    ffi.C.child_close(output)
    C.child_end(c)
    assert.same({ 0, -1, -1, -1 }, { c[0].pid, c[0]["in"], c[0].out, c[0].err })
  end)

  it("may have ended before it is written to", function()
    assert.equal(0, C.child_start(c, "/bin/true"))
    assert.equal("", all(c[0].out))
    assert.equal(6, ffi.C.child_write(c[0]["in"], "hello\n", 6))
  end)

  it("works where the host has closed its standard streams", function()
    local kept = {}
    for fd = 0, 2 do kept[fd] = ffi.C.child_dup(fd) end
    for fd = 0, 2 do ffi.C.child_close(fd) end
    local err = C.child_start(c, "/bin/cat")
    local n = ffi.C.child_write(c[0]["in"], "hello\n", 6)
    local came = readable(c[0].out)
    local list = fds(c[0].pid)
    C.child_end(c)
    for fd = 0, 2 do
      ffi.C.child_dup2(kept[fd], fd)
      ffi.C.child_close(kept[fd])
    end
    assert.same({ 0, 6, true, { "pipe", "pipe", "pipe" } }, { err, tonumber(n), came, list })
  end)

  it("survives the end of a fork of this process", function()
    assert.equal(0, C.child_start(c, "/bin/cat"))
    local pid = ffi.C.child_fork()
    if pid == 0 then
      C.child_end(c)
      ffi.C.child_exit(0)
    end
    ffi.C.child_waitpid(pid, nil, 0)
    assert.equal(0, ffi.C.child_kill(c[0].pid, 0))
    assert.equal(6, ffi.C.child_write(c[0]["in"], "hello\n", 6))
    assert.is_true(readable(c[0].out))
  end)

  it("does not get our ^C, but ends when we end", function()
    local note = fake.script "" .. ".pid"
    local pid = ffi.C.child_fork()
    if pid == 0 then
      local err = C.child_start(c, "/bin/cat")
      write(note, ("%d %d\n"):format(err, c[0].pid))
      ffi.C.child_poll(nil, 0, 120000)
      ffi.C.child_exit(0)
    end
    local function eventually(fn)
      for _ = 1, 6000 do
        local value = fn()
        if value then return value end
        ffi.C.child_poll(nil, 0, 10)
      end
    end
    local started = eventually(function() return (read(note) or ""):match "(.+)\n" end)
    local cat = started:match "^0 (%d+)$"
    assert.truthy(cat, started)
    assert.equal(cat, assert(of(cat, "stat"), cat):match "%) %S+ %d+ (%d+)")   -- its group
    ffi.C.child_kill(pid, SIGKILL)
    ffi.C.child_waitpid(pid, nil, 0)
    assert.truthy(eventually(function()
      return not (of(cat, "stat") or ""):find "%) [^Z]"       -- gone, or a zombie
    end))
  end)

  it("has its error output kept, as one printable line", function()
    for text, want in pairs {
      ["printf 'a: b\\nc\\n'"] = "a: b; c", ["printf '\\n\\nx\\033[0m\\n\\n'; sleep 0.1; echo y"] =
        "x?[0m; y",
    } do
      assert.equal(0, C.child_start(c, fake.script("exec >&2; " .. text)))
      while c[0].err >= 0 and readable(c[0].err) do C.child_listen(c) end
      assert.equal(want, ffi.string(c[0].words))
      C.child_end(c)
    end
  end)

  it("is read in portions when its error output never ends", function()
    assert.equal(0, C.child_start(c, fake.script "yes >&2"))
    for i = 1, 20 do
      assert.is_true(readable(c[0].err))
      local heard = tonumber(c[0].heard)
      C.child_listen(c)
      assert.truthy(tonumber(c[0].heard) - heard <= 65536, i)
    end
    assert.truthy(#ffi.string(c[0].words) < 512)
  end)
end)

describe("a program", function()
  teardown(fake.clean)

  local out = ffi.new "char[4096]"

  local function find(name, dirs)
    local err = C.child_find(name, dirs, out, 4096)
    return err == 0 and ffi.string(out) or err
  end

  it("is the first executable file of its name in absolute directories", function()
    local path = fake.script "true"
    local dir, name = path:match "^(.*)/(.*)$"
    os.execute(("mkdir -p %s/a/%s %s/b && touch %s/b/%s"):format(dir, name, dir, dir, name))
    for dirs, want in pairs {
      [dir] = path, ["/nowhere:" .. dir] = path, [":" .. dir .. ":"] = path,
      [dir .. "/a:" .. dir .. "/b:" .. dir] = path, ["relative:."] = ENOENT, [""] = ENOENT,
      [":::"] = ENOENT, [dir .. "/a"] = ENOENT, [dir .. "/b"] = ENOENT,
    } do
      assert.equal(want, find(name, dirs), dirs)
    end
    assert.equal(ENOENT, C.child_find(name, dir, out, #path))
    assert.equal(0, C.child_find(name, dir, out, #path + 1))
  end)
end)
