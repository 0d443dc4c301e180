-- SPDX-License-Identifier: MIT
--
-- A real redis-server on a unix socket in the directory of a spec, and programs that are started,
-- killed and waited for beside it.
local ffi = require "ffi"
local run = require "spec.support.harness.run"

ffi.cdef [[
int redis_kill(int pid, int signal) __asm__("kill");
int redis_sleep(unsigned microseconds) __asm__("usleep");
]]

local M = {}

local Redis = {}
Redis.__index = Redis

---Sleeps for milliseconds.
function M.sleep(ms) ffi.C.redis_sleep(ms * 1000) end

local PATIENCE, LOOK = 120000, 10      -- ms

---Waits until fn() returns something, and returns that. After two minutes it is an error.
---@param what string
---@param fn function
function M.await(what, fn)
  for _ = 1, PATIENCE / LOOK do
    local found = fn()
    if found then return found end
    M.sleep(LOOK)
  end
  error(("waited %d s for %s"):format(PATIENCE / 1000, what), 2)
end

local Program = {}
Program.__index = Program
local running = {}                     -- programs that nobody has waited for

---Starts a shell command as a program of its own, in the background.
---@param command string
---@param log string path: both its streams go there
function M.start(command, log)
  assert(io.open(log, "a")):close()    -- so that it can be read at once
  local pipe = assert(io.popen(("echo $$; exec %s >>%s 2>&1 </dev/null"):format(command, log)))
  local self = setmetatable({ pid = tonumber(pipe:read "*l"), pipe = pipe, log = log }, Program)
  running[self] = true
  return self
end

---Sends it a signal.
function Program:signal(number) ffi.C.redis_kill(self.pid, number) end

---Waits for its end.
function Program:wait()
  if self.pipe then self.pipe:close() end
  self.pipe, running[self] = nil, nil
end

---Ends it by a signal, at once by default, and waits.
function Program:kill(number)
  if not self.pipe then return end
  self:signal(number or 9)
  self:wait()
end

---Has it ended?
function Program:ended()
  local file = io.open(("/proc/%d/stat"):format(self.pid))
  local state = (file and file:read "*a" or ""):match "%) (%a)"   -- nil: it ended before the read
  if file then file:close() end
  return not state or state == "Z"
end

---What it has printed.
function Program:text() return run.read(self.log) end

---Waits until it has printed a text.
function Program:says(text)
  return M.await(text, function() return self:text():find(text, 1, true) end)
end

---Ends all programs that still run, also those of a case that has failed.
function M.reap()
  for program in pairs(running) do program:kill() end
end

---Starts a server in run.dir(); `options`: more of its options.
function M.up(options)
  local dir = run.dir()
  local self = setmetatable({ path = dir .. "/redis.sock", options = options or "", dir = dir },
    Redis)
  self.url = "unix://" .. self.path
  self:begin()
  return self
end

---Starts the server again, with what it has on disk.
function Redis:begin()
  self.program = M.start(("redis-server --port 0 --unixsocket %s --dir %s --save '' "
    .. "--appendonly yes --appendfsync everysec --daemonize no %s"):format(self.path, self.dir,
    self.options), self.dir .. "/redis.log")
  for _ = 1, 6000 do
    if self:call "PING" == "PONG" then return end
    M.sleep(10)
  end
  error("redis-server does not start: " .. run.read(self.dir .. "/redis.log"))
end

---The answer to a command, as redis-cli prints it.
function Redis:call(command)
  local got = run.run(("redis-cli -s %s %s"):format(self.path, command))
  return (got.out:gsub("\n$", ""))
end

---Lets it listen at a port of 127.0.0.1 as well; returns the port: none that the kernel gives to
---sockets without one, for it might be taken by then. `option`: "tls-port" for TLS.
---@param option? string
function Redis:listen(option)
  self:call "CONFIG SET bind 127.0.0.1"
  for port = 10000 + self.program.pid % 6000, 32000 do
    if self:call(("CONFIG SET %s %d"):format(option or "port", port)) == "OK" then return port end
  end
end

---Ends the server as by a crash.
function Redis:kill() self.program:kill(9) end

function Redis:down() self.program:kill(15) end

return M
