-- SPDX-License-Identifier: MIT
--
-- Chains of targets: what each method does, whatever the source, and that a chain goes on where
-- another one was.
local lib = require "mtr.lib"
local prefix_set = require "mtr.base.prefix_set"
local targets = require "mtr.targets"
local run = require "spec.support.harness.run"

local function all(chain, most)
  local list = {}
  while #list < (most or 1e6) do
    local text, message, name = chain:read()
    if name then return list, message, name end
    if not text then break end
    list[#list + 1] = text
  end
  return list
end

local function sorted(list)
  local copy = { unpack(list) }
  table.sort(copy)
  return copy
end

-- 61 targets of all kinds in each source; makers, because a file is read only once.
local LIST = { "10.0.0.0/28", "a.example", "2001:db8::/124", "10.1.0.1", "b.example", "10.0.2.0/30",
  "192.0.2.0/28", "198.51.100.1", "2001:db8::9", "10.0.3.3", "c.example", "10.0.4.4" }
local EACH = {}
local SOURCES = {
  list = function() return targets.list(LIST) end,
  file = function()
    run.file("list", table.concat(LIST, "\n") .. "\n")
    return assert(targets.file(run.dir() .. "/list"))
  end,
  wide = function()
    local text = table.concat(LIST, "\r\n"):gsub(".", "%0\0"):gsub("\r\n", "\r\0\n\0")
    run.file("wide", "\255\254" .. text)
    return assert(targets.file(run.dir() .. "/wide"))
  end,
  cidr = function() return targets.cidr("10.0.0.0/24", 30) end,
  random = function() return targets.cidr("10.0.0.0/20", { each = 24, random = 5, seed = 3 }) end,
  address = function() return targets.cidr "::1" end,
}
for name in pairs(SOURCES) do EACH[#EACH + 1] = name end
table.sort(EACH)

describe("a chain of targets", function()
  teardown(run.clean)

  for _, name in ipairs(EACH) do
    local make = SOURCES[name]

    it("has the same targets shuffled, of " .. name, function()
      local plain, shuffled = all(make()), all(make():shuffle(42))
      assert.same(sorted(plain), sorted(shuffled))
      assert.same(shuffled, all(make():shuffle(42)))
      if #plain > 1 then
        assert.not_same(plain, shuffled)
        assert.not_same(shuffled, all(make():shuffle(43)))
      end
    end)

    it("is all its shards together, and each target is in one, of " .. name, function()
      for _, how in ipairs {
        function(c) return c end,
        function(c) return c:shuffle(7) end,
        function(c) return c:exclude { "10.0.0.0/28", "!10.0.0.8/30" } end,
        function(c) return c:unique() end,
        function(c) return c:shuffle(7):exclude "10.0.0.4":take(20) end,
      } do
        local whole = sorted(all(how(make())))
        for _, n in ipairs { 1, 3, 70 } do
          local parts = {}
          for i = 1, n do
            for _, target in ipairs(all(how(make()):shard(i, n))) do parts[#parts + 1] = target end
          end
          assert.same(whole, sorted(parts))
        end
      end
    end)

    it("goes on where another one was, of " .. name, function()
      for _, how in ipairs {
        function(c) return c end,
        function(c) return c:shuffle(5) end,
        function(c) return c:shard(2, 3):shuffle(5) end,
        function(c) return c:shuffle(5):exclude { "10.0.0.0/29" }:shard(1, 2) end,
        function(c) return c:shard(1, 2):take(9) end,
        function(c) return c:unique():shard(2, 2) end,
        function(c) return c:exclude "10.0.0.0/29":take(11) end,
        function(c) return c:filter(function(t) return not t:find "4" end) end,
      } do
        local whole = all(how(make()))
        for _, n in ipairs { 0, 1, 2, 10, #whole - 1, #whole } do
          if n >= 0 and n <= #whole then
            local first = how(make())
            local got = all(first, n)
            local second = how(make())
            assert.is_true(second:skip(first:position()))
            assert.equal(first:position(), second:position())
            for _, target in ipairs(all(second)) do got[#got + 1] = target end
            assert.same(whole, got)
          end
        end
      end
    end)

    it("says that it has become shorter, of " .. name, function()
      for _, how in ipairs { function(c) return c end, function(c) return c:shuffle(1) end,
        function(c) return c:unique() end } do
        local chain, whole = how(make()), how(make())
        all(whole)
        local n = whole:position()
        local ok, message, code = chain:skip(n + 5)
        assert.is_nil(ok)
        assert.equal("EINVAL", code)
        assert.equal(("EINVAL: there are only %d targets, but %d were taken before: the list was "
          .. "changed"):format(n, n + 5), message)
      end
    end)
  end

  it("goes far in no time, over 2^32 and 2^48 addresses", function()
    for _, case in ipairs { { "0.0.0.0/0", 32, 2 ^ 32 }, { "2001::/16", 64, 2 ^ 48 } } do
      local function make()
        return targets.cidr(case[1], case[2]):shuffle(9):exclude("10.0.0.0/8"):shard(3, 4)
      end
      local chain = make()
      assert.is_true(chain:skip(case[3] / 4 - 20))
      local got = all(chain)
      assert.is_true(#got <= 20 and #got >= 15)
      local again = make()
      again:skip(case[3] / 4 - 10)
      local rest = all(again)
      assert.same(rest, { unpack(got, #got - #rest + 1) })
    end
  end)

  it("leaves the chain it was made of as it is", function()
    local base = targets.cidr "10.0.0.0/29"
    local one, two = base:shard(1, 2), base:shard(2, 2)
    assert.equal(4, #all(one))
    assert.equal(4, #all(two))
    assert.equal(8, #all(base))
  end)

  it("tells when two chains read one file", function()
    run.file("two", "10.0.0.1\n10.0.0.2\n10.0.0.3\n")
    local base = assert(targets.file(run.dir() .. "/two"))
    assert.equal("10.0.0.1", base:read())
    assert.equal("10.0.0.2", base:read())
    local _, message, name = base:take(5):read()
    assert.same({ "ESPIPE: another chain has read this file further: open it again", "ESPIPE" },
      { message, name })
  end)

  it("excludes the longest prefix, with exceptions", function()
    run.file("never", "# never\n10.0.0.0/24\n! 10.0.0.8/29\n10.0.0.10 # but\n")
    local want = { "10.0.0.8", "10.0.0.9", "10.0.0.11", "10.0.0.12" }
    assert.same(want, all(targets.cidr "10.0.0.0/28":exclude(run.dir() .. "/never"), 4))
    local list = { "10.0.0.0/24", "!10.0.0.8/29", "10.0.0.10" }
    assert.same(want, all(targets.cidr "10.0.0.0/28":exclude(list), 4))
    local set = prefix_set.set()
    set:add("10.0.0.0/29", true)
    assert.same({ "10.0.0.8", "10.0.0.9" }, all(targets.cidr "10.0.0.0/28":exclude(set), 2))
    assert.same({ "a.example" }, all(targets.list { "a.example", "10.0.0.1" }:exclude "10.0.0.1"))
  end)

  it("drops what came before, names in any case", function()
    assert.same({ "10.0.0.1", "10.0.0.0", "A.example", "2001:db8::1", "fe80::1%lo" },
      all(targets.list { "10.0.0.1", "10.0.0.0/31", "A.example", "a.EXAMPLE", "2001:db8::1",
        "2001:DB8:0::1", "fe80::1%lo", "fe80::1%lo", "::ffff:10.0.0.0" }:unique()))
  end)

  it("maps and filters texts", function()
    local chain = targets.list { "10.0.0.0/30", "x.example" }
      :filter(function(text) return text ~= "10.0.0.1" end)
      :map(function(text)
        if text == "10.0.0.2" then return nil end
        if text == "10.0.0.3" then return "10.0.0.0/8" end
        return text == "x.example" and "192.0.2.1" or "y." .. text:gsub("%.", "-") .. ".example"
      end)
    assert.same({ "y.10-0-0-0.example", "10.0.0.0/8", "192.0.2.1" }, all(chain))
    local bad = targets.list { "10.0.0.1" }:map(function() return "10.0.0.0/8" end)
    local bytes = lib.new "uint8_t[16]"
    assert.same({ -1, 'EINVAL: map must return an address or a name, got "10.0.0.0/8"' },
      { bad:next(bytes) })
    assert.has_error(function()
      targets.list { "10.0.0.1" }:map(function() error("no", 0) end):read()
    end, "no")
  end)

  it("takes the first ones, wherever take stands", function()
    assert.same({ "10.0.0.0", "10.0.0.1" }, all(targets.cidr "10.0.0.0/24":take(2)))
    assert.same({}, all(targets.cidr "10.0.0.0/24":take(0)))
    assert.same({}, all(targets.cidr "10.0.0.0/24":unique():take(0)))
    assert.same({ "10.0.0.2", "10.0.0.3" },
      all(targets.cidr "10.0.0.0/24":exclude "10.0.0.0/31":take(2)))
    local three = all(targets.cidr "10.0.0.0/24":take(3):shuffle(1))
    assert.same({ "10.0.0.0", "10.0.0.1", "10.0.0.2" }, sorted(three))
  end)

  it("tells which part of it was passed, whatever the source", function()
    SOURCES.cidr = function() return targets.cidr("10.0.0.0/26", {}) end
    for name, make in pairs(SOURCES) do
      for _, chain in ipairs { make(), make():shard(1, 2), make():shuffle(7) } do
        local last = 0
        assert.is_nil(chain:share())
        while chain:read() do
          local share = assert(chain:share(), name)
          assert.is_true(share >= last / 2 and share <= 1, name)     -- prefixes are a surprise
          last = share
        end
        assert.equal(1, chain:share(), name)
      end
    end
    SOURCES.cidr = nil
    local chain = targets.cidr("10.0.0.0/26"):take(48)
    for _ = 1, 12 do chain:read() end
    assert.equal(0.25, chain:share())
    local file = io.popen "echo 10.0.0.1; echo 10.0.0.2"
    assert.is_nil(require "mtr.base.lines".new(file):share())
    file:close()
    chain = targets.generator(function() return "10.0.0.1" end)
    chain:read()
    assert.is_nil(chain:share())
  end)

  it("describes itself", function()
    run.file("never", "10.0.0.0/24\n")
    local never = run.dir() .. "/never"
    assert.equal('cidr "10.0.0.0/8" each 24 random 2 seed 7:shuffle(42):exclude("' .. never
      .. '"):shard(1, 4):unique():take(5):map(function):filter(function)',
      targets.cidr("10.0.0.0/8", { each = 24, random = 2, seed = 7 }):shuffle(42):exclude(never)
        :shard(1, 4):unique():take(5):map(print):filter(print):describe())
    assert.equal('cidr "10.0.0.0/8" each 24', targets.cidr("10.0.0.0/8", 24):describe())
    assert.equal('list of 2:exclude(a list of 1)', targets.list { "a", "b" }:exclude { "::/0" }
      :describe())
    assert.equal(('file "%s":column(2, ",") of 12 bytes:exclude("::1")'):format(never),
      assert(targets.file(never)):column(2, ","):exclude "::1":describe())
    assert.equal("function", targets.generator(print):describe())
    assert.equal("stdin each6 48", targets.stdin { each6 = 48 }:describe())
  end)

  it("carries a failure to its end", function()
    local missing = run.dir() .. "/missing"
    local chain = targets.cidr "10.0.0.0/24":exclude(missing):shuffle(1):shard(1, 2):take(4)
    local text = "ENOENT: no such file or directory: exclude list " .. missing
    for _ = 1, 2 do assert.same({ nil, text, "ENOENT" }, { chain:read() }) end
    assert.same({ nil, text, "ENOENT" }, { chain:skip(3) })
    assert.has_error(chain, "targets.cidr: " .. text)
    run.file("wrong", "10.0.0.0/8\nx\n")
    assert.same({ nil, "EINVAL: exclude list " .. run.dir() .. '/wrong, line 2: "x" is not a '
      .. "prefix such as 192.0.2.0/24 or 2001:db8::/120", "EINVAL" },
      { targets.cidr "10.0.0.0/24":exclude(run.dir() .. "/wrong"):read() })
    assert.equal("EISDIR", (select(3, targets.cidr "::1":exclude(run.dir()):read())))
  end)

  local c = targets.cidr "10.0.0.0/24"
  for message, fn in pairs {
    ["targets.shuffle: the seed must be a whole number from 0 to 2^53-1, got nil"] =
      function() c:shuffle() end,
    ["targets.shuffle: the seed must be a whole number from 0 to 2^53-1, got -1"] =
      function() c:shuffle(-1) end,
    ["targets.shuffle must come before take"] =
      function() c:exclude "::1":take(1):shuffle(1) end,
    ["targets.shuffle: what a function returns cannot be shuffled: make a list or a file of it"] =
      function() targets.generator(print):shuffle(1) end,
    ["targets.shard: must be two whole numbers such as 1, 4, the first one from 1 to the second "
      .. "one, got 5, 4"] = function() c:shard(5, 4) end,
    ["targets.take: must be a whole number from 0, got 1.5"] = function() c:take(1.5) end,
    ["targets.exclude: must be a file, a prefix or a list of prefixes, got 7"] =
      function() c:exclude(7) end,
    ['targets.exclude: entry 1: "x" is not a prefix such as 192.0.2.0/24 or 2001:db8::/120'] =
      function() c:exclude { "x" } end,
    ["targets.map: must be a function, got nil"] = function() c:map() end,
    ["targets.filter: must be a function, got 7"] = function() c:filter(7) end,
    ["targets.column: only files have columns"] = function() c:column(1) end,
    ["targets.column: must be a whole number from 1, got 0"] = function() c:column(0) end,
    ['targets.column: the separator must be a string, got ""'] = function() c:column(1, "") end,
    ["targets.column must come first"] = function() targets.stdin():take(1):column(1) end,
  } do
    it("raises: " .. message, function() assert.has_error(fn, message) end)
  end
end)
