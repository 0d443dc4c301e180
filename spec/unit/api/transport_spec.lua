-- SPDX-License-Identifier: MIT
--
-- The table of transports is the only list: whoever names transports names exactly those.
local core = require "spec.support.harness.core"
local run = require "spec.support.harness.run"

local C, ffi = core.load { "core/api/transport.h", "core/api/check.h", "core/mtr.h" }

-- The table as C tells it: a list of { name =, id =, sockets =, caps =, flags = }.
local function told()
  local list, info = {}, ffi.new "struct mtr_transport_info"
  while C.mtr_transport_info(#list, info) == 0 do
    list[#list + 1] = { name = ffi.string(info.name), id = info.id, sockets = info.sockets,
      caps = info.caps, flags = info.flags }
  end
  return list
end

local function named()
  local names = {}
  for _, transport in ipairs(told()) do
    if transport.flags % 2 == C.MTR_TRANSPORT_NAMED then names[#names + 1] = transport.name end
  end
  return names
end

local function by_name(name)
  for _, transport in ipairs(told()) do
    if transport.name == name then return transport end
  end
end

local function sorted(list)
  table.sort(list)
  return list
end

describe("transports", function()
  local words = require "mtr.record.words"

  it("begin with auto and end with -ENOENT", function()
    local list = told()
    assert.equal("auto", list[1].name)
    assert.equal(C.MTR_AUTO, list[1].id)
    for _, i in ipairs { #list, #list + 1, 0xffffffff } do
      assert.equal(-2, C.mtr_transport_info(i, ffi.new "struct mtr_transport_info"))
    end
  end)

  it("have a name and a number of their own, and cover the enum of mtr.h", function()
    local text = assert(io.open "core/mtr.h"):read "*a"
    local wanted, ids, names = {}, {}, {}
    for name in text:match("enum {(%s*MTR_AUTO.-)}"):gmatch "MTR_([%u_]+)" do
      wanted[#wanted + 1] = name
    end
    for _, transport in ipairs(told()) do
      assert.is_nil(ids[transport.id])
      ids[transport.id] = true
      names[#names + 1] = transport.name:upper():gsub("-", "_")
      assert.equal(transport.id, tonumber(C["MTR_" .. names[#names]]))
      assert.is_true(C.transport_known(transport.id) == 1)
    end
    assert.same(sorted(wanted), sorted(names))
    assert.equal(0, C.transport_known(#names))
  end)

  it("are the same in Lua, word by word", function()
    assert.same(told(), words.transports)
    assert.same(named(), words.transport_names)
    local names = {}
    for name, id in pairs(words.transport) do
      names[#names + 1] = name
      assert.equal(by_name(name).id, id)
    end
    assert.same(sorted(named()), sorted(names))
  end)

  it("use no more sockets than an engine has", function()
    for _, transport in ipairs(told()) do assert.is_true(transport.sockets <= C.MTR_SOCKETS) end
    assert.equal(C.MTR_SOCKETS, by_name("packet").sockets)
    assert.is_true(by_name("raw").sockets < C.MTR_SOCKETS)
    assert.equal(0, by_name("mtr-packet").sockets)
  end)

  it("that open ordinary sockets while they run use none that were opened before", function()
    local ordinary = {}
    for _, transport in ipairs(told()) do
      if math.floor(transport.flags / C.MTR_TRANSPORT_ORDINARY) % 2 == 1 then
        ordinary[#ordinary + 1] = transport.name
        assert.equal(0, transport.sockets)
      end
    end
    assert.same({ "user" }, ordinary)
  end)

  it("have the capabilities that an open engine has", function()
    local mtr = require "mtr"
    local engine = assert(mtr.engine { sim = require "spec.support.virtual.simulated".chain(1) })
    assert.is_false(engine:transport().ordinary)
    assert.equal(by_name("sim").caps, C.mtr_caps(ffi.cast("struct mtr *", engine.c)))
    engine:close()
  end)

  it("are accepted by the check of a config, and no others are", function()
    local why = ffi.new "char[256]"
    for id = 0, 20 do
      local config = ffi.new "struct mtr_config"
      C.mtr_defaults(config)
      config.transport = id
      if id == C.MTR_REPLAY then config.recording = "x" end
      assert.equal(C.transport_known(id) == 1, C.check_config(config, why, 256) == 0)
    end
  end)
end)

describe("the names of transports", function()
  local mtr = require "mtr"

  it("are what mtrlua --help lists", function()
    local help = run.run("build/mtrlua --help").out
    local list = help:match "how probes travel:%s*(.-)\n  %-%-":gsub("%s+", " ")
    assert.equal(table.concat(named(), ", "), list)
    for line in help:gmatch "[^\n]+" do assert.is_true(#line < 80) end
  end)

  it("are what mtrlua --transport takes", function()
    local got = run.run "build/mtrlua --transport pigeon -e ''"
    assert.equal(2, got.status)
    assert.truthy(got.err:find("is not one of " .. table.concat(named(), "|") .. "\n", 1, true))
    for _, name in ipairs(named()) do
      local taken = run.run("build/mtrlua --transport " .. name .. " -e ''")
      assert.is_nil(taken.err:find "is not one of", name)
    end
    got = run.run "build/mtrlua --transport replay -e ''"
    assert.truthy(got.err:find "'replay' is not one of")
  end)

  it("are what the option of an engine takes", function()
    local ok, message = pcall(mtr.engine, { transport = "pigeon" })
    local names = named()
    local last = table.remove(names)
    assert.is_false(ok)
    assert.truthy(message:find(('transport must be "%s" or "%s"'):format(
      table.concat(names, '", "'), last), 1, true))
  end)

  it("are the rows of README's table, auto being explained below it", function()
    local readme = assert(io.open "README.md"):read "*a"
    local rows = { "auto" }
    local section = readme:match "## Transports and privileges\n(.-)\n## "
    for name in section:gmatch "\n| ([%w-]+) |" do
      if name ~= "transport" then rows[#rows + 1] = name end
    end
    assert.same(named(), rows)
    assert.truthy(section:find("`auto`", 1, true))
  end)
end)
