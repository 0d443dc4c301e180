-- SPDX-License-Identifier: MIT
--
-- The addresses of a prefix, one after another.
local addr = require "mtr.base.addr"
local lib = require "mtr.lib"
local range = require "mtr.base.range"

local bytes = lib.new "uint8_t[16]"

local function all(text, step, most, random, seed)
  local list, next_one = {}, assert(range.new(text, step, random, seed))
  for address in next_one do
    list[#list + 1] = address
    if #list == most then break end
  end
  return list, next_one
end

describe("a range", function()
  for _, case in ipairs {
    { "192.0.2.0/30", nil, "192.0.2.0 192.0.2.1 192.0.2.2 192.0.2.3" },
    { "192.0.2.6/31", nil, "192.0.2.6 192.0.2.7" },
    { "192.0.2.7/31", nil, "192.0.2.6 192.0.2.7" },
    { "192.0.2.7/32", nil, "192.0.2.7" },
    { "192.0.2.7", nil, "192.0.2.7" },
    { "255.255.255.254/31", nil, "255.255.255.254 255.255.255.255" },
    { "10.0.0.0/8", 10, "10.0.0.0 10.64.0.0 10.128.0.0 10.192.0.0" },
    { "0.0.0.0/0", 2, "0.0.0.0 64.0.0.0 128.0.0.0 192.0.0.0" },
    { "0.0.0.0/0", 0, "0.0.0.0" },
    { "2001:db8::ff/127", nil, "2001:db8::fe 2001:db8::ff" },
    { "2001:db8::/46", 48, "2001:db8:: 2001:db8:1:: 2001:db8:2:: 2001:db8:3::" },
    { "::/1", 2, ":: 4000::" },
  } do
    local text, step, want = unpack(case, 1, 3)
    it(("%s by %s is %s"):format(text, tostring(step), want), function()
      assert.equal(want, table.concat(all(text, step), " "))
    end)
  end

  it("carries from byte to byte, and gives each address once", function()
    local list = all("10.1.254.0/23", nil)
    assert.equal(512, #list)
    assert.equal("10.1.254.255", list[256])
    assert.equal("10.1.255.0", list[257])
    list = all("10.0.0.0/12", 28)
    assert.equal(65536, #list)
    assert.equal("10.15.255.240", list[65536])
  end)

  it("takes no more time and memory for a big prefix than for a small one", function()
    collectgarbage()
    local before = collectgarbage "count"
    local list, rest = all("2001:db8::/32", 80, 3)
    assert.same({ "2001:db8::", "2001:db8:0:0:1::", "2001:db8:0:0:2::" }, list)
    assert.equal(2 ^ 48 - 3, rest.left)
    assert.is_true(collectgarbage "count" - before < 100)
  end)

  for _, case in ipairs {
    { "192.0.2.0/33" }, { "192.0.2/24" }, { "2001:db8::/129" }, { "example.net/24" }, { "" },
    { "/8" }, { "10.0.0.0/" }, { "fe80::1%lo/64" },
  } do
    it(("is not %q"):format(case[1]), function()
      local made, message = range.new(case[1])
      assert.is_nil(made)
      assert.equal(("%q is not a prefix such as 192.0.2.0/24 or 2001:db8::/120"):format(case[1]),
        message)
    end)
  end

  it("finds any of its addresses by its number, and goes on behind any", function()
    for _, case in ipairs {
      { "192.0.2.0/27" }, { "10.0.0.0/8", 13 }, { "2001:db8::/120", 125 }, { "::/0", 5 },
      { "10.0.0.0/22", 25, 3, 9 }, { "2001:db8::/46", 48, 4, 9 }, { "10.0.0.0/29", nil, 5, 1 },
      { "2001:db8::/32", nil, 7, 1 }, { "0.0.0.0/0", 0 }, { "2001:db8::/126", 127, 9, 2 },
    } do
      local list, whole = {}, assert(range.new(unpack(case, 1, 4)))
      for address in whole do list[#list + 1] = address end
      assert.equal(whole.size, #list)
      for i = 0, #list - 1 do
        assert.equal(list[i + 1], addr.format(bytes, whole:get(i, bytes)))
        local rest = assert(range.new(unpack(case, 1, 4)))
        rest:skip(i)
        assert.equal(#list - i, rest.left)
        assert.equal(list[i + 1], rest())
        assert.equal(list[i + 2], rest())
      end
      local done = assert(range.new(unpack(case, 1, 4)))
      done:skip(#list)
      assert.is_nil(done())
    end
  end)

  it("has so many different random addresses of each part", function()
    local seen, parts, n = {}, {}, 0
    for address in assert(range.new("10.0.0.0/20", 24, 200, 7)) do
      assert.is_nil(seen[address])
      seen[address], n = true, n + 1
      local part = address:match "^10%.0%.%d+"
      parts[part] = (parts[part] or 0) + 1
    end
    assert.equal(3200, n)
    for _, count in pairs(parts) do assert.equal(200, count) end
    assert.equal(16, #all("10.0.0.0/28", nil, nil, 99))
  end)

  it("has other random addresses for another seed, and in other parts", function()
    local one, other = all("10.0.0.0/23", 24, nil, 20, 1), all("10.0.0.0/23", 24, nil, 20, 2)
    local function hosts(list, part)
      return table.concat(list, " "):gsub("10%.0%." .. 1 - part .. "%.%d+ ?", "")
        :gsub("10%.0%.%d%.", "")
    end
    assert.not_same(one, other)
    assert.not_equal(hosts(one, 0), hosts(one, 1))
    assert.same(one, all("10.0.0.0/23", 24, nil, 20, 1))
  end)

  it("spreads random addresses over all bits of a wide prefix", function()
    local set = {}
    for i = 1, 128 do set[i] = 0 end
    local wide = assert(range.new("::/0", nil, 400, 3))
    for i = 0, 399 do
      wide:get(i, bytes)
      for b = 0, 127 do
        set[b + 1] = set[b + 1] + math.floor(bytes[math.floor(b / 8)] / 2 ^ (7 - b % 8)) % 2
      end
    end
    -- 200 are expected, give or take 10.
    for _, count in ipairs(set) do assert.near(200, count, 60) end
  end)

  it("takes the step of its family, at least its own length", function()
    assert.equal(2, range.new("10.0.0.0/23", { [4] = 24, [6] = 48 }).size)
    assert.equal(1, range.new("10.0.0.0/25", { [4] = 24 }).size)
    assert.equal(4, range.new("2001:db8::/46", { [4] = 24, [6] = 48 }).size)
    assert.is_nil((range.new("2001:db8::/46", { [4] = 24 })))
  end)

  it("of too many addresses wants a step, and says how", function()
    local made, message = range.new "2001:db8::/32"
    assert.is_nil(made)
    assert.equal('2001:db8::/32 has 2^96 addresses; give a step, such as '
      .. 'mtr.targets.cidr("2001:db8::/32", 48)', message)
    assert.is_truthy(range.new "10.0.0.0/8")
    assert.is_nil((range.new "8.0.0.0/7"))
    assert.is_nil((range.new("2001:db8::/32", 81)))
  end)

  it("has a step between its length and an address's", function()
    for _, step in ipairs { 23, 33, 24.5, "25" } do
      local made, message = range.new("192.0.2.0/24", step)
      assert.is_nil(made)
      assert.equal("the step of 192.0.2.0/24 must be 24..32, got " .. step, message)
    end
  end)
end)
