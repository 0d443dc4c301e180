-- SPDX-License-Identifier: MIT
--
-- nginx with its Lua module: requests wait for traces, and nothing stops the worker. The script of
-- all hosts runs in it too: see hosts_spec.lua.
local loopback = require "spec.support.real.loopback"
local nginx = require "spec.support.real.nginx"
local run = require "spec.support.harness.run"

local describe = loopback.describe(describe, it, pending)
local missing = not loopback.missing() and nginx.missing()

-- A request that uses the sockets that the master has opened.
local SOCKETS = [[mtr = require "mtr" sets = {}
  for i = 1, ngx.worker.count() do sets[i] = assert(mtr.sockets.open()) end]]
local WORKER = [[require "mtr.host" mtr.configure { sockets = sets[ngx.worker.id() + 1] } ]]

local server

local function start(options)
  options.init, options.init_worker = options.init or SOCKETS, options.init_worker or WORKER
  server = nginx.start(options)
end

-- Descriptors of a process.
local function descriptors(pid)
  return tonumber(run.run(("ls /proc/%d/fd | wc -l"):format(pid)).out)
end

-- Waits until the workers are others than these, and all old ones have ended.
local function renewed(old)
  for _ = 1, 1200 do
    local left, new = 0, 0
    for _, pid in ipairs(server:workers()) do
      if old[pid] then left = left + 1 else new = new + 1 end
    end
    if left == 0 and new > 0 then return true end
    run.pause(0.05)
  end
end

local function set(list)
  local all = {}
  for _, pid in ipairs(list) do all[pid] = true end
  return all
end

-- A trace to a port that answers nothing: it waits for a second, or as long as it may.
local SILENT = [[
  local result, message, name = mtr.with_timeout(ngx.var.arg_limit, mtr.trace, "127.0.0.1", {
    protocol = "udp", port = %d, max_ttl = 1, attempts = 1, timeout = "1s" })
  ngx.say(result and result.stop_reason or name)]]

