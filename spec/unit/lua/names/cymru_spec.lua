-- SPDX-License-Identifier: MIT
--
-- Origins from Team Cymru's texts: true ones, and whatever else a server may say.
local cache = require "mtr.names.cache"
local cymru = require "mtr.names.cymru"

describe("a question about an address", function()
  it("is its name in the zones", function()
    assert.equal("7.2.0.192.origin.asn.cymru.com", cymru.question "192.0.2.7")
    assert.equal("1.0" .. (".0"):rep(22) .. ".8.b.d.0.1.0.0.2.origin6.test",
      cymru.question("2001:db8::1", "test"))
  end)
end)

describe("the texts about an address", function()
  local function read(address, ...) return cymru.read({ ... }, address) end

  it("say which AS announces the longest prefix", function()
    assert.same({ asn = 64500, prefix = "192.0.2.0/24", country = "DE" },
      read("192.0.2.7", "64500 | 192.0.2.0/24 | DE | ripencc | 2011-08-11"))
    assert.same({ asn = 64501, asns = { 64501, 64502 }, prefix = "192.0.2.0/24" },
      read("192.0.2.7", "64500 | 192.0.0.0/16 | US | arin | 2011-08-11",
        "64501 64502 | 192.0.2.0/24 |  | ripencc |"))
    assert.same({ asn = 4200000001, prefix = "2001:db8::/32", country = "DE" },
      read("2001:db8::9", "4200000001|2001:db8::/32|DE|ripencc|2011-08-11"))
  end)

  it("are not believed if they cannot be true", function()
    for _, text in ipairs { "", "|", "64500", "x | 192.0.2.0/24 | DE", "64500 | 10.0.0.0/8 | DE",
      "64500 | 2001:db8::/32 | DE", "64500 | 192.0.2.0/33 | DE", "0 | 192.0.2.0/24 | DE",
      "99999999999 | 192.0.2.0/24 | DE", "-1 | 192.0.2.0/24", "\27[2J | 192.0.2.0/24" } do
      assert.is_nil(read("192.0.2.7", text), text)
    end
    assert.same({ asn = 64500, prefix = "192.0.2.0/24" },
      read("192.0.2.7", "64500 | 192.0.2.0/24 | \27[1m | x"))
  end)
end)

describe("the text about an AS", function()
  it("has its name, safe to print and without the country", function()
    assert.equal("EXAMPLE-AS", cymru.read_name({ "64500 | DE | x | 2011 | EXAMPLE-AS, DE" }, 64500))
    assert.equal("EXAMPLE Gmb?H", cymru.read_name({ "64500|DE|x|2011|EXAMPLE Gmb\27H" }, 64500))
    assert.is_nil(cymru.read_name({ "64501 | DE | x | 2011 | OTHER, DE" }, 64500))
    assert.is_nil(cymru.read_name({ "64500 | DE | x | 2011 | " }, 64500))
    assert.is_nil(cymru.read_name({ "64500" }, 64500))
  end)
end)

describe("the source", function()
  -- Stands for mtr.names.ask: answers from a table, and counts.
  local function asker(answers)
    local asked = {}
    return { ask = function(key, _, done)
      asked[key] = (asked[key] or 0) + 1
      local a = answers[key]
      if type(a) == "table" then return done(a, nil, nil, 100) end
      done(nil, (a or "ENOENT") .. ": x", a or "ENOENT", 0)
    end }, asked
  end
  local TEXT = "64500 | 10.0.0.0/8 | DE | x | y"

  it("finds the origin and then the name of its AS, which it keeps", function()
    local ask, asked = asker { ["origin 10.0.0.1"] = { TEXT }, ["origin 10.0.0.2"] = { TEXT },
      ["as 64500"] = { "64500 | DE | x | y | N, DE" } }
    local find = cymru.source(ask, cache.new(9))
    for i = 1, 2 do
      find("10.0.0." .. i, function(origin, message, _, ttl)
        assert.is_nil(message)
        assert.same({ asn = 64500, prefix = "10.0.0.0/8", country = "DE", name = "N" }, origin)
        assert.equal(100, ttl)
      end)
    end
    assert.equal(1, asked["as 64500"])
  end)

  it("gives an origin without the name if that is not found, and believes it for a short time",
    function()
      local find = cymru.source(asker { ["origin 10.0.0.1"] = { TEXT }, ["as 64500"] = "EAGAIN" },
        cache.new(9))
      find("10.0.0.1", function(origin, _, _, ttl)
        assert.same({ asn = 64500, prefix = "10.0.0.0/8", country = "DE" }, origin)
        assert.equal(30, ttl)
      end)
    end)

  it("says why there is none", function()
    local find = cymru.source(asker { ["origin 10.0.0.1"] = { "lies" }, ["origin 10.0.0.2"] =
      "EAGAIN" }, cache.new(9))
    for address, wanted in pairs { ["10.0.0.1"] = "EBADMSG", ["10.0.0.2"] = "EAGAIN",
      ["10.0.0.3"] = "ENOENT" } do
      find(address, function(origin, _, name)
        assert.is_nil(origin)
        assert.equal(wanted, name)
      end)
    end
  end)
end)
