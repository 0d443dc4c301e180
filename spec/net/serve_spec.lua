-- SPDX-License-Identifier: MIT
--
-- mtrlua serve with real packets, and what its socket does: who may connect, what becomes of the
-- socket file, of clients that go away and of the server that ends.
local mtr = require "mtr"
local lab = require "spec.lab.lab"
local loopback = require "spec.support.real.loopback"
local run = require "spec.support.harness.run"
local Server = require "spec.support.harness.server"

local describe = loopback.describe(describe, it, pending)

-- With one probe a second, this trace goes on for a quarter of an hour.
local LONG = { id = "long", request = "trace", dst = "127.0.0.1",
  options = { queries = 16, attempts = 15, gap_limit = 0, timeout = "1h" } }

-- Asks a server again and again until a member of its "about" has a value.
local function until_about(server, name, value)
  for _ = 1, 20000 do
    if server:about()[name] == value then return end
  end
  error(("%s is %s, not %s"):format(name, server:about()[name], value))
end

local function file_kind() return run.run('stat -c "%F %a" "$DIR/socket"').out end

describe("a served trace", function()
  local server
  before_each(function() server = assert(Server.start "--rate 1/s") end)
  after_each(function() return server and server:stop() end)
  teardown(run.clean)

  it("is halted by cancel", function()
    local client = server:connect()
    client:ask(LONG)
    until_about(server, "traces", 1)
    client:ask { id = 2, request = "cancel", of = "long" }
    local list, all = client:last "long"
    assert.equal("done", all[2][1].answer)
    assert.same({ "result", "halted" }, { list[1].answer, list[1].result.stop_reason })
  end)

  it("is halted when its client goes away", function()
    local client, campaign = server:connect(), server:connect()
    client:ask(LONG)
    campaign:ask { id = 1, request = "campaign", targets = { "127.0.0.0/29" }, window = 3,
      options = LONG.options }
    until_about(server, "traces", 4)
    client:close()
    until_about(server, "traces", 3)
    campaign:close()
    until_about(server, "traces", 0)
    until_about(server, "clients", 1)
  end)

  it("goes on when its client only ends its requests", function()
    local client = server:connect()
    client:ask { id = 1, request = "trace", dst = "127.0.0.1" }
    client.socket:shutdown "send"
    assert.equal("completed", client:answer().result.stop_reason)
    assert.same({ nil, "closed" }, { client:answer() })
  end)

  it("gives its result when the server is ended by a signal", function()
    local client, idle = server:connect(), server:connect()
    client:ask(LONG)
    until_about(server, "traces", 1)
    local status, log = server:stop()
    server = nil
    assert.same({ 143, "mtrlua: interrupted\n" }, { status, log })
    assert.equal("halted", client:answer().result.stop_reason)
    assert.same({ nil, "closed" }, { client:answer() })
    assert.same({ nil, "closed" }, { idle:answer() })
    assert.equal("", file_kind())
  end)

  it("does not keep a server that is ended when nobody reads its answers", function()
    local client = server:connect()
    for i = 1, 90 do
      client:ask { id = i, request = "trace", dst = "127.0.0.1", options = LONG.options }
    end
    until_about(server, "traces", 90)
    assert.equal(143, (server:stop()))
    server = nil
  end)
end)

describe("the rate of a client", function()
  teardown(run.clean)

  it("limits its requests, and not those of others", function()
    local server = assert(Server.start(nil, "--client-rate 20"))
    local fast, other = server:connect(), server:connect()
    local before = mtr.now()
    for i = 1, 40 do fast:ask { id = i, request = "about" } end
    for i = 1, 10 do
      other:ask { id = i, request = "about" }
      assert.equal(i, other:answer().id)
    end
    for i = 1, 40 do assert.equal(i, fast:answer().id) end
    -- The first 20 go at once, and the others each 50 ms after the one before.
    assert(mtr.now() - before > 990)
    assert.equal(143, (server:stop()))
  end)
end)

