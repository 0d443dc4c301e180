-- SPDX-License-Identifier: MIT
--
-- Files that are not whole recordings are refused with a reason, and leave nothing behind.
local run = require "spec.support.harness.run"
local fds = require "spec.support.harness.fds"
local tape = require "spec.support.virtual.tape"

local ENOENT, EISDIR, EINVAL, ENOMSG, EPROTO, EBADMSG = 2, 21, 22, 42, 71, 74

local function whole()
  return tape.new():tick(100):route():send { id = 7 }:tick(900):reply { id = 7 }
    :name("a.example", 4, { 1 }):loss { drops = 1 }:port { port = 5 }
end

local function refused(bytes, errno, text)
  local net, err, why = tape.open(bytes)
  assert.is_nil(net)
  assert.equal(errno, err)
  assert.truthy(why:find(text, 1, true), why)
end

describe("a recording", function()
  local before
  setup(function() before = fds() end)
  teardown(function()
    run.clean()
    assert.equal(before, fds())
  end)

  it("is taken when it is whole", function()
    local net = assert(tape.open(whole():bytes()))
    net.ops.close(net, nil)
    net = assert(tape.open(tape.new():bytes()))
    net.ops.close(net, nil)
  end)

  it("is refused when it was cut off, at any byte", function()
    local bytes = whole():bytes()
    for n = 0, #bytes - 1 do
      local net, err, why = tape.open(bytes:sub(1, n))
      assert.is_nil(net, n)
      assert.equal(n < 12 and ENOMSG or EBADMSG, err, n)
      assert.truthy(why:find(n < 12 and "not a recording" or "cut off"), why)
    end
  end)

  it("says when the run that wrote it did not end properly", function()
    local bytes = whole():bytes()
    refused(bytes:sub(1, #bytes - 15), EBADMSG, "the run that wrote it did not end properly")
  end)

  it("is refused when a byte is wrong", function()
    local bytes = whole():bytes()
    for n = 13, #bytes, 7 do
      local damaged = bytes:sub(1, n - 1) .. string.char((bytes:byte(n) + 1) % 256)
        .. bytes:sub(n + 1)
      local net, err = tape.open(damaged)
      assert.is_nil(net, n)
      assert.equal(EBADMSG, err)
    end
  end)

  it("is refused when it is something else", function()
    refused('{"type":"trace","version":"1"}\n', ENOMSG, "not a recording of mtrlua")
    local bytes = whole():bytes()
    refused(bytes:sub(1, 8) .. "\1\0\0\0" .. bytes:sub(13), EPROTO,
      "a recording of version 1, and this mtrlua reads version 3")
    refused(nil, ENOENT, "cannot be read")
  end)

  it("is refused when its records are not those that it announces", function()
    local t = whole()
    for _, records in ipairs { 0, #t.list - 1, #t.list + 1 } do
      refused(t:bytes(records), EBADMSG, "cut off or damaged")
    end
    refused(t:bytes() .. "\0", EBADMSG, "cut off or damaged")
    local twice = tape.new()
    twice.list[2] = twice.list[1]
    refused(twice:bytes(), EBADMSG, "behind record 1")
    local headless = tape.new():tick(1)
    table.remove(headless.list, 1)
    refused(headless:bytes(), EBADMSG, "at its head")
  end)

  it("is refused when its times are impossible", function()
    local T = 1000000000
    for name, t in pairs {
      ["going back"] = tape.new():tick(100):tick(99),
      ["before its beginning"] = tape.new():tick(-1),
      ["in no lifetime"] = tape.new():tick(2 ^ 62),
      ["a probe long before its tick"] = tape.new():tick(9 * T):send({}, { at = 10 }),
      ["a probe long after its tick"] = tape.new():tick(0):send({}, { at = tape.START + 2 * T }),
      ["a reply long after its tick"] = tape.new():tick(0):reply { at = tape.START + 2 * T },
      ["a reply of no time"] = tape.new():tick(0):reply { at = -1 },
      ["the beginning"] = tape.new { at = -1 }, ["the epoch"] = tape.new { epoch = -1 },
    } do
      local net, err = tape.open(t:bytes())
      assert.is_nil(net, name)
      assert.equal(EBADMSG, err, name)
    end
    local late = assert(tape.open(tape.new():tick(3000 * T):reply { at = 5 }:bytes()))
    late.ops.close(late, nil)
  end)

  it("is refused when it is not a regular file", function()
    local head, why = tape.ffi.new "struct tape_head", tape.ffi.new "char[256]"
    local net = tape.ffi.new "struct net *[1]"
    assert.equal(-EINVAL, tape.C.replay_open(net, "/dev/null", head, why, 256))
    assert.equal("it is not a regular file", tape.ffi.string(why))
    local err = tape.C.replay_open(net, "/", head, why, 256)
    assert.truthy(err == -EISDIR or err == -EINVAL)
  end)
end)
