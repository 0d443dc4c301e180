-- SPDX-License-Identifier: MIT
--
-- A program that specs run, never in their own process. It opens an engine, starts a
-- trace, and forks. The child does the act that is named; then the parent waits for the engine's
-- descriptor alone, and prints how its trace ended, how its child ended, and how a second trace
-- ended. Usage: luajit forked.lua KIND ACT [FILE]. Kinds: raw, packet, mtr-packet, user, sim,
-- record, replay (both with FILE). Without an answer in five seconds it prints "stuck".

local ffi = require "ffi"
local mtr = require "mtr"
local lib = require "mtr.lib"

ffi.cdef [[
  int forked_fork(void) __asm__("fork");
  int forked_reap(int pid, int *status, int options) __asm__("waitpid");
  void forked_exit(int status) __asm__("_exit");
  int forked_pipe(int *fds) __asm__("pipe");
  int forked_fcntl(int fd, int command, ...) __asm__("fcntl");
  struct forked_poll { int fd; short events, revents; };
  int forked_poll(struct forked_poll *fds, unsigned long n, int timeout) __asm__("poll");
]]

local bit = require "bit"

local C, ECHILD, NEVER_MS, F_GETFL, NONBLOCK = lib.C, -10, 5000, 3, 2048
local kind, act, file = arg[1], arg[2], arg[3]

local NET = { nodes = { me = "192.0.2.1", router = "192.0.2.2", localhost = "192.0.2.3" },
  links = { { "me", "router", "localhost", delay = "5ms" } } }

local OPTIONS = {
  raw = { transport = "raw" },
  packet = { transport = "packet" },
  ["mtr-packet"] = { transport = "mtr-packet" },
  user = { transport = "user" },
  sim = { sim = NET },
  record = { transport = "raw", record = file },
  replay = { replay = file },
}
-- Hosts need not open ping sockets to ordinary users.
local TRACE = { max_ttl = 4, protocol = kind == "user" and "udp" or "icmp" }
local target = kind == "sim" and "192.0.2.3" or "127.0.0.1"

-- The child cannot write into the parent's recording.
local OF_CHILD = kind == "record" and OPTIONS.raw or OPTIONS[kind]

local function open(options) return assert(mtr.engine(options)) end

-- Drives an engine until its trace has ended, by its descriptor alone.
local function finish(engine, ended)
  local p = ffi.new("struct forked_poll[1]", { { fd = engine:fd(), events = 1 } })
  while not ended.how do
    if ffi.C.forked_poll(p, 1, NEVER_MS) == 0 then return "stuck" end
    assert(engine:step())
  end
  return ended.how
end

local function start(engine)
  local ended = { calls = 0 }
  assert(engine:trace(target, TRACE, function(problem, result)
    ended.how = problem or result.stop_reason
    ended.calls = ended.calls + 1
  end))
  return ended
end

local function trace(engine) return finish(engine, start(engine)) end

-- Every call of the library that would do something, with arguments that the parent could give.
local function calls(m)
  local number, text = ffi.new "uint32_t[4]", ffi.new "char[8192]"
  local engines = ffi.new("struct mtr *[1]", m)
  local new_trace, probe = ffi.new "struct mtr_trace[1]", ffi.new "struct mtr_probe_opts[1]"
  C.mtr_trace_defaults(new_trace)
  local events = ffi.new "struct mtr_event[8]"
  C.mtr_hold(m)
  return {
    flush = C.mtr_flush(m), step = C.mtr_step(m), fd = C.mtr_fd(m), rate = C.mtr_set_rate(m, 5),
    wait = C.mtr_wait(engines, 1, -1, 0), start = C.mtr_start(m, new_trace, 1),
    payload = C.mtr_payload(m, "x", 1), probe = C.mtr_probe(m, probe, 1),
    pass = C.mtr_pass(m, 1, -1), pace = C.mtr_pace(m, 1, 0), pick = C.mtr_pick(m, 0),
    describe = C.mtr_describe(m, 1, ffi.new "struct mtr_info[1]"),
    replies = C.mtr_replies(m, 1, 0, events, 8, nil, 0), json = C.mtr_json(m, 1, text, 8192),
    json_line = C.mtr_json_line(m, 1, text, 8192, number),
    csv = C.mtr_csv(m, 1, "\0", 1, 0, text, 8192, number),
    warts = C.mtr_warts(m, 1, 1, 1, 1, text, 8192), finish = C.mtr_finish(m),
    save = C.mtr_save(m, "/nonexistent/x", "x", 1, nil, 0, 1), stop = C.mtr_stop(m, 1, 1, 0, 1),
    stop_all = C.mtr_stop_all(m, 1, 1), target = C.mtr_target(m, 1, text),
    release = C.mtr_release(m, 1), timer = C.mtr_timer(m, 1, 1, number),
    cancel = C.mtr_timer_cancel(m, 1), resolve = C.mtr_resolve(m, "localhost", 0, 1),
    watch = C.mtr_watch(m, 0, C.MTR_EV_READABLE, 1), unwatch = C.mtr_unwatch(m, 0),
    path = C.mtr_sim_path(m, new_trace, events, 8),
  }
end

local ACTS = {}

function ACTS.close(engine) engine:close() end

-- The Lua state ends, and its finalizers run.
function ACTS.collect() os.exit(0, true) end

function ACTS.error() error "the child fails" end

function ACTS.open() assert(trace(open(OF_CHILD)) == "completed") end

-- The default engine of the parent is not the child's.
function ACTS.default()
  mtr.configure(OF_CHILD)
  assert(mtr.trace(target, TRACE).stop_reason == "completed")
end

function ACTS.calls(engine)
  for name, code in pairs(calls(engine.c)) do
    assert(code == ECHILD, ("mtr_%s returned %d"):format(name, code))
  end
  assert(C.mtr_timeout(engine.c) == -1 and C.mtr_forked(engine.c) == 1)
  local n, message, name = engine:step()
  assert(not n and name == "ECHILD" and message:find "after a fork open another", message)
end

-- A lookup is under way, whose thread the child does not have.
function ACTS.lookup(engine) engine:close() end

-- The parent watches a pipe, and the child must not make it blocking again.
ACTS.watch = ACTS.close

local pipe = ffi.new "int[2]"
assert(ffi.C.forked_pipe(pipe) == 0)

local function is_blocking()
  return bit.band(ffi.C.forked_fcntl(pipe[0], F_GETFL), NONBLOCK) == 0
end

local engine = open(OPTIONS[kind])
assert(C.mtr_forked(engine.c) == 0)
local first = start(engine)
if act == "lookup" then engine:trace("localhost", { max_ttl = 4 }, function() end) end
if act == "watch" then assert(C.mtr_watch(engine.c, pipe[0], C.MTR_EV_READABLE, 99) == 0) end
assert(engine:step())

io.stdout:flush()
local pid = ffi.C.forked_fork()
if pid == 0 then
  ACTS[act](engine)
  assert(first.calls == 0 or kind == "sim" or kind == "replay", "a callback of the parent ran")
  os.exit(0, true)
end

local status = ffi.new "int[1]"
assert(ffi.C.forked_reap(pid, status, 0) == pid)
assert(is_blocking() == (act ~= "watch"), "the pipe is blocking")
print(finish(engine, first), status[0], trace(engine), first.calls)
engine:close()
