-- SPDX-License-Identifier: MIT
--
-- Tests core/loop/save.c: a small file is replaced as a whole or not at all, in the background or
-- at once.

local core = require "spec.support.harness.core"
local fds = require "spec.support.harness.fds"
local paired = require "spec.support.real.paired"
local run = require "spec.support.harness.run"

local C, ffi = core.load{ "core/mtr.h" }

local ENOENT, EBADF, ENOTSUP = -2, -9, -95
local holder = ffi.new "int32_t[1]"

local function read(path)
  local file = io.open(path)
  local text = file and file:read "*a"
  if file then file:close() end
  return text
end

local function now(path, text, list)
  list = list or {}
  return C.mtr_save(nil, path, text, #text, ffi.new("int32_t[?]", #list + 1, list), #list, 0)
end

describe("save", function()
  local e

  after_each(function()
    local last = e
    e = nil
    if last then last:close() end
  end)
  teardown(run.clean)

  it("replaces a file at once, and leaves nothing beside it", function()
    local path, open = run.dir() .. "/now", fds()
    for _, text in ipairs { "one\n", ("x"):rep(200000), "" } do
      assert.equal(0, now(path, text))
      assert.is_true(text == read(path))
    end
    assert.is_nil(read(path .. ".new"))
    assert.equal(open, fds())
  end)

  it("says why it could not, and leaves the old file", function()
    local path, open = run.file("kept", "old"), fds()
    assert.equal(EBADF, now(path, "new", { 999 }))
    assert.equal("old", read(path))
    assert.equal(ENOENT, now(run.dir() .. "/none/file", "new"))
    assert.equal(ENOTSUP, now("/dev/null", "new"))
    assert.equal(ENOTSUP, now(run.dir(), "new"))
    run.run("mkdir " .. path .. ".new")
    assert.is_true(now(path, "new") < 0)
    assert.equal("old", read(path))
    local got = run.run(([[ulimit -f 4; trap '' XFSZ; exec luajit -e '
      package.path = "build/lua/?.lua;lua/?.lua;" .. package.path
      local C, text = require("mtr.lib").C, ("x"):rep(9000)
      print(C.mtr_save(nil, "%s/kept2", text, #text, nil, 0, 0))']]):format(run.dir()))
    assert.same({ "-27\n", "" }, { got.out, got.err })
    assert.is_nil(read(run.dir() .. "/kept2"))
    assert.is_nil(read(run.dir() .. "/kept2.new"))
    assert.equal(open, fds())
  end)

  it("saves in the background, each with an event, after the data of the descriptors", function()
    e = assert(paired.open())
    local data = C.mtr_output_open(run.dir() .. "/data", 0, holder)
    for i = 1, 9 do
      local path, text = ("%s/%d"):format(run.dir(), i), "text " .. i
      assert.equal(0, C.mtr_save(e.mtr, path, text, #text, ffi.new("int32_t[1]", data), 1, i))
    end
    C.mtr_output_close(data)                   -- it has its own copy
    local seen, n = {}, 0
    e:until_event(function(ev)
      if ev.kind == "SAVED" then
        assert.equal(0, ev.error)
        assert.is_nil(seen[ev.cookie])
        seen[ev.cookie], n = true, n + 1
      end
      return n == 9
    end, 10000)
    assert.equal(9, n)
    for i = 1, 9 do assert.equal("text " .. i, read(("%s/%d"):format(run.dir(), i))) end
  end)

  it("says in the event why it could not", function()
    e = assert(paired.open())
    assert.equal(0, C.mtr_save(e.mtr, run.dir() .. "/none/file", "x", 1, nil, 0, 7))
    local told = e:until_event(function(ev) return ev.cookie == 7 end, 10000)
    assert.same({ "SAVED", -ENOENT }, { told.kind, told.error })
  end)

  it("is waited for at close", function()
    e = assert(paired.open())
    local path = run.dir() .. "/closed"
    assert.equal(0, C.mtr_save(e.mtr, path, "x", 1, nil, 0, 7))
    e:close()
    e = nil
    assert.equal("x", read(path))
  end)
end)