describe("the socket of a server", function()
  teardown(run.clean)

  it("is replaced after its server was killed, and removed at the end", function()
    assert.equal(137, (assert(Server.start()):stop "KILL"))
    assert.equal("socket 600\n", file_kind())
    local server = assert(Server.start(nil, "--mode 640"))
    assert.equal("socket 640\n", file_kind())
    assert.equal("raw", server:about().transport)
    assert.equal(143, (server:stop()))
    assert.equal("", file_kind())
  end)

  it("is not taken from a server that lives", function()
    local server = assert(Server.start())
    local _, status, message = Server.start()
    assert.equal(1, status)
    assert(message:find "^serve: EADDRINUSE: .*/socket: a server lives there\n", message)
    assert.equal(100, server:about().max_requests)
    server:stop()
  end)

  it("goes to one of many that start at once", function()
    assert.equal(137, (assert(Server.start()):stop "KILL"))
    local pipes, pids, refused = {}, {}, 0
    for i = 1, 6 do
      pipes[i] = io.popen('exec 2>&1; echo $$; exec "$MTR_PROGRAM" scripts/serve.lua --socket '
        .. run.dir() .. "/socket")
    end
    local winner
    for i, pipe in ipairs(pipes) do
      pids[i] = pipe:read "*l"
      local said = pipe:read "*l"
      if said:find "listening" then winner = i end
      if said:find "a server lives there" then refused = refused + 1 end
    end
    assert.equal(5, refused)
    local server = setmetatable({ path = run.dir() .. "/socket" }, { __index = Server.class })
    assert.equal(1, server:about().protocol)
    os.execute("kill " .. pids[winner])
    for _, pipe in ipairs(pipes) do pipe:close() end
    assert.equal("", file_kind())
  end)

  it("leaves other files alone, and says what it cannot do", function()
    local path = run.file("socket", "precious")
    local _, status, message = Server.start()
    assert.equal(1, status)
    assert(message:find "^serve: EEXIST: .*: there is a file that is no socket\n", message)
    assert.equal("precious", run.read(path))
    os.remove(path)
    _, status, message = Server.start(nil, nil, run.dir() .. "/none/socket")
    assert.equal(1, status)
    assert(message:find "^serve: ENOENT: ", message)
  end)
end)

describe("another user", function()
  teardown(run.clean)

  -- What a server answers to a client of user 65534, group 65533, also in group 4242.
  local function ask(options)
    if run.run("setpriv --reuid 65534 --regid 65533 --groups 4242 true").status ~= 0 then
      pending "needs root and setpriv"
    end
    run.run 'chmod 755 "$DIR"'
    local server = assert(Server.start(nil, options))
    local got = run.run("setpriv --reuid 65534 --regid 65533 --groups 4242 "
      .. '/usr/bin/python3 - "$DIR/socket" <<-\\EOF\n' .. [[
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
try:
    s.sendall(b'{"id":1,"request":"about"}\n')
except BrokenPipeError:
    pass  # it was closed already; the reason is still there to read
print(s.makefile().readline(), end="")
]] .. "EOF")
    local _, log = server:stop()
    return got.out .. got.err, log
  end

  it("cannot even connect by default", function()
    assert(ask():find "PermissionError")
  end)

  it("is refused if neither it nor its groups are allowed", function()
    local answer, log = ask "--allow-uid 65500 --allow-gid 4241"
    assert.equal('{"answer":"error","last":true,"name":"EACCES",'
      .. '"error":"EACCES: user 65534 may not use this server"}\n', answer)
    assert(log:find "^serve: client pid %d+ uid 65534: refused: user 65534 may not use")
  end)

  for words, what in pairs {
    ["--allow-uid root --allow-uid nobody"] = "its user is allowed",
    ["--allow-gid 65533"] = "its group is allowed",
    ["--allow-gid 4242"] = "another of its groups is allowed",
  } do
    it("is served if " .. what, function()
      assert(ask(words):find '^{"id":1,"answer":"about"')
    end)
  end
end)

describe("the example clients", function()
  teardown(run.clean)

  local CLIENTS = {
    "/usr/bin/python3 scripts/examples/serve_client.py", "lua5.1 scripts/examples/serve_client.lua",
    "luajit scripts/examples/serve_client.lua",
  }

  for _, client in ipairs(CLIENTS) do
    it("trace on loopback: " .. client, function()
      local server = assert(Server.start())
      local got = run.run(client .. ' "$DIR/socket" 127.0.0.1')
      local failed = run.run(client .. ' "$DIR/socket" no.such.name.invalid 127.0.0.1')
      server:stop()
      assert.same({ 0, "" }, { got.status, got.err })
      assert(got.out:find "^127.0.0.1\t1\t127.0.0.1\t[%d.]+\n127.0.0.1\tcompleted\t1\n$", got.out)
      assert.equal(1, failed.status)
      assert(failed.out:find "no.such.name.invalid\tE%u+: ", failed.out)
    end)

    it("trace through a chain of routers: " .. client, function()
      local available, reason = lab.available()
      if not available then pending(reason) end
      local l = assert(lab.up("chain", { 4 }))
      local server = assert(Server.start(nil, nil, nil, function(c) return l:command(c) end))
      local got = run.run(("%s \"$DIR/socket\" %s %s"):format(client, l.dst4, l.dst6))
      server:stop()
      l:down()
      assert.same({ 0, "" }, { got.status, got.err })
      for _, dst in ipairs { l.dst4, l.dst6 } do
        for ttl = 1, 5 do
          local line = ("%s\t%d\t"):format(dst, ttl)
          if ttl == 5 then line = dst .. "\tcompleted\t4" end
          assert(got.out:find(line, 1, true), line .. "\n" .. got.out)
        end
      end
    end)
  end
end)
