-- SPDX-License-Identifier: MIT
--
-- What happens to the probes and to the worker when its mtr-packet dies, hangs or is another
-- program.
local fake = require "spec.support.real.fake"
local core = require "spec.support.harness.core"
local worker = require "spec.support.real.worker"

local C = core.load { "core/net/mtrpacket/worker.h" }

local EPIPE, EPROTO, ETIMEDOUT = 32, 71, 110
local SECOND, START = worker.SECOND, worker.START

describe("a worker", function()
  before_each(worker.reset)
  after_each(worker.close)
  teardown(fake.clean)

  -- how it ends, what is left of the probe
  for chunk, errno in pairs {
    ["os.exit(1)"] = EPIPE, ["close(1) while true do end"] = EPIPE,
    ["while true do raw('y\\n') end"] = EPROTO, ["while true do raw(('z'):rep(9999)) end"] = EPROTO,
    ["while true do io.stderr:write('oh no\\n') end"] = EPROTO,
  } do
    it("ends its probes with a reason and starts again after: " .. chunk, function()
      worker.ready(("function probe(token, p) if token %% 3 > 0 then %s end echo(token, p) end")
        :format(chunk))
      worker.w.next, worker.w.oldest = 300, 300
      worker.send_many(5)
      worker.upto(worker.state "DEAD")
      worker.upto(worker.answers(5))
      assert.same({ 101, 0, C.WIRE_ECHO_REPLY }, worker.got[1])
      for i = 2, 5 do assert.same({ 100 + i, errno, C.WIRE_ERROR }, worker.got[i]) end
      assert.same({ 0, worker.w.next, 0 }, { worker.w.out, worker.w.oldest, worker.room() })
      worker.wake()
      assert.equal(START + SECOND / 10, worker.now)
      worker.upto(worker.state "READY")
      worker.w.next, worker.w.oldest = 306, 306
      worker.send_many(1)
      worker.upto(worker.answers(6))
      assert.same({ 106, 0, C.WIRE_ECHO_REPLY }, worker.got[6])
      assert.equal(1, worker.w.restarts)
    end)
  end

  it("is given up after several failed starts, each after a longer wait", function()
    worker.ready "function probe() os.exit(1) end"
    local waits = {}
    for i = 1, 20 do
      worker.send_many(1)
      worker.upto(worker.answers(i))
      assert.equal(EPIPE, worker.got[i][2])
      if tonumber(worker.w.state) == C.WORKER_LOST then break end
      local from = worker.now
      worker.wake()
      waits[i] = tonumber(worker.now - from) / 1e6
      worker.upto(worker.state "READY")
    end
    assert.same({ 100, 200, 400, 800, 1600 }, waits)
    assert.equal(0, worker.room())
    assert.truthy(C.worker_deadline(worker.w) > 1e18)
  end)

  it("survives ten kills if each is 20 s after the last", function()
    worker.ready()
    for i = 1, 10 do
      worker.now = worker.now + 20 * SECOND
      worker.kill(worker.SIGKILL)
      worker.upto(worker.state "DEAD")
      worker.wake()
      worker.upto(worker.state "READY")
      assert.equal(i, worker.w.restarts)
    end
  end)

  it("notices after three seconds that mtr-packet hangs, not before, and doubts it at once",
    function()
      local asks = START + SECOND / 20
      worker.ready()
      worker.kill(worker.SIGSTOP)
      worker.send_many(2, { timeout = 60000 })
      assert.same({ asks, 0 },
        { C.worker_deadline(worker.w), tonumber(C.worker_unheard(worker.w)) })
      worker.now = asks
      worker.read()                                -- asks whether it is still there
      assert.same({ asks + 3 * SECOND, START },
        { C.worker_deadline(worker.w), C.worker_unheard(worker.w) })
      worker.now = asks + 3 * SECOND - 1
      assert.equal(0, worker.read())
      worker.now = worker.now + 1
      worker.upto(worker.answers(2))
      assert.same({ ETIMEDOUT, ETIMEDOUT }, { worker.got[1][2], worker.got[2][2] })
      assert.same({ 1, 0 }, { worker.w.restarts, tonumber(C.worker_unheard(worker.w)) })
    end)

  it("doubts no mtr-packet that says that it lives", function()
    worker.ready "function probe() end"
    worker.send_many(1)
    for i = 1, 5 do
      worker.wake()
      assert.equal(START + i * SECOND / 20, worker.now)
      worker.read()                                -- asks
      worker.upto(function() return C.worker_unheard(worker.w) == 0 end)
    end
    assert.same({ 0, 1, 0 }, { #worker.got, worker.w.out, worker.w.restarts })
  end)

  it("forgets a missing answer without a restart while others come", function()
    worker.ready "function probe(token, p) if token > 16 then echo(token, p) end end"
    worker.send_many(1)
    worker.now = worker.now + 3 * SECOND
    worker.send_many(1)
    worker.upto(worker.answers(1))
    while worker.now < START + 4 * SECOND do
      worker.wake()
      worker.read()                                -- asks whether it is still there
      worker.upto(function() return C.worker_unheard(worker.w) == 0 end)
    end
    worker.upto(function() return worker.w.out == 0 end)   -- the last question may be out still
    assert.same({ 0, 1, 0, C.WORKER_READY },
      { worker.w.out, worker.w.faults, worker.w.restarts, tonumber(worker.w.state) })
  end)

  it("waits for a mtr-packet that does not read", function()
    worker.ready()
    worker.kill(worker.SIGSTOP)
    local n = 0
    while n < 1000 and C.worker_flush(worker.w) == 0 or worker.room() > 0 do
      assert.equal(0, worker.send { family = 6 })
      n = n + 1
    end
    worker.kill(worker.SIGCONT)
    worker.upto(worker.answers(n))
    assert.same({ 0, 0 }, { worker.w.faults, worker.w.restarts })
  end)

  it("never uses token 0, and passes over the end of the numbers", function()
    worker.ready()
    for _, from in ipairs { 2 ^ 31 - 3, 2 ^ 32 - 3 } do
      worker.w.next, worker.w.oldest = from, from
      worker.send_many(6)
      worker.upto(worker.answers(6))
      assert.same({ 4, 0, 0 }, { worker.w.next % 2 ^ 31, worker.w.faults, worker.w.out })
      assert.equal(worker.w.next, worker.w.oldest)
      worker.got = {}
    end
  end)

  for path, errno in pairs {
    ["/bin/cat"] = EPROTO, ["/bin/true"] = EPIPE, ["yes"] = EPROTO, ["sleep 100"] = ETIMEDOUT,
  } do
    it("notices that the program is not mtr-packet but " .. path, function()
      worker.open(path:find "^/" and path or fake.script("exec " .. path))
      if errno == ETIMEDOUT then worker.now = worker.now + 2 * SECOND end
      worker.upto(worker.state "DEAD")
      assert.equal(errno, worker.w.error)
    end)
  end
end)
