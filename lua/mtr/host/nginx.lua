-- SPDX-License-Identifier: MIT
--
-- The host nginx, with its Lua module (OpenResty, or Debian's libnginx-mod-http-lua): calls wait in
-- the light threads of requests and of ngx.timer, and tasks are light threads of their request.
--
--     lua_thread_cache_max_entries 0;
--     init_worker_by_lua_block { require "mtr.host" }
--     content_by_lua_block { ngx.say(require("mtr").trace("192.0.2.7").stop_reason) }
--
-- nginx gives Lua no way to wait for a descriptor. So a thread of the library does that, and writes
-- a byte to a unix socket (mtr_waker); a light thread of ngx.timer reads it and steps the engine.
-- Nothing else happens in another thread. The thread pools of nginx are not used: nginx cannot end
-- while one of their threads waits, and a round trip through them takes longer.
--
-- When the worker must end, what is under way ends first, as do the requests of nginx.
--
-- The thread cache must be off. nginx uses the coroutines in it again without closing the upvalues
-- of functions that were made in them: a hook of an aborted request would read and write variables
-- of another request. "lua_code_cache off" does not work.

local lib = require "mtr.lib"
local err = require "mtr.base.err"

local ngx = rawget(_G, "ngx")
local semaphore = require "ngx.semaphore"

local C = lib.C
local LONG_S, LONG_MS, WORDS = 1e6, 1e9, 256

---@type mtr.Host
local M = { name = "nginx" }

-- The phases in which a call can be suspended.
local YIELDS = { rewrite = true, server_rewrite = true, access = true, content = true,
  timer = true, ssl_cert = true, ssl_session_fetch = true, ssl_client_hello = true }

--- Returns the running coroutine, in a phase in which it can be suspended.
---@return thread?
function M.running()
  if not YIELDS[ngx.get_phase()] then return nil end
  local co, main = coroutine.running()
  return not main and co or nil
end

--- Returns whether nginx runs: while its configuration is read, mtr's own loop does the work.
---@return boolean
function M.active() return ngx.get_phase() ~= "init" end

-- For each coroutine that has waited, what it waits for.
local semaphores = setmetatable({}, { __mode = "k" })

--- Suspends the running coroutine. If its request is aborted, this never returns.
---@async
---@param co thread
function M.park(co)
  local gate = semaphores[co]
  if not gate then
    gate = semaphore.new(0)
    semaphores[co] = gate
  end
  local ok, problem
  repeat ok, problem = gate:wait(LONG_S) until ok or problem ~= "timeout"
  if not ok then error("mtr: " .. problem, 0) end
end

--- Lets a parked coroutine go on, soon.
---@param co thread
function M.wake(co) semaphores[co]:post(1) end

--- Takes errors that nobody can receive.
---@param text string
function M.log(text) ngx.log(ngx.ERR, text) end

---@class mtr.host.nginx.Handle
---@field fd integer
---@field fn fun()
---@field word integer the byte that stands for it
---@field alive boolean
---@field pid integer the process that opened the engine

-- By word; the waker, once the light thread reads from it; the process that has that thread; and
-- whether it must end.
local handles, waker, owner, exiting = {}, nil, nil, false

local function arm(handle)
  if waker then C.mtr_waker_arm(waker, handle.fd, handle.word) end
end

local function any_alive()
  for _, handle in pairs(handles) do
    if handle.alive then return true end
  end
  return false
end

-- Ends the thread, and with it the connection and the light thread that reads.
local function stop()
  local old = waker
  waker, owner = nil, nil
  if old then C.mtr_waker_close(lib.gc(old, nil)) end
end

local function serve(bytes)
  for i = 1, #bytes do
    local handle = handles[bytes:byte(i)]
    if handle then
      handle.fn()
      if handles[handle.word] == handle then arm(handle) end
    end
  end
end

local function read(socket)
  while true do
    local bytes, problem = socket:receiveany(WORDS)
    if bytes then serve(bytes) elseif problem ~= "timeout" then return end
  end
end

-- Opens the waker and connects to it. Returns the socket, or nil and why not.
local function connect()
  local out, path = lib.new "struct mtr_waker *[1]", lib.new "char[108]"
  local code = C.mtr_waker_open(out, path, 108)
  if code < 0 then return nil, select(2, err.env(code, "the thread that wakes nginx")) end
  local opened = lib.gc(out[0], C.mtr_waker_close)
  local socket = ngx.socket.tcp()
  socket:settimeouts(LONG_MS, LONG_MS, LONG_MS)
  local ok, problem = socket:connect("unix:" .. lib.string(path))
  C.mtr_waker_connected(opened)
  if ok then
    waker = opened
    return socket
  end
  C.mtr_waker_close(lib.gc(opened, nil))
  return nil, problem
end

-- What the light thread does.
local function drive()
  if exiting and not any_alive() then
    owner = nil
    return
  end
  local socket, problem = connect()
  if not socket then
    owner = nil
    return err.report("nginx: " .. problem)
  end
  for _, handle in pairs(handles) do arm(handle) end
  read(socket)
  socket:close()
end

local WARNING = "mtr: the directive 'lua_thread_cache_max_entries 0;' is missing: after an aborted "
  .. "request, another one could get its variables"

-- Logs a warning if one of a few timers has the coroutine of an earlier one.
local function check_cache(_, left, seen)
  local co = coroutine.running()
  if seen[co] then
    ngx.log(ngx.WARN, WARNING)
  elseif left > 0 then
    seen[co] = true
    ngx.timer.at(0, check_cache, left - 1, seen)
  end
end

local function on_end(premature)
  if not premature then
    ngx.timer.at(LONG_S, on_end)
    return
  end
  exiting = true
  if not any_alive() then stop() end
end

-- Starts the light thread of this worker, if it does not run. The variables may be the master's.
local function start()
  local pid = ngx.worker.pid()
  if owner == pid or not M.active() then return end
  for word, handle in pairs(handles) do
    if handle.pid ~= pid then handles[word] = nil end
  end
  local ok, problem = ngx.timer.at(0, drive)
  if not ok then return err.report("nginx: ngx.timer.at: " .. problem) end
  owner, waker = pid, nil
  if exiting then return end
  ngx.timer.at(LONG_S, on_end)
  ngx.timer.at(0, check_cache, 3, {})
end

--- Calls fn whenever the descriptor is readable.
---@param fd integer
---@param fn fun()
---@return mtr.host.nginx.Handle
function M.watch(fd, fn)
  local word = 0
  while handles[word] do word = word + 1 end
  if word >= WORDS then error("nginx: at most 256 engines can be open in one worker", 0) end
  local handle = { fd = fd, fn = fn, word = word, alive = false, pid = ngx.worker.pid() }
  handles[word] = handle
  start()
  arm(handle)
  return handle
end

--- Stops watching.
---@param handle mtr.host.nginx.Handle
function M.unwatch(handle)
  handles[handle.word] = nil
  if waker then C.mtr_waker_disarm(waker, handle.fd) end
  if exiting and not any_alive() then stop() end
end

--- Sets whether a worker that must end waits for this descriptor first.
---@param handle mtr.host.nginx.Handle
---@param alive boolean
function M.keep(handle, alive)
  handle.alive = alive
  if alive then start() elseif exiting and not any_alive() then stop() end
end

local deferred, planned = {}, false

local function run_deferred()
  local list = deferred
  deferred, planned = {}, false
  for _, fn in ipairs(list) do
    local ok, problem = xpcall(fn, err.traceback)
    if not ok then err.report(problem) end
  end
end

--- Calls fn soon. All that is deferred meanwhile shares one timer of nginx.
---@param fn fun()
function M.defer(fn)
  deferred[#deferred + 1] = fn
  if planned then return end
  local ok, problem = ngx.timer.at(0, run_deferred)
  planned = ok
  if not ok then err.report("nginx: ngx.timer.at: " .. problem) end
end

--- Runs fn in a light thread of the request; outside of requests in a timer's.
---@param fn fun()
function M.spawn(fn)
  if M.running() then ngx.thread.spawn(fn) else M.defer(function() ngx.thread.spawn(fn) end) end
end

return M
