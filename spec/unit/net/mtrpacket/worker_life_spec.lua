-- SPDX-License-Identifier: MIT
--
-- What happens to the probes and to the worker when its mtr-packet dies, hangs or is another
-- program.
local fake = require "spec.support.real.fake"
local core = require "spec.support.harness.core"
local at = require "spec.support.real.worker"

local C = core.load { "core/net/mtrpacket/worker.h" }

local EPIPE, EPROTO, ETIMEDOUT = 32, 71, 110
local SECOND, START = at.SECOND, at.START

describe("a worker", function()
  before_each(at.reset)
  after_each(at.close)
  teardown(fake.clean)

  -- how it ends, what is left of the probe
  for chunk, errno in pairs {
    ["os.exit(1)"] = EPIPE, ["close(1) while true do end"] = EPIPE,
    ["while true do raw('y\\n') end"] = EPROTO, ["while true do raw(('z'):rep(9999)) end"] = EPROTO,
    ["while true do io.stderr:write('oh no\\n') end"] = EPROTO,
  } do
    it("ends its probes with a reason and starts again after: " .. chunk, function()
      at.ready(("function probe(token, p) if token %% 3 > 0 then %s end echo(token, p) end"):format(
        chunk))
      at.w.next, at.w.oldest = 300, 300
      at.send_many(5)
      at.upto(at.state "DEAD")
      at.upto(at.answers(5))
      assert.same({ 101, 0, C.WIRE_ECHO_REPLY }, at.got[1])
      for i = 2, 5 do assert.same({ 100 + i, errno, C.WIRE_ERROR }, at.got[i]) end
      assert.same({ 0, at.w.next, 0 }, { at.w.out, at.w.oldest, at.room() })
      at.wake()
      assert.equal(START + SECOND / 10, at.now)
      at.upto(at.state "READY")
      at.w.next, at.w.oldest = 306, 306
      at.send_many(1)
      at.upto(at.answers(6))
      assert.same({ 106, 0, C.WIRE_ECHO_REPLY }, at.got[6])
      assert.equal(1, at.w.restarts)
    end)
  end

  it("is given up after several failed starts, each after a longer wait", function()
    at.ready "function probe() os.exit(1) end"
    local waits = {}
    for i = 1, 20 do
      at.send_many(1)
      at.upto(at.answers(i))
      assert.equal(EPIPE, at.got[i][2])
      if tonumber(at.w.state) == C.WORKER_LOST then break end
      local from = at.now
      at.wake()
      waits[i] = tonumber(at.now - from) / 1e6
      at.upto(at.state "READY")
    end
    assert.same({ 100, 200, 400, 800, 1600 }, waits)
    assert.equal(0, at.room())
    assert.truthy(C.worker_deadline(at.w) > 1e18)
  end)

  it("survives ten kills if each is 20 s after the last", function()
    at.ready()
    for i = 1, 10 do
      at.now = at.now + 20 * SECOND
      at.kill(at.SIGKILL)
      at.upto(at.state "DEAD")
      at.wake()
      at.upto(at.state "READY")
      assert.equal(i, at.w.restarts)
    end
  end)

  it("notices after three seconds that mtr-packet hangs, not before, and doubts it at once",
    function()
      local asks = START + SECOND / 20
      at.ready()
      at.kill(at.SIGSTOP)
      at.send_many(2, { timeout = 60000 })
      assert.same({ asks, 0 }, { C.worker_deadline(at.w), tonumber(C.worker_unheard(at.w)) })
      at.now = asks
      at.read()                                -- asks whether it is still there
      assert.same({ asks + 3 * SECOND, START },
        { C.worker_deadline(at.w), C.worker_unheard(at.w) })
      at.now = asks + 3 * SECOND - 1
      assert.equal(0, at.read())
      at.now = at.now + 1
      at.upto(at.answers(2))
      assert.same({ ETIMEDOUT, ETIMEDOUT }, { at.got[1][2], at.got[2][2] })
      assert.same({ 1, 0 }, { at.w.restarts, tonumber(C.worker_unheard(at.w)) })
    end)

  it("doubts no mtr-packet that says that it lives", function()
    at.ready "function probe() end"
    at.send_many(1)
    for i = 1, 5 do
      at.wake()
      assert.equal(START + i * SECOND / 20, at.now)
      at.read()                                -- asks
      at.upto(function() return C.worker_unheard(at.w) == 0 end)
    end
    assert.same({ 0, 1, 0 }, { #at.got, at.w.out, at.w.restarts })
  end)

  it("forgets a missing answer without a restart while others come", function()
    at.ready "function probe(token, p) if token > 16 then echo(token, p) end end"
    at.send_many(1)
    at.now = at.now + 3 * SECOND
    at.send_many(1)
    at.upto(at.answers(1))
    while at.now < START + 4 * SECOND do
      at.wake()
      at.read()                                -- asks whether it is still there
      at.upto(function() return C.worker_unheard(at.w) == 0 end)
    end
    at.upto(function() return at.w.out == 0 end)   -- the last question may be out still
    assert.same({ 0, 1, 0, C.WORKER_READY },
      { at.w.out, at.w.faults, at.w.restarts, tonumber(at.w.state) })
  end)

  it("waits for a mtr-packet that does not read", function()
    at.ready()
    at.kill(at.SIGSTOP)
    local n = 0
    while n < 1000 and C.worker_flush(at.w) == 0 or at.room() > 0 do
      assert.equal(0, at.send { family = 6 })
      n = n + 1
    end
    at.kill(at.SIGCONT)
    at.upto(at.answers(n))
    assert.same({ 0, 0 }, { at.w.faults, at.w.restarts })
  end)

  it("never uses token 0, and passes over the end of the numbers", function()
    at.ready()
    for _, from in ipairs { 2 ^ 31 - 3, 2 ^ 32 - 3 } do
      at.w.next, at.w.oldest = from, from
      at.send_many(6)
      at.upto(at.answers(6))
      assert.same({ 4, 0, 0 }, { at.w.next % 2 ^ 31, at.w.faults, at.w.out })
      assert.equal(at.w.next, at.w.oldest)
      at.got = {}
    end
  end)

  for path, errno in pairs {
    ["/bin/cat"] = EPROTO, ["/bin/true"] = EPIPE, ["yes"] = EPROTO, ["sleep 100"] = ETIMEDOUT,
  } do
    it("notices that the program is not mtr-packet but " .. path, function()
      at.open(path:find "^/" and path or fake.script("exec " .. path))
      if errno == ETIMEDOUT then at.now = at.now + 2 * SECOND end
      at.upto(at.state "DEAD")
      assert.equal(errno, at.w.error)
    end)
  end
end)
