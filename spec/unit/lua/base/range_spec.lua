-- SPDX-License-Identifier: MIT
--
-- The addresses of a prefix, one after another.
local range = require "mtr.base.range"

local function all(text, step, most)
  local list, next_one = {}, assert(range.new(text, step))
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
