-- SPDX-License-Identifier: MIT
--
-- mtrlua serve over simulated networks, as its clients see it.
local mtr = require "mtr"
local unix = require "socket.unix"
local fds = require "spec.support.harness.fds"
local Server = require "spec.support.harness.server"
local run = require "spec.support.harness.run"

local SIM = "--seed 1 --sim spec/sim/topologies/duplicates.lua"
local DST = "203.0.113.9"

-- Asks one server for what a function wants, and ends it.
local function with(options, fn)
  local server = assert(Server.start(SIM, options))
  local ok, problem = pcall(fn, server)
  local status, log = server:stop()
  if not ok then error(problem, 0) end
  assert.equal(143, status)
  return log
end

local function trace(id, more)
  local r = { id = id, request = "trace", dst = DST }
  for name, value in pairs(more or {}) do r[name] = value end
  return r
end

describe("a served request #luajit", function()
  teardown(run.clean)

  it("has the result that the reporter jsonl writes", function()
    local chunk = ("print(require [[mtr]].trace([[%s]]):json())"):format(DST)
    local got = run.run(('"$MTR_PROGRAM" %s -e "%s"'):format(SIM, chunk))
    assert.equal(0, got.status)
    with(nil, function(server)
      local client = server:connect()
      client:ask(trace(7))
      local answer, line = client:answer()
      assert.same({ 7, "result", true }, { answer.id, answer.answer, answer.last })
      local head = '{"id":7,"answer":"result","last":true,"result":'
      assert.equal(head .. got.out:gsub("\n", "") .. "}", line)
    end)
  end)

  it("streams hops before the result, if it is asked to", function()
    with(nil, function(server)
      local client = server:connect()
      client:ask(trace("h", { hops = true }))
      local answers = client:last "h"
      local hops = answers[#answers].result.hops
      assert.equal(#hops + 1, #answers)
      for i, hop in ipairs(hops) do
        assert.same({ "hop", DST }, { answers[i].answer, answers[i].dst })
        assert.same({ hop.ttl, hop.addr, hop.rtt },
          { answers[i].hop.ttl, answers[i].hop.addr, answers[i].hop.rtt })
      end
    end)
  end)

  it("is a probe, answered or not", function()
    with(nil, function(server)
      local client = server:connect()
      client:ask({ id = 1, request = "probe", dst = DST, ttl = 1 },
        { id = 2, request = "probe", dst = "192.0.2.200", ttl = 9 })
      local one, two = client:answer(), client:answer()
      if one.id == 2 then one, two = two, one end
      assert.same({ 1, "reply", true, 1 }, { one.id, one.answer, one.last, one.reply.ttl })
      assert.is_string(one.reply.addr)
      assert.equal(2, two.id)
      assert(two.answer == "error" or two.reply.timeout)
    end)
  end)

  it("is a campaign: results, targets that cannot be traced, a summary", function()
    with(nil, function(server)
      local client = server:connect()
      client:ask { id = 1, request = "campaign", cycle = 4, window = 3, hops = true,
        targets = { DST, "no.such.name", DST, "1.2.3.4/99" } }
      local count, last = {}, nil
      for _, answer in ipairs((client:last(1))) do
        count[answer.answer], last = (count[answer.answer] or 0) + 1, answer
        local result = answer.result
        if result then assert.same({ 4, DST }, { result.cycle, result.dst }) end
        if answer.answer == "refused" then assert.is_string(answer.error) end
      end
      assert.same({ 2, 2, 1 }, { count.result, count.refused, count.done })
      assert(count.hop >= 2)
      assert.same({ 4, 2, 2 }, { last.summary.targets, last.summary.traces, last.summary.failed })
    end)
  end)

  it("fails with the reason that mtr.trace gives", function()
    with(nil, function(server)
      local client = server:connect()
      client:ask(trace(1, { dst = "no.such.name" }))
      local answer = client:answer()
      assert.same({ 1, "error", true, "ENOENT" },
        { answer.id, answer.answer, answer.last, answer.name })
      assert(answer.error:find "^ENOENT: name \"no.such.name\"")
    end)
  end)
end)

describe("a server", function()
  teardown(run.clean)

  it("keeps the answers of many clients apart", function()
    with(nil, function(server)
      local clients = {}
      for i = 1, 40 do
        clients[i] = server:connect()
        clients[i]:ask(trace("t" .. i), { id = i, request = "probe", dst = DST, ttl = i % 2 + 1 })
      end
      for i, client in ipairs(clients) do
        local first, second = client:answer(), client:answer()
        local ids = { [first.id] = first, [second.id] = second }
        assert.equal("result", ids["t" .. i].answer)
        assert.equal("reply", ids[i].answer)
      end
      assert.equal(41, server:about().clients)
    end)
  end)

  it("answers hostile lines with errors, and goes on", function()
    with("--max-line 2000", function(server)
      local other, client = server:connect(), server:connect()
      local lines = {
        ("x"):rep(1e6), "{", "\0", "[]", ('{"a":'):rep(300), ("["):rep(1900), '{"id":1}', "null",
        '{"id":2,"request":"trace","dst":"a\\u0000"}', '{"id":3,"request":"\255"}',
      }
      client:send(table.concat(lines, "\n") .. "\n\n  \r\n")
      for i = 1, #lines do
        local answer = client:answer()
        assert.same({ "error", true }, { answer.answer, answer.last }, lines[i]:sub(1, 30))
        assert.is_string(answer.field)
      end
      client:ask(trace(1))
      assert.equal("result", client:answer().answer)
      other:ask(trace(1))
      assert.equal("result", other:answer().answer)
    end)
  end)

  it("answers a line without its newline when the client ends its requests", function()
    with(nil, function(server)
      for text, kind in pairs { ['{"id":1,"request":"about"}'] = "about", ['{"id":1'] = "error" } do
        local client = server:connect()
        client:send(text)
        client.socket:shutdown "send"
        assert.equal(kind, client:answer().answer)
        assert.same({ nil, "closed" }, { client:answer() })
      end
    end)
  end)

  it("reads no more requests of a client that reads no answers, and loses none", function()
    with("--max-window 5", function(server)
      local slow, n = server:connect(), 3000
      local targets = {}
      for i = 1, n do targets[i] = DST end
      slow:ask { id = 1, request = "campaign", targets = targets, window = 5 }
      slow:ask { id = 2, request = "about" }
      local other = server:connect()
      for i = 1, 50 do
        other:ask(trace(i))
        assert.equal(i, other:answer().id)
      end
      local tries, ENOUGH = 0, 262144
      while server:about().unread < ENOUGH do
        tries = tries + 1
        assert(tries < 5000, "its answers do not wait")
      end
      for _ = 1, 50 do
        local about = server:about()
        assert.equal(0, about.traces)
        assert(about.unread < ENOUGH + 10000)
      end
      local list, all = slow:last(1)
      assert.equal(n + 1, #list)
      if not all[2] then slow:last(2) end
      assert.equal(0, server:about().unread)
    end)
  end)

  it("drops a client for which too many answers wait", function()
    local log = with("--max-unread 524288 --max-requests 100000", function(server)
      local client = server:connect()
      local requests, line = {}, '{"id":%d,"request":"trace","dst":"%s"}\n'
      for i = 1, 1500 do requests[i] = line:format(i, DST) end
      client.socket:settimeout(0.1)
      client.socket:send(table.concat(requests))
      local tries = 0
      while server:about().clients > 1 do
        tries = tries + 1
        assert(tries < 5000, "it is not dropped")
      end
    end)
    assert(log:find "serve: client pid %d+ uid %d+: does not read its answers: %d+ bytes wait\n")
  end)

  it("goes on when nobody reads what it prints, and clients go without their answers", function()
    local pipe = io.popen(([[mkfifo "%s/status"
      { sh -c 'echo $$; exec "$MTR_PROGRAM" %s scripts/serve.lua --socket "%s/mute"' 2>&1
        echo $? >"%s/status"; } | head -n 2 &]]):format(run.dir(), SIM, run.dir(), run.dir()))
    local server = setmetatable({ path = run.dir() .. "/mute" }, Server.class)
    local pid, said = pipe:read "*l", pipe:read "*l"
    assert.truthy(said:find "^serve: listening")
    pipe:close()                         -- head has ended, and with it the last reader
    for _ = 1, 20 do
      local rude = server:connect()
      rude:ask { id = 1, request = "campaign", targets = { DST, DST, DST }, hops = true }
      rude:close()
    end
    local full = {}
    for i = 1, 70 do full[i] = server:connect() end      -- the server says that they are too many
    for _, client in ipairs(full) do client:close() end
    local tries, answer = 0
    repeat                               -- until it knows that they have gone
      local client = server:connect()
      client:ask(trace(1))
      answer, tries = assert(client:answer()), tries + 1
      client:close()
    until answer.answer == "result" or tries > 5000
    assert.equal("completed", answer.result.stop_reason)
    os.execute("kill " .. pid)
    assert.equal("143\n", run.read(run.dir() .. "/status"))
  end)

  it("limits clients, and the requests of each", function()
    local log = with("--max-clients 2 --max-requests 1", function(server)
      local one, two, three = server:connect(), server:connect(), server:connect()
      assert.equal("EAGAIN", three:answer().name)
      assert.same({ nil, "closed" }, { three:answer() })
      one:send('{"id":1,"request":"trace","dst":"' .. DST .. '"}\n'
        .. '{"id":2,"request":"trace","dst":"' .. DST .. '"}\n')
      local _, all = one:last(1)
      local second = all[2] and all[2][1] or one:answer()
      assert.same({ 2, "error", "EAGAIN" }, { second.id, second.answer, second.name })
      two:ask({ id = 1, request = "about" })
      assert.equal(1, two:answer().about.max_requests)
      two:close()
      one:ask(trace(3))
      assert.equal(3, one:answer().id)
    end)
    assert(log:find "refused: 2 clients are connected\n")
  end)

  it("takes a limited amount of different payloads", function()
    with(nil, function(server)
      local client = server:connect()
      local function ask(byte)
        client:ask(trace(1, { options = { payload = byte:rep(50000) } }))
        return client:answer()
      end
      for i = 1, 20 do assert.equal("result", ask(string.char(64 + i)).answer) end
      local full = ask "z"
      assert.same({ "error", "EDQUOT" }, { full.answer, full.name })
      assert.equal("result", ask("A").answer)
    end)
  end)

  it("refuses the id of a request that is under way, and unknown ids to cancel", function()
    with(nil, function(server)
      local client = server:connect()
      client:send('{"id":1,"request":"trace","dst":"' .. DST .. '"}\n'
        .. '{"id":1,"request":"about"}\n{"id":2,"request":"cancel","of":9}\n'
        .. '{"id":3,"request":"cancel","of":1}\n')
      local list, all = client:last(1)
      assert.same({ "none", 2, 3 }, { all.none and "none", all[2] and 2, all[3] and 3 })
      assert.same({ "id", "EEXIST" }, { all.none[1].field, all.none[1].name })
      assert.same({ "of", "ENOENT" }, { all[2][1].field, all[2][1].name })
      assert.equal("done", all[3][1].answer)
      assert.same({ "result", "halted" }, { list[1].answer, list[1].result.stop_reason })
    end)
  end)
end)

describe("a server in this process", function()
  teardown(run.clean)

  it("leaves nothing behind when it is closed", function()
    local engine = assert(mtr.engine { sim = "spec/sim/topologies/duplicates.lua", seed = 1 })
    local path, before = run.dir() .. "/inside", fds()
    local text = ('{"id":1,"request":"trace","dst":"%s"}\n'):format(DST)
    for round = 1, 3 do
      local server = assert(mtr.serve { socket = path, engine = engine })
      local clients = {}
      for i = 1, 5 do
        clients[i] = assert(unix.stream())
        clients[i]:settimeout(0)
        assert(clients[i]:connect(path))
        clients[i]:send(text .. '{"id":2,"request":"campaign","targets":["' .. DST .. '"]}\n')
      end
      local task = mtr.go(function()
        local line
        repeat
          line = clients[1]:receive "*l" or line
          mtr.sleep(1)
        until line
        clients[2]:close()
        if round == 2 then mtr.sleep(10) end
        server:close()
        server:wait()
        return line
      end)
      assert.equal('{"id":1,', (assert(task:wait()):sub(1, 8)))
      for _, client in ipairs(clients) do client:close() end
      assert.equal(0, server.client_count)
      assert.is_nil(io.open(path))
    end
    assert.equal(0, engine.work)
    assert.equal(0, engine:stats().traces)
    assert.equal(before, fds())
    engine:close()
  end)

  it("ends when its engine is closed, and cannot start without one", function()
    local engine = assert(mtr.engine { sim = "spec/sim/topologies/duplicates.lua", seed = 1 })
    local path, before = run.dir() .. "/inside", fds()
    local server = assert(mtr.serve { socket = path, engine = engine })
    local client = assert(unix.stream())
    assert(client:connect(path))
    client:send('{"id":1,"request":"trace","dst":"' .. DST .. '"}\n')
    mtr.sleep(1)
    engine:close()
    assert.is_true(server.done)
    client:close()
    assert.is_nil(io.open(path))
    assert(fds() < before)
    local none, _, name = mtr.serve { socket = path, engine = engine }
    assert.is_nil(none)
    assert.equal("ESHUTDOWN", name)
    assert.is_nil(io.open(path))
  end)
end)

describe("the program", function()
  teardown(run.clean)

  it("says what is wrong with its options, and helps", function()
    for words, message in pairs {
      [""] = "serve: give a path with --socket\ntry: serve --help\n",
      ["--socket x --mode 8"] = 'serve: --mode must be three octal digits, such as "660", got "8"'
        .. "\ntry: serve --help\n",
      ["--socket x --max-line 7"] = "serve: --max-line must be 1024..67108864, got 7\n"
        .. "try: serve --help\n",
      ["--socket x --allow-uid no.such"] = "serve: --allow-uid: there is no 'no.such'\n"
        .. "try: serve --help\n",
      ["--socket x --allow-gid '$(id)'"] = "serve: --allow-gid: there is no '$(id)'\n"
        .. "try: serve --help\n",
      ["--socket x --allow-uid 1.5"] = "serve: --allow-uid must be a list of numbers from 0 to "
        .. "4294967294, got a table\ntry: serve --help\n",
    } do
      local got = run.run('"$MTR_PROGRAM" ' .. SIM .. " scripts/serve.lua " .. words)
      assert.same({ 2, "", message }, { got.status, got.out, got.err })
    end
    local help = run.run '"$MTR_PROGRAM" scripts/serve.lua --help'
    assert.same({ 0, "" }, { help.status, help.err })
    assert(help.out:find "^usage: serve" and help.out:find '"request":"trace"')
  end)
end)
