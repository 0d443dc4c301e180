-- SPDX-License-Identifier: MIT
--
-- The entries in the slots of an engine have all functions that the engine may call. The contract
-- is the classes in wait/pending.lua, which this spec reads. One of each kind is put into a slot.
local ffi = require "ffi"
local mtr = require "mtr"
local lib = require "mtr.lib"
local pending = require "mtr.wait.pending"
local dns = require "mtr.wait.dns"
local resolve = require "mtr.wait.resolve"
local timer = require "mtr.wait.timer"
local watch = require "mtr.wait.watch"
local pools = require "mtr.attach.pool"
local sources = require "mtr.attach.source"
local writers = require "mtr.attach.writer"
local run = require "spec.support.harness.run"
local annotations = require "spec.support.style.annotations"

-- Names of its own for C functions, as other specs may declare them otherwise.
ffi.cdef [[
int slots_spec_pipe(int *fd) __asm__("pipe");
int slots_spec_close(int fd) __asm__("close");
]]

local CONTRACT = "lua/mtr/wait/pending.lua"

-- The functions that an entry of a class must have, and those that it may have.
local function contract(class)
  local must, may = {}, {}
  for _, name in ipairs { "mtr.Entry", class } do
    for field, is in pairs(annotations.fields(CONTRACT, name)) do
      if is.type:find "^fun" then
        if is.optional then may[field] = true else must[field] = true end
      end
    end
  end
  return must, may
end

local read = run.read

-- A source as a path from the top of the tree.
local function path_of(source) return (source:gsub("^@", ""):gsub("^.*lua/mtr/", "lua/mtr/")) end

-- Files of lua/mtr that take a slot, by their text.
local function takers()
  local list, pipe = {}, assert(io.popen "grep -rl 'pending.take(' lua/mtr | sort")
  for path in pipe:lines() do list[#list + 1] = path end
  pipe:close()
  return list
end

local function nothing() end

-- Starts a trace for a program that drives scamper.
local function attach_trace(engine)
  local pool = pools.new(engine, 9)
  local writer = writers.new { format = "warts", framed = false, list = "default" }
  local source = sources.new(pool, writer, { put = nothing, started = nothing, settled = nothing,
    may_start = function() return true end })
  assert(source:accept "trace -P icmp-paris 203.0.113.9")
  pool:fill()
end

describe("a slot of an engine #luajit", function()
  teardown(run.clean)

  local engine, network, entries, from, take

  before_each(function()
    entries, from, take = {}, {}, pending.take
    pending.take = function(e, entry)  -- luacheck: ignore 122
      from[path_of(debug.getinfo(2, "S").source)] = true
      entries[#entries + 1] = entry
      return take(e, entry)
    end
    network = mtr.sim { nodes = { me = "192.0.2.1", web = "203.0.113.9" },
      links = { { "me", "web", delay = "700ms" } } }
    engine = assert(mtr.engine { sim = network })
  end)

  after_each(function()
    pending.take = take  -- luacheck: ignore 122
    engine:close()
  end)

  it("holds only what answers all that may be asked of it", function()
    local files, fds = {}, lib.new "int[2]"
    assert.equal(0, ffi.C.slots_spec_pipe(fds))
    local prober = assert(engine:prober "203.0.113.9")
    engine:trace("203.0.113.9", nil, function() end)
    engine:trace("203.0.113.9", { on_hop = function() end }, function() end)
    attach_trace(engine)
    assert(timer.start(engine, 1, function() end))
    local lookup = assert(resolve.start(engine, "localhost", 0, function() end))
    dns.set {}
    local question = assert(dns.reverse(engine, lib.new "uint8_t[16]", 4, "0.0.0.0",
      function() end))
    local watched = watch.new(engine, fds[0])
    assert(watched:ask(watch.READABLE, function() end))
    assert(mtr.campaign { engine = engine, targets = { "203.0.113.9" }, on_trace = function() end,
      state = run.dir() .. "/state" }:run())
    prober:close()
    lookup:cancel()
    question:halt()
    dns.set { servers = "none" }
    watched:stop()
    ffi.C.slots_spec_close(fds[0])
    ffi.C.slots_spec_close(fds[1])
    for path in pairs(from) do files[#files + 1] = path end
    table.sort(files)
    assert.same(takers(), files)
    local kinds = {}
    for _, entry in ipairs(entries) do
      local path = path_of(debug.getinfo(entry.closed, "S").source)
      local class = assert(read(path):match "%-%-%-@class mtr%.%u%a+:[%w%., ]*(mtr%.%u%l+Entry)\n",
        path)
      kinds[class] = (kinds[class] or 0) + 1
      for name in pairs((contract(class))) do
        assert.equal("function", type(entry[name]), ("%s: %s of %s"):format(path, name, class))
      end
    end
    for _, class in ipairs { "Trace", "Quiet", "Timer", "Watch", "Lookup" } do
      assert.truthy(kinds["mtr." .. class .. "Entry"], class)
    end
  end)

  it("is asked for nothing that the contract does not name", function()
    local known, asked = {}, 0
    for class in read(CONTRACT):gmatch "%-%-%-@class (mtr%.%u%l*Entry)" do
      local must, may = contract(class)
      for name in pairs(must) do known[name] = true end
      for name in pairs(may) do known[name] = true end
    end
    for _, path in ipairs { "lua/mtr/engine/dispatch.lua", "lua/mtr/engine/init.lua" } do
      for name in read(path):gmatch "entry:(%w+)%(" do
        asked = asked + 1
        assert.truthy(known[name], path .. " calls " .. name)
      end
    end
    assert.truthy(asked >= 8)
  end)
end)
