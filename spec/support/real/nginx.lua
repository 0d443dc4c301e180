-- SPDX-License-Identifier: MIT
--
-- An nginx with mtr in it, for specs. start() writes the configuration and starts it, as
-- root; its workers are of nobody. It listens on a unix socket, so that no port is needed. Options:
-- locations = { ["/path"] = "Lua code" or { "directives" } }, workers, user, main and http (more
-- directives), cache (in place of "lua_thread_cache_max_entries 0;"), init and init_worker (Lua
-- code). The packages of nginx are unpacked by nginx.sh.
local ffi = require "ffi"
local run = require "spec.support.harness.run"

ffi.cdef [[
  struct nginx_time { long seconds, nanoseconds; };
  int nginx_clock(int clock, struct nginx_time *now) __asm__("clock_gettime");
  int nginx_kill(int pid, int signal) __asm__("kill");
  int nginx_poll(void *fds, unsigned long n, int ms) __asm__("poll");
]]

local MONOTONIC, SIGNALS = 1, { HUP = 1, QUIT = 3, TERM = 15 }

local M = {}
local Nginx = {}
Nginx.__index = Nginx

local TREE = "build/nginx"

local CONFIG = [[
daemon off; pid @/pid; error_log @/log notice; user %s; worker_processes %d;
load_module %s/usr/lib/nginx/modules/ndk_http_module.so;
load_module %s/usr/lib/nginx/modules/ngx_http_lua_module.so;
%s env MTR_LIB; env ASAN_OPTIONS;
events { worker_connections 512; }
http {
  access_log off; %s client_body_temp_path @/body; proxy_temp_path @/proxy;
  fastcgi_temp_path @/fastcgi; uwsgi_temp_path @/uwsgi; scgi_temp_path @/scgi;
  lua_package_path "%s";
  %s %s %s
  server { listen unix:@/http; %s }
}
]]

-- Why there can be no nginx here; nil: there can.
function M.missing()
  local got = run.run("sh spec/support/real/nginx.sh " .. TREE .. " 2>&1")
  return got.status ~= 0 and "needs the packages of nginx: " .. got.out or nil
end

local here

-- The top directory.
function M.root()
  if not here then
    local pipe = io.popen "pwd"
    here = pipe:read "*l"
    pipe:close()
  end
  return here
end

local function block(name, code) return code and ("%s { %s }"):format(name, code) or "" end

local function locations(list)
  local all = {}
  for path, code in pairs(list) do
    all[#all + 1] = ("location %s { %s }"):format(path, type(code) == "table" and code[1]
      or "content_by_lua_block { " .. code .. " }")
  end
  return table.concat(all, "\n")
end

local function config(options, dir)
  local tree = M.root() .. "/" .. TREE
  local paths = ("#/lua/?.lua;#/lua/?/init.lua;#/build/lua/?.lua;#/?.lua;"):gsub("#", M.root())
    .. tree .. "/usr/share/lua/5.1/?.lua;;"
  local text = CONFIG:format(options.user or "nobody nogroup", options.workers or 1, tree, tree,
    options.main or "", options.cache or "lua_thread_cache_max_entries 0;", paths,
    block("init_by_lua_block", options.init),
    block("init_worker_by_lua_block", options.init_worker), options.http or "",
    locations(options.locations or {}))
  return (text:gsub("@", dir))
end

local function started(self)
  for _ = 1, 1200 do
    if run.run("test -S $DIR/http && test -s $DIR/pid").status == 0 then return true end
    if run.run("kill -0 " .. self.pid).status ~= 0 then return false end
    run.pause(0.05)
  end
end

-- Starts an nginx.
function M.start(options)
  local dir = run.dir()
  os.execute(("chmod 755 %s; rm -f %s/http %s/pid %s/log"):format(dir, dir, dir, dir))
  run.file("nginx.conf", config(options, dir))
  local tree = M.root() .. "/" .. TREE
  local pipe = io.popen(("at=$(gcc -dumpmachine);"
    .. " LD_LIBRARY_PATH=%s/usr/lib/$at:%s/lib/$at %s/usr/sbin/nginx -p %s"
    .. " -c %s/nginx.conf -e %s/log >/dev/null 2>&1 & echo $!"):format(tree, tree, TREE, dir, dir,
    dir))
  local self = setmetatable({ dir = dir, pid = tonumber((pipe:read "*l")) }, Nginx)
  pipe:close()
  assert(started(self), "nginx did not start: " .. self:log())
  return self
end

-- Returns the body of a response, and its status.
function Nginx:get(path, seconds)
  local got = run.run(("curl -s -m %s --unix-socket %s/http -w '\\n%%{http_code}' 'http://x%s'")
    :format(seconds or 30, self.dir, path))
  local body, status = got.out:match "^(.*)\n(%d+)$"
  return body, tonumber(status)
end

-- The processes of its workers.
function Nginx:workers()
  local list = {}
  local out = run.run("pgrep -P " .. self.pid).out
  for pid in out:gmatch "%d+" do list[#list + 1] = tonumber(pid) end
  return list
end

local instant = ffi.new "struct nginx_time"

local function now()
  ffi.C.nginx_clock(MONOTONIC, instant)
  return tonumber(instant.seconds) + tonumber(instant.nanoseconds) / 1e9
end

-- Whether a process runs: it is there, and is no zombie.
local function runs(pid)
  local file = io.open(("/proc/%d/stat"):format(pid))
  local text = file and file:read "*a"
  if file then file:close() end
  return text and text:match "%) (%a)" ~= "Z"
end

-- Sends a signal to it, and waits until the process |pid| has ended. Returns the seconds of that.
function Nginx:signal(signal, pid)
  local from = now()
  ffi.C.nginx_kill(self.pid, SIGNALS[signal])
  while runs(pid) do ffi.C.nginx_poll(nil, 0, 1) end
  return now() - from
end

-- Ends it by a signal: QUIT, or TERM. Returns the seconds that it took.
function Nginx:stop(signal)
  local seconds = self:signal(signal or "QUIT", self.pid)
  self.pid = nil
  return seconds
end

-- What it has logged, from the level warn up, except that it cannot set limits.
function Nginx:log()
  local text = run.run(("grep -v '\\[notice\\]' %s/log"):format(self.dir)).out
  return text
end

return M
