-- SPDX-License-Identifier: MIT
--
-- Sets of prefixes.
local addr = require "mtr.base.addr"
local lib = require "mtr.lib"
local prefix_set = require "mtr.base.prefix_set"

local bytes = lib.new "uint8_t[16]"

local function find(set, text) return set:find(bytes, (addr.parse(text, bytes))) end

describe("a prefix set", function()
  it("finds the longest prefix that holds an address", function()
    local set = prefix_set.set()
    for _, text in ipairs {
      "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "0.0.0.0/0", "10.128.0.0/9", "2001:db8::/32",
      "2001:db8::8000/113", "::1",
    } do
      assert(set:add(text, text))
    end
    for text, holder in pairs {
      ["10.1.2.3"] = "10.1.2.3", ["10.1.2.4"] = "10.1.0.0/16", ["10.2.0.1"] = "10.0.0.0/8",
      ["10.127.255.255"] = "10.0.0.0/8", ["10.128.0.0"] = "10.128.0.0/9",
      ["192.0.2.1"] = "0.0.0.0/0", ["2001:db8::1"] = "2001:db8::/32",
      ["2001:db8::8001"] = "2001:db8::8000/113", ["::1"] = "::1",
    } do
      assert.equal(holder, find(set, text), text)
    end
    assert.is_nil(find(set, "2001:db9::1"))
    assert.is_nil(find(set, "::2"))
  end)

  it("takes a prefix whose host bits are set for the network", function()
    local set = prefix_set.set()
    assert(set:add("192.0.2.77/24", true))
    assert.is_true(find(set, "192.0.2.1"))
  end)

  it("takes an address with a zone, and holds it in every zone", function()
    local set = prefix_set.set()
    assert(set:add("fe80::1%lo", true))
    assert.is_true(find(set, "fe80::1"))
  end)

  it("gives the text of a prefix that has no value", function()
    local set = prefix_set.set()
    for _, text in ipairs { "10.1.2.3/8", "192.0.2.1", "2001:DB8:0::/32", "::1" } do
      assert(set:add(text))
    end
    assert.equal("10.0.0.0/8", find(set, "10.9.9.9"))
    assert.equal("192.0.2.1", find(set, "192.0.2.1"))
    assert.equal("2001:db8::/32", find(set, "2001:db8::7"))
    assert.equal("::1", find(set, "::1"))
  end)

  it("has exceptions, in which it finds nothing", function()
    local set = assert(prefix_set.load { "10.0.0.0/8", "!10.1.0.0/16", "10.1.2.0/24", "! ::1" })
    for text, want in pairs { ["10.0.0.1"] = "10.0.0.0/8", ["10.1.2.9"] = "10.1.2.0/24",
      ["10.1.0.1"] = false, ["192.0.2.1"] = false, ["::1"] = false } do
      assert.equal(want or nil, find(set, text))
      assert.equal(want and true or false, set:has(bytes, (addr.parse(text, bytes))))
    end
  end)

  it("with IPv4 inside IPv6 lets the exception count there too", function()
    local set = assert(prefix_set.load { "10.0.0.0/8", "!10.1.0.0/16" })
    assert.is_nil(find(set, "2002:a00:1::"))
    set.embedded = true
    assert.equal("10.0.0.0/8", find(set, "2002:a00:1::"))
    assert.is_nil(find(set, "2002:a01:1::"))
    -- Of Teredo's two, the server is an exception and the client is not, or the other way round.
    assert.equal("10.0.0.0/8", find(set, "2001:0:a00:1::f5fe:fffe"))
    assert.equal("10.0.0.0/8", find(set, "2001:0:a01:1::f5ff:fffe"))
  end)

  it("takes the last value of a prefix that is added again, also after a search", function()
    local set = prefix_set.set()
    set:add("10.0.0.0/8", 1)
    assert.equal(1, find(set, "10.0.0.1"))
    set:add("10.0.0.0/8", 2)
    set:add("10.0.0.0/9", 3)
    assert.equal(3, find(set, "10.0.0.1"))
    assert.equal(2, find(set, "10.128.0.1"))
  end)

  it("refuses a text that is no prefix", function()
    for _, text in ipairs { "", "10.0.0.0/33", "::/129", "10.0.0/8", "name", "1.2.3.4/", "/8",
      "10.0.0.0/8x", "fe80::1%lo/64" } do
      local ok, message = prefix_set.set():add(text, true)
      assert.is_nil(ok)
      assert.equal(("%q is not a prefix such as 192.0.2.0/24 or 2001:db8::/120"):format(text),
        message)
    end
  end)
end)

describe("a prefix list", function()
  local name
  before_each(function() name = os.tmpname() end)
  after_each(function() os.remove(name) end)

  local function write(text)
    local file = assert(io.open(name, "wb"))
    file:write(text)
    file:close()
  end

  it("may be a file with comments, blank lines and CRLF", function()
    write "# never\r\n10.0.0.0/8\r\n\r\n  2001:db8::/32  # ours\r\n10.0.0.0/8\n192.0.2.1"
    local set = assert(prefix_set.load(name))
    assert.equal("10.0.0.0/8", find(set, "10.9.9.9"))
    assert.equal("2001:db8::/32", find(set, "2001:db8::1"))
    assert.equal("192.0.2.1", find(set, "192.0.2.1"))
    assert.is_nil(find(set, "192.0.2.2"))
  end)

  it("says where it is wrong", function()
    write "10.0.0.0/8\nexample.org\n"
    local set, message = prefix_set.load(name)
    assert.is_nil(set)
    assert.equal(name .. ', line 2: "example.org" is not a prefix such as '
      .. "192.0.2.0/24 or 2001:db8::/120", message)
    set, message = prefix_set.load { "10.0.0.0/8", "x" }
    assert.is_nil(set)
    assert.equal('entry 2: "x" is not a prefix such as 192.0.2.0/24 or 2001:db8::/120', message)
  end)

  it("reports that the file does not exist", function()
    local set, _, code = prefix_set.load "/nonexistent/list"
    assert.is_nil(set)
    assert.equal(2, code)
  end)
end)