describe("in nginx,", function()
  if missing then
    it("mtr waits", function() pending(missing) end)
    return
  end

  after_each(function()
    local last = server
    server = nil
    if not (last and last.pid) then return end
    last:stop()
    assert.equal("", last:log())
    run.clean()
  end)

  it("two requests in one worker wait at once, and each has its own limit", function()
    local port, close = loopback.silent_port()
    start { locations = { ["/"] = SILENT:format(port) } }
    local one = "curl -s --unix-socket $DIR/http 'http://x/?limit=%s' "
    local got = run.run(one:format "10s" .. ">$DIR/long & " .. one:format "50ms"
      .. ">$DIR/short & wait; cat $DIR/short $DIR/long")
    assert.equal("ETIMEDOUT\nhoplimit\n", got.out)
    close()
  end)

  it("a client that goes away cancels its request, and leaves nothing in its worker", function()
    local port, close = loopback.silent_port()
    start { locations = {
      ["/slow"] = { "lua_check_client_abort on; content_by_lua_block { "
        .. SILENT:format(port):gsub('"1s"', '"2s"') .. "}" },
      ["/"] = [[ngx.say(mtr.trace("127.0.0.1").stop_reason)]],
      ["/work"] = [[ngx.say(mtr.default():stats().traces)]],
    } }
    for _ = 1, 5 do
      local _, status = server:get("/slow?limit=1s", "0.2")
      assert.equal(0, status)
    end
    for _ = 1, 5 do assert.equal("completed\n", (server:get "/")) end
    os.execute "sleep 1.2"
    for _ = 1, 5 do assert.equal("completed\n", (server:get "/")) end
    close()
  end)

  it("tasks are light threads of their request, and errors go to the log", function()
    start { locations = { ["/"] = [[
      local task = mtr.go(function()
        mtr.sleep(10)
        ngx.say "from a task"
        return "ended"
      end)
      ngx.say(task:wait())
      mtr.trace("127.0.0.1", { on_reply = function() error "in a hook" end })
      ngx.say "after the hook"]] } }
    assert.equal("from a task\nended\nafter the hook\n", (server:get "/"))
    server:stop()
    local log = server:log()
    assert.equal(1, select(2, log:gsub("in a hook", "")), log)
    server = nil
    run.clean()
  end)

  it("a call that cannot wait says so, and the worker goes on", function()
    start { locations = {
      ["/"] = { [[content_by_lua_block { ngx.say "body" }
        header_filter_by_lua_block {
          local ok, message = pcall(mtr.sleep, 10)
          ngx.header.said = message
        }]] },
      ["/callback"] = [[
        local called = 0
        mtr.trace("127.0.0.1", nil, function() called = called + 1 end)
        mtr.trace("224.0.0.1", nil, function(problem) called = called + (problem and 10 or 0) end)
        for _ = 1, 300 do
          if called >= 11 then break end
          ngx.sleep(0.1)
        end
        ngx.sleep(0.1)
        ngx.say(called)]],
    } }
    local got = run.run "curl -si --unix-socket $DIR/http http://x/"
    assert.matches("said: sleep: .*nginx", got.out)
    assert.equal("11\n", (server:get "/callback"))
  end)

  it("a reload closes the old sockets, and lets a trace end first", function()
    local port, close = loopback.silent_port()
    start { workers = 2, locations = { ["/"] = SILENT:format(port) } }
    assert.equal("hoplimit\n", (server:get "/?limit=10s"))
    local before
    for i = 1, 3 do
      local old = set(server:workers())
      local got = run.run(("curl -s --unix-socket $DIR/http 'http://x/?limit=10s' & sleep 0.1; "
        .. "kill -HUP %d; wait"):format(server.pid))
      assert.equal("hoplimit\n", got.out)
      assert.is_true(renewed(old))
      -- The master closes what it had to an old worker a moment after that has ended.
      local same = i == 1 and 0 or 20
      while same < 20 do
        run.pause(0.05)
        local now = descriptors(server.pid)
        same, before = now == before and same + 1 or 0, now
      end
    end
    -- The master closes what it had to an old worker after it has seen that one end.
    for _ = 1, 200 do
      if descriptors(server.pid) == before then break end
      run.pause(0.05)
    end
    assert.equal(before, descriptors(server.pid))
    assert.equal("hoplimit\n", (server:get "/?limit=10s"))
    close()
  end)

  it("the module can be loaded again, and nothing of the first one is lost", function()
    start { locations = { ["/"] = [[
      local first = mtr
      local waits = ngx.thread.spawn(function() return first.trace("127.0.0.1").stop_reason end)
      for name in pairs(package.loaded) do
        if name == "mtr" or name:find "^mtr%." then package.loaded[name] = nil end
      end
      local second = require "mtr"
      ngx.say(second ~= first)
      local engine = assert(second.engine { sim = { nodes = { me = "192.0.2.1", web = "192.0.2.2" },
        links = { { "me", "web" } } } })
      ngx.say(engine:trace("192.0.2.2").stop_reason)
      engine:close()
      ngx.say(select(2, ngx.thread.wait(waits)))]] } }
    for _ = 1, 2 do assert.equal("true\ncompleted\ncompleted\n", (server:get "/")) end
  end)

  it("workers have the privilege if a proxy is transparent, or mtr-packet has it", function()
    start { init = [[mtr = require "mtr"]], init_worker = [[require "mtr.host"]], locations = {
      ["/never"] = { "proxy_bind $remote_addr transparent; proxy_pass http://127.0.0.1:1;" },
      ["/"] = [[ngx.say(mtr.default():transport().name, " ", mtr.trace("127.0.0.1").stop_reason)]],
      ["/packet"] = [[
        local engine = assert(mtr.engine { transport = "mtr-packet" })
        ngx.say(engine:transport().name, " ", engine:trace("127.0.0.1").stop_reason)
        engine:close()]],
    } }
    assert.equal("raw completed\n", (server:get "/"))
    assert.equal("mtr-packet completed\n", (server:get "/packet"))
  end)

  it("a thread cache, which hands variables of aborted requests on, is warned of", function()
    start { cache = "lua_thread_cache_max_entries 1024;",
      locations = { ["/"] = [[ngx.say(mtr.trace("127.0.0.1").stop_reason)]] } }
    for _ = 1, 3 do assert.equal("completed\n", (server:get "/")) end
    run.pause(0.1)
    server:stop()
    local log = server:log()
    assert.equal(1, select(2, log:gsub("lua_thread_cache_max_entries 0;", "")), log)
    server = nil
    run.clean()
  end)

  it("a library of another ABI is refused", function()
    run.file("other.c", "unsigned mtr_abi(void) { return 99; }\n")
    assert.equal(0, run.run("gcc -shared -o $DIR/other.so $DIR/other.c").status)
    start { main = "env MTR_LIB=" .. run.dir() .. "/other.so;", init = [[]], init_worker = [[]],
      locations = { ["/"] = [[ngx.say(select(2, pcall(require, "mtr")))]] } }
    assert.matches("libmtr has ABI 99, but the Lua files need ABI", (server:get "/"))
  end)

  it("the example traces what is allowed, as often as is allowed", function()
    local text = run.read "scripts/examples/nginx/mtr.conf"
    -- A port that is free, and none that the kernel may give to somebody meanwhile.
    local port = run.run([[python3 -c 'import os, socket
s, port = socket.socket(), 10000 + os.getpid() % 6000
while s.connect_ex(("127.0.0.1", port)) == 0: port, s = port + 1, socket.socket()
print(port)']]).out:match "%d+"
    local http = text:gsub("127%.0%.0%.1:8080", "127.0.0.1:" .. port)
    server = nginx.start { cache = "", http = http }
    local function get(dst)
      local got = run.run(("curl -s -w '%%{http_code}' 'http://127.0.0.1:%s/trace?dst=%s'"):format(
        port, dst))
      return got.out:match "^(.-)(%d%d%d)$"
    end
    local body, status = get "127.0.0.1"
    assert.equal("200", status)
    assert.equal("completed", require "cjson".decode(body).stop_reason)
    body, status = get "8.8.8.8"
    assert.same({ "this address is not traced here\n", "403" }, { body, status })
    for _, dst in ipairs { "localhost", "" } do
      assert.equal("403", select(2, get(dst)))
    end
    local many = run.run(("curl -s -o $DIR/out -w '%%{http_code} ' "
      .. "'http://127.0.0.1:%s/trace?dst=127.0.0.[1-40]'"):format(port))
    assert.matches("200 .*429 ", many.out)
    server:stop()
    assert.equal("", (server:log():gsub("[^\n]*limiting requests[^\n]*\n", "")))
    run.clean()
  end)
end)
