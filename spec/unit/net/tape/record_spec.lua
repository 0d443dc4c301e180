-- SPDX-License-Identifier: MIT
--
-- A recorder around another transport, which is here itself a replay: what it passes on, and what
-- is in the file afterwards.
local fds = require "spec.support.harness.fds"
local inline = require "spec.support.harness.inline"
local run = require "spec.support.harness.run"
local tape = require "spec.support.virtual.tape"

local C, ffi = tape.C, tape.ffi
local I = inline.load "core/base/bytes.h"
pcall(ffi.cdef, "int64_t clock_system(void);")

local ENOENT, EPERM, EBUSY, ENOSPC = 2, 1, 16, 28
local CALL = C.NET_CALL
local KINDS = { "HEAD", "TICK", "SEND", "REPLY", "ROUTE", "PORT", "LOSS", "NAME", "END" }

-- The records of a file: kind, and the structure that it holds.
local function records(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  local cursor = I.bytes_of(ffi.cast("const uint8_t *", text), #text)
  local version = ffi.new "uint32_t[1]"
  local body, list = ffi.new "struct bytes", { text = text }
  assert.equal(0, C.tape_begin(cursor, version))
  while true do
    local kind = C.tape_next(cursor, body)
    if kind <= 0 then return list, kind end
    local name = KINDS[kind]:lower()
    local record = ffi.new(name == "reply" and "struct wire_reply" or "struct tape_" .. name)
    assert.equal(0, C["tape_take_" .. name](body, record))
    list[#list + 1] = { kind = KINDS[kind], record = record }
  end
end

local function kinds(list)
  local out = {}
  for i, r in ipairs(list) do out[i] = r.kind end
  return table.concat(out, " ")
end

describe("record", function()
  local inner, net, path, before

  setup(function() before = fds() end)
  teardown(function()
    run.clean()
    assert.equal(before, fds())
  end)
  before_each(function() path = run.dir() .. "/new" end)
  after_each(function()
    if net then net.ops.close(net, nil) end
    net = nil
    os.remove(path)
  end)

  local function head()
    local h = ffi.new "struct tape_head"
    h.seed, h.epoch, h.max_probes = 5, 7000000000, 1024
    return h
  end

  local function wrap(t)
    inner = assert(tape.open(t:bytes()))
    local out = ffi.new "struct net *[1]"
    assert.equal(0, C.record_open(out, inner, path, head(), C.clock_system))
    net = out[0]
  end

  local function finish()
    assert.equal(0, net.ops.finish(net))
    return records(path)
  end

  it("has the name and abilities of the transport inside", function()
    wrap(tape.new { name = "mtr-packet" })
    assert.same({ "mtr-packet", 5, 24576, 4000, 7000000000 }, { ffi.string(net.ops.name), net.caps,
      net.port_base, net.echo_base, tonumber(net.epoch) })
    local h = finish()[1].record
    assert.same({ "mtr-packet", 5, 24576, 4000, 7000000000, 5, 1024 }, { ffi.string(h.name), h.caps,
      h.port_base, h.echo_base, tonumber(h.epoch), tonumber(h.seed), h.max_probes })
    assert.equal(h.at, net.at)
  end)

  it("writes what passes through, in order, and passes it on", function()
    wrap(tape.new():tick(0):route(nil, { src = { 192, 0, 2, 1 } })
      :send({ id = 7 }, { error = EPERM }):send({ id = 8 }):reply({ id = 8, ttl = 60 })
      :port({ port = 5, error = EPERM, protocol = 6 }):loss { drops = 2 })
    local q = tape.question()
    assert.equal(0, net.ops.route(net, q))
    assert.equal(192, q.src[0])
    assert.equal(0, net.ops.reserve(net, 17, 5))
    assert.equal(-EPERM, net.ops.reserve(net, 6, 5))
    net.ops.tick(net, CALL)
    assert.equal(EPERM, tape.send(net, { id = 17 }).error)
    assert.equal(0, tape.send(net, { id = 18 }).error)
    net.ops.tick(net, 0)
    inner.ops.tick(inner, tape.START)
    local list = tape.receive(net)
    assert.same({ 1, 18, 60 }, { #list, list[1].id, list[1].ttl })
    assert.same({ 2, 2 }, { inner.drops, net.drops })
    local kept = finish()
    assert.equal("HEAD ROUTE PORT TICK SEND SEND TICK REPLY LOSS END", kinds(kept))
    assert.same({ 17, EPERM, 18, 0, 18, 60, 2, 9 }, { kept[5].record.probe.id,
      kept[5].record.sent.error, kept[6].record.probe.id, kept[6].record.sent.error,
      kept[8].record.id, kept[8].record.ttl, tonumber(kept[9].record.drops),
      tonumber(kept[10].record.records) })
    assert.same({ 1, 0 }, { kept[4].record.call, kept[7].record.call })
    assert.truthy(kept[4].record.at <= kept[7].record.at)
    assert.same({ 6, 5, EPERM }, { kept[3].record.protocol, kept[3].record.port,
      kept[3].record.error })
    assert.equal(192, kept[2].record.src[0])
  end)

  it("keeps time constant between ticks", function()
    wrap(tape.new())
    net.ops.tick(net, CALL)
    local at = net.at
    tape.send(net)
    tape.receive(net)
    assert.equal(at, net.at)
    net.ops.tick(net, 0)
    assert.truthy(net.at > at)
  end)

  it("writes names, and the error of a route", function()
    wrap(tape.new():tick(0):route(nil, { error = EPERM, why = "no mark" }))
    assert.equal(-EPERM, net.ops.route(net, tape.question()))
    local v = ffi.new "struct net_route[2]"
    v[0].family, v[1].family, v[1].dst[15] = 4, 6, 9
    net.ops.resolved(net, "a.example", 0, v, 2, 0)
    net.ops.resolved(net, "b.example", 6, v, 0, 11)
    local list = finish()
    assert.equal("HEAD ROUTE NAME NAME END", kinds(list))
    assert.equal("no mark", ffi.string(list[2].record.why))
    local a, b = list[3].record, list[4].record
    assert.same({ "a.example", 2, 6, 9 }, { ffi.string(a.name), a.count, a.found[1].family,
      a.found[1].dst[15] })
    assert.same({ "b.example", 0, 11, 6 }, { ffi.string(b.name), b.count, b.error, b.family })
  end)

  it("marks probes that were refused before", function()
    wrap(tape.new():tick(0):send { id = 1 }:tick(100):send({ id = 2 }, { later = 1 }))
    local v, sent = ffi.new "struct wire_probe[2]", ffi.new "struct net_sent[2]"
    v[0], v[1] = tape.probe { id = 1 }, tape.probe { id = 2 }
    assert.equal(1, net.ops.send(net, v, 2, sent))
    for _ = 1, 2 do inner.ops.tick(inner, tape.START + 100) end
    assert.equal(1, net.ops.send(net, v + 1, 1, sent))
    local list = finish()
    assert.equal("HEAD SEND SEND END", kinds(list))
    assert.same({ 0, 1 }, { list[2].record.later, list[3].record.later })
  end)

  it("distinguishes two payloads", function()
    wrap(tape.new())
    local payload = ffi.new("uint8_t[4]", 1, 2, 3, 4)
    tape.send(net, { payload = payload, payload_size = 4 })
    tape.send(net, { payload = payload, payload_size = 3 })
    local list = finish()
    assert.equal(C.tape_hash(payload, 4), list[2].record.payload)
    assert.equal(C.tape_hash(payload, 3), list[3].record.payload)
  end)

  it("holds whole records at any time, and END only at its end", function()
    wrap(tape.new())
    for i = 1, 6000 do
      tape.send(net, { ttl = i % 255 })
      if i % 100 == 0 then net.ops.tick(net, 0) end
    end
    local list, last = records(path)
    assert.equal(0, last)
    assert.truthy(#list > 1000 and #list < 6060, #list)
    assert.equal("SEND", list[3].kind)
    assert.is_nil(list.text:find("\9" .. ("."):rep(8) .. "$"))
    list = finish()
    assert.equal(6000 + 60 + 2, #list)
    assert.equal("END", list[#list].kind)
  end)

  it("writes nothing after its end, and ends once", function()
    wrap(tape.new())
    finish()
    tape.send(net)
    net.ops.tick(net, CALL)
    assert.equal("HEAD END", kinds(finish()))
    assert.equal(0, net.unrecorded)
  end)

  it("empties a file that was there", function()
    local file = assert(io.open(path, "wb"))
    file:write(("x"):rep(1000))
    file:close()
    wrap(tape.new())
    assert.equal("HEAD END", kinds(finish()))
  end)

  describe("fails to open", function()
    local function fails(err, file)
      local one = assert(tape.open(tape.new():bytes()))
      local out = ffi.new "struct net *[1]"
      assert.equal(-err, C.record_open(out, one, file, head(), C.clock_system))
      assert.equal("raw", ffi.string(one.ops.name))
      one.ops.close(one, nil)
    end
    it("where no file can be", function() fails(ENOENT, run.dir() .. "/none/file") end)
    it("where there is no room", function() fails(ENOSPC, "/dev/full") end)
    it("where another engine records", function()
      wrap(tape.new())
      fails(EBUSY, path)
      assert.equal("HEAD END", kinds(finish()))
    end)
  end)
end)
