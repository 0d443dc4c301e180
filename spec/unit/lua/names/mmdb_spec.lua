-- SPDX-License-Identifier: MIT
--
-- Origins from databases in MaxMind's format, which are made here: a tree of records of 24 bits and
-- the data behind it, as https://maxmind.github.io/MaxMind-DB/ says.
local mmdb = require "mtr.names.mmdb"
local run = require "spec.support.harness.run"

local function control(type, size)
  local tail = ""
  if size >= 29 then size, tail = 29, string.char(size - 29) end
  if type > 7 then return string.char(size, type - 7) .. tail end
  return string.char(type * 32 + size) .. tail
end

local function number(type, value)
  local text = ""
  while value > 0 do
    text, value = string.char(value % 256) .. text, math.floor(value / 256)
  end
  return control(type, #text) .. text
end

local encode

local function map(members)
  local keys, text = {}, ""
  for key in pairs(members) do keys[#keys + 1] = key end
  table.sort(keys)
  for _, key in ipairs(keys) do text = text .. encode(key) .. encode(members[key]) end
  return control(7, #keys) .. text
end

function encode(value)
  if type(value) == "string" then return control(2, #value) .. value end
  if type(value) == "number" then return number(6, value) end
  if value.u16 then return number(5, value.u16) end
  if value.u64 then return number(9, value.u64) end
  if value.list then return control(11, 0) end
  return map(value)
end

-- A database of IPv4 prefixes: a list of { bits as text, members }.
local function database(list)
  local nodes, data = { {} }, ""
  for _, entry in ipairs(list) do
    local node = 1
    for i = 1, #entry[1] do
      local bit = tonumber(entry[1]:sub(i, i)) + 1
      if i == #entry[1] then
        nodes[node][bit] = -#data - 1
        data = data .. encode(entry[2])
      else
        if not nodes[node][bit] then
          nodes[#nodes + 1] = {}
          nodes[node][bit] = #nodes
        end
        node = nodes[node][bit]
      end
    end
  end
  local tree, n = "", #nodes
  for _, node in ipairs(nodes) do
    for bit = 1, 2 do
      local to = node[bit]
      local value = not to and n or to > 0 and to - 1 or n + 16 - to - 1
      tree = tree .. string.char(math.floor(value / 65536), math.floor(value / 256) % 256,
        value % 256)
    end
  end
  return tree .. ("\0"):rep(16) .. data .. "\171\205\239MaxMind.com" .. encode {
    node_count = n, record_size = { u16 = 24 }, ip_version = { u16 = 4 },
    database_type = "Test", languages = { list = true }, build_epoch = { u64 = 1 },
    binary_format_major_version = { u16 = 2 }, binary_format_minor_version = { u16 = 0 },
    description = {},
  }
end

local NINE, TEN = "00001001", "00001010"

local function find(source, address)
  local got
  source(address, function(...) got = { ... } end)
  return got
end

describe("a database of MaxMind's format", function()
  local path

  setup(function()
    path = run.file("asn.mmdb", database {
      { NINE, { autonomous_system_number = 64500, autonomous_system_organization = "A\27B" } },
      { TEN .. "00000001", { asn = "AS64501", as_name = "IPINFO", country_code = "DE" } },
      { TEN .. "00000010", { asn = "none" } },
    })
  end)
  teardown(run.clean)

  it("says which AS it is, with the fields that it has", function()
    local source = assert(mmdb.source(path))
    assert.same({ asn = 64500, prefix = "9.0.0.0/8", name = "A?B" }, find(source, "9.1.2.3")[1])
    assert.same({ asn = 64501, prefix = "10.1.0.0/16", name = "IPINFO", country = "DE" },
      find(source, "10.1.2.3")[1])
  end)

  it("says when it does not have an address", function()
    local source = assert(mmdb.source(path))
    for _, address in ipairs { "8.8.8.8", "10.2.0.1", "2001:db8::1" } do
      local got = find(source, address)
      assert.is_nil(got[1])
      assert.equal("ENOENT", got[3])
    end
  end)

  it("says what is wrong with a file", function()
    local _, message, name = mmdb.source(run.dir() .. "/missing")
    assert.equal("ENOENT", name)
    assert.truthy(message:find("the database ", 1, true))
    for _, text in ipairs { "", "nonsense", database({}):sub(1, -20) } do
      assert.equal("EBADMSG", select(3, mmdb.source(run.file("bad.mmdb", text))))
    end
  end)
end)
