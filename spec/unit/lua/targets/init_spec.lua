-- SPDX-License-Identifier: MIT
--
-- Where targets come from, and what a feed makes of them.
local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local targets = require "mtr.targets"
local run = require "spec.support.harness.run"

local bytes = lib.new "uint8_t[16]"

-- All that a feed gives, as one text: addresses, "name NAME", "bad MESSAGE".
local function drain(given)
  local feed, list = assert(targets.feed(given)), {}
  while true do
    local kind, what = feed:next(bytes)
    if not kind then break end
    if kind > 0 then
      list[#list + 1] = addr.format(bytes, kind) .. (what > 0 and "%" .. what or "")
    else
      list[#list + 1] = (kind == 0 and "name " or "bad ") .. what
    end
  end
  assert.is_nil((feed:next(bytes)))
  return table.concat(list, ", ")
end

describe("a feed of targets", function()
  teardown(run.clean)

  it("keeps what a target carries, through shuffles and stages", function()
    local given = { "192.0.2.1", { target = "192.0.2.2", priority = 5 },
      { target = "192.0.2.4/31", priority = 3 }, { target = "no.example", priority = 1 } }
    local wanted = { ["192.0.2.1"] = false, ["192.0.2.2"] = 5, ["192.0.2.4"] = 3,
      ["192.0.2.5"] = 3, ["no.example"] = 1 }
    local function generator()
      local i = 0
      return function()
        i = i + 1
        return given[i]
      end
    end
    for _, chain in ipairs { targets.list(given), targets.list(given):shuffle(4),
      targets.list(given):unique():filter(function() return true end),
      targets.generator(generator()) } do
      local found = {}
      for target in chain do found[target] = chain.note and chain.note.priority end
      assert.same(wanted, found)
    end
  end)

  it("takes a list of addresses, prefixes and names in its order", function()
    assert.equal("192.0.2.1, 192.0.2.2, 192.0.2.3, name example.net, 2001:db8::1",
      drain { "192.0.2.1", "192.0.2.2/31", "example.net", "2001:db8::1" })
    assert.equal("", drain {})
  end)

  it("takes any iterator, and asks it for one string at a time", function()
    local asked = 0
    local feed = targets.feed(function()
      asked = asked + 1
      return asked <= 3 and "192.0.2.0/30" or nil
    end)
    for i = 1, 12 do
      assert.equal(4, (feed:next(bytes)))
      assert.equal(math.ceil(i / 4), asked)
    end
    assert.is_nil((feed:next(bytes)))
  end)

  it("takes a prefix made by mtr.targets.cidr", function()
    assert.equal("192.0.2.0, 192.0.2.128", drain(targets.cidr("192.0.2.0/24", 25)))
  end)

  it("gives the error of a file that cannot be read", function()
    local feed = targets.feed(assert(targets.file(run.dir())))
    assert.same({ nil, "EISDIR: is a directory: reading " .. run.dir(), "EISDIR" },
      { feed:next(bytes) })
    assert.same({}, { feed:next(bytes) })
    assert.error_matches(assert(targets.file(run.dir())), "targets.file: EISDIR: ", 1, true)
  end)

  it("returns zones", function()
    assert.truthy(drain { "fe80::1%lo" }:find "^fe80::1%%%d+$")
  end)

  it("says what is wrong with a target, and goes on", function()
    local text = drain { "192.0.2.0/33", "2001:db8::/32", "fe80::1%nowhere", "", 7, "192.0.2.9" }
    assert.equal('bad EINVAL: "192.0.2.0/33" is not a prefix such as 192.0.2.0/24 or 2001:db8::/120'
      .. ', bad EINVAL: 2001:db8::/32 has 2^96 addresses; give a step, such as '
      .. 'mtr.targets.cidr("2001:db8::/32", 48)'
      .. ', bad ENODEV: no such device: the zone in "fe80::1%nowhere"'
      .. ', bad EINVAL: a target must be an address, a prefix or a name, got ""'
      .. ", bad EINVAL: a target must be an address, a prefix or a name, got 7, 192.0.2.9", text)
  end)

  it("is made of nothing else", function()
    for _, value in ipairs { 7, "192.0.2.1", true } do assert.is_nil(targets.feed(value)) end
    assert.is_nil(targets.feed(nil))
  end)
end)

describe("a file of targets", function()
  teardown(run.clean)

  it("has one in each line, and comments", function()
    local path = run.file("targets", "# all\n192.0.2.1 # one\n\n  2001:db8::1\r\n192.0.2.4/31\nx")
    assert.equal("192.0.2.1, 2001:db8::1, 192.0.2.4, 192.0.2.5, name x",
      drain(assert(targets.file(path))))
  end)

  it("that does not exist is an environment error", function()
    local file, message, name = targets.file(run.dir() .. "/none")
    assert.is_nil(file)
    assert.equal("ENOENT", name)
    assert.truthy(message:find("/none", 1, true))
  end)

  it("is named by a string", function()
    assert.has_error(function() targets.file(7) end,
      "targets.file: the path must be a string, got 7")
  end)
end)

describe("mtr.targets.cidr", function()
  it("raises an error that names the caller's line", function()
    assert.has_error(function() targets.cidr "192.0.2.0/40" end, "targets.cidr: "
      .. '"192.0.2.0/40" is not a prefix such as 192.0.2.0/24 or 2001:db8::/120')
    assert.has_error(function() targets.cidr(7) end,
      "targets.cidr: the prefix must be a string, got 7")
  end)

  it("is an iterator too", function()
    assert.equal(getmetatable(targets.list {}), getmetatable(targets.cidr "192.0.2.0/24"))
    local n = 0
    for _ in targets.cidr "192.0.2.0/24" do n = n + 1 end
    assert.equal(256, n)
  end)
end)
