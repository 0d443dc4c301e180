-- SPDX-License-Identifier: MIT
--
-- What a campaign packs, and what is read of it: the same JSON as without. Results come from
-- simulated networks with many kinds of replies, in order and out of order.
local mtr = require "mtr"
local contents = require "mtr.fleet.contents"
local Gather = require "mtr.fleet.gather"
local lib = require "mtr.lib"
local json_read = require "mtr.record.json_read"
local packed = require "mtr.record.packed"
local Reporters = require "mtr.campaign.reporters"
local run = require "spec.support.harness.run"

local PATHS = {
  nodes = {
    me = { "192.0.2.1", "2001:db8::1" }, r1 = { "198.18.0.1", "2001:db8:1::1", balance = "packet" },
    a = { "198.18.1.1", "2001:db8:2::1", ext = { "0008 0101 00011101" } },
    b = { "198.18.1.2", "2001:db8:2::2" },
    r2 = { "198.18.0.2", "2001:db8:3::1", reply = { loss = 0.5 } },
    web = { "203.0.113.9", "2001:db8:9::9" },
  },
  links = { { "me", "r1", delay = "1ms" }, { "r1", "a", "r2", delay = "3ms" },
    { "r1", "b", "r2", delay = "1ms" },
    { "r2", "web", delay = "2ms", loss = 0.1, duplicate = 0.5 } },
}

-- The bytes of parts, one string for each.
local function texts_of(gather)
  local list = {}
  for i, part in ipairs(gather:take()) do list[i] = lib.string(part.bytes, part.size) end
  return list
end

local function lines_of(text)
  local reader, lines, at = packed.reader(), {}, 1
  reader:begin()
  while at <= #text do
    if text:byte(at) == packed.TAG then
      lines[#lines + 1], at = assert(reader:read(text, at))
    else
      lines[#lines + 1] = text:match("[^\n]*\n", at)
      at = at + #lines[#lines]
    end
  end
  return lines
end

-- Traces targets; returns the lines of what was packed, those that were not, and the packed parts.
local function both(opts)
  local engine = assert(mtr.engine { sim = opts.sim, seed = 1 })
  local pack, plain = Gather.new(true), Gather.new(false)
  mtr.go(function()
    if opts.before then opts.before(engine) end
    assert(mtr.campaign { engine = engine, targets = opts.targets or { "203.0.113.9",
      "2001:db8:9::9" }, trace = opts.trace, monitor = opts.monitor, on_trace = opts.on_trace,
      reporters = { pack, plain } }:run())
  end)
  engine:run()
  local parts, packs = texts_of(pack), {}
  for _, text in ipairs(parts) do
    for _, line in ipairs(lines_of(text)) do packs[#packs + 1] = line end
  end
  engine:close()
  return packs, lines_of(table.concat(texts_of(plain))), parts
end

-- What a drain writes as warts of parts, beside other reporters; and how many lines it decodes.
local function warts_of(parts, ...)
  local path, decode, n = run.file("out.warts", ""), json_read.decode, 0
  json_read.decode = function(...)
    n = n + 1
    return decode(...)
  end
  local to = mtr.report.warts(path, { overwrite = true, clock = function() return 1 end })
  local drain = { results = 0, unread = 0, lock = { keep = function() return true end },
    list = assert(Reporters.new { to, ... }) }
  drain.list:call("start", {})
  for _, part in ipairs(parts) do assert(contents.write(drain, part, "e")) end
  drain.list:call("finish", {})
  json_read.decode = decode
  assert.same({ 0, 2 }, { drain.unread, drain.results })
  return run.read(path), n
end

local OTHER = { trace = function() return true end }     -- it needs members

describe("what is packed", function()
  it("is written as the same warts, decoded or not", function()
    for name, trace in pairs {
      icmp = {}, udp = { protocol = "udp", timeout = 1500, tos = 8 },
      tcp = { protocol = "tcp", port = 443, window = 1 },
      ack = { protocol = "tcp", tcp_flags = "ack", timeout = 300000 },
      classic = { multipath = "classic", gap_limit = 3, loop_limit = 2 },
      dublin = { protocol = "udp", multipath = "dublin", attempts = 1, queries = 2 },
      ["many queries"] = { queries = 3, first_ttl = 2, max_ttl = 3 },
      random = { strategy = "random" },
    } do
      local _, lines, parts = both { sim = PATHS, trace = trace }
      local decoded, n = warts_of(parts, OTHER)
      assert.equal(2, n)
      assert.same({ decoded, 0 }, { warts_of(parts) }, name)
      assert.same({ decoded, 0 }, { warts_of(parts, mtr.report.jsonl(OTHER.trace)) }, name)
      assert.same({ decoded, 2 }, { warts_of { table.concat(lines) } }, name)
    end
  end)

  it("is decoded for warts if it has more replies than the library writes", function()
    local nodes, path = { me = "192.0.2.1", web = "203.0.113.9" }, { "me", delay = "1ms" }
    for i = 1, 14 do
      nodes["r" .. i] = "198.18.0." .. i
      path[#path + 1] = "r" .. i
    end
    path[#path + 1] = "web"
    local _, _, parts = both { sim = { nodes = nodes, links = { path } },
      trace = { queries = 16 }, targets = { "203.0.113.9", "198.18.0.9" } }
    local decoded = warts_of(parts, OTHER)
    assert.same({ decoded, 1 }, { warts_of(parts) })
  end)

  teardown(run.clean)

  it("is read as the same JSON, whatever is traced and in whatever order", function()
    local seen = {}
    for name, trace in pairs {
      icmp = {}, udp = { protocol = "udp" }, tcp = { protocol = "tcp", port = 443 },
      classic = { multipath = "classic" }, ["many queries"] = { queries = 3 },
      ["first TTL"] = { first_ttl = 2 }, ["gaps at the end"] = { max_ttl = 3 },
      rounds = { strategy = "rounds" }, random = { strategy = "random" },
    } do
      local packs, lines = both { sim = PATHS, trace = trace }
      assert.equal(2, #packs)
      assert.same(lines, packs, name)
      for member in table.concat(lines):gmatch '"([%l_]+)":' do seen[member] = true end
    end
    for _, member in ipairs { "mpls", "dup", "unanswered", "tcp_flags", "flow_label", "skipped" } do
      assert.is_true(seen[member], member .. " never came up")
    end
  end)

  it("is read as the same JSON: an internet, with ids, in a tenth of the bytes", function()
    local sim = mtr.sim.internet { prefixes = 300 }
    local targets = {}
    for target in sim:targets() do targets[#targets + 1] = target end
    local packs, lines, parts = both { sim = sim, targets = targets, monitor = "ams" }
    assert.equal(#targets, #packs)
    assert.same(lines, packs)
    assert.truthy(packs[1]:find('"monitor":"ams"', 1, true))
    assert.is_true(#parts[1] * 10 < #table.concat(lines))
  end)

  it("is a line if the result has more than a record", function()
    local function names(engine)
      assert.equal(0, lib.C.mtr_label(engine.c, lib.new("uint8_t[16]", { 203, 0, 113, 9 }), 4,
        ',"name":"web"', 13))
    end
    local packs, lines, parts = both { sim = PATHS, before = names }
    assert.same(lines, packs)
    assert.truthy(parts[1]:find '^{"type".*"name":"web"')
  end)
end)

describe("a trace in flight", function()
  it("is not packed: nobody could read the record", function()
    local engine = assert(mtr.engine { sim = PATHS, seed = 1 })
    local done = false
    local trace = engine:trace("203.0.113.9", {}, function() done = true end)
    local bytes, used = lib.new "uint8_t[4096]", lib.new "uint32_t[1]"
    local before = lib.new "struct mtr_packing"
    assert.equal(-16, lib.C.mtr_pack(engine.c, trace.handle, before, bytes, 4096, used))
    assert.same({ 0, 0 }, { used[0], before.any })
    engine:run()
    assert.is_true(done)
    engine:close()
  end)
end)

describe("what a worker gathers", function()
  it("is in parts of 5,000 results, each of which is read by itself", function()
    for _, packs in ipairs { true, false } do
      local gather = Gather.new(packs)
      local engine = assert(mtr.engine { sim = PATHS, seed = 1 })
      mtr.go(function()
        assert(mtr.campaign { engine = engine, targets = { "203.0.113.9" }, reporters = {
          { trace = function(_, result)
            for _ = 1, 5001 do assert(gather:trace(result)) end
            return true
          end } } }:run())
      end)
      engine:run()
      local texts = texts_of(gather)
      assert.equal(2, #texts)
      local many, one = lines_of(texts[1]), lines_of(texts[2])
      assert.same({ 5001, 5000, 1 }, { gather.count, #many, #one })
      for _, line in ipairs(many) do assert.equal(one[1], line) end
      engine:close()
    end
  end)
end)

describe("a reader of packed records", function()
  local bytes, first
  setup(function()
    local packs, _, parts = both { sim = PATHS }
    bytes, first = parts[1], packs[1]
  end)

  it("says what is wrong with one that is damaged", function()
    local reader = packed.reader()
    reader:begin()
    local line, behind = reader:read(bytes, 1)
    assert.equal(first, line)
    local none, message, name = reader:read(bytes:sub(1, -2), behind)
    assert.same({ "nil", "EBADMSG" }, { type(none), name })
    assert.equal("EBADMSG: a packed record", message)
  end)

  it("makes no line that is longer than results which come as lines", function()
    local function le(n) return string.char(n % 256, math.floor(n / 256) % 256,
      math.floor(n / 65536) % 256, math.floor(n / 2 ^ 24)) end
    -- Replies like the one before have two bytes each.
    local function hostile(n)
      local time = "\165\212\104\83"   -- 1e12 as a float, in ms
      local body = le(2 ^ 10 + 2 ^ 11 + 2 ^ 21 + 2 ^ 23 + 2 ^ 30) .. "\4\1\0\1\1\2\255\0"
        .. "\30\4\1\2" .. le(n) .. "\3\0raw\255\15\4\1\255\1" .. ("\255"):rep(16) .. time .. time
        .. ("\255"):rep(8) .. "\255\255\255\0" .. ("\255"):rep(8) .. ("\0\0"):rep(n - 1)
      return "\1" .. le(#body) .. body
    end
    local reader = packed.reader()
    for n, long in pairs { [1000] = false, [700000] = true } do
      reader:begin()
      local line, message, name = reader:read(hostile(n), 1)
      assert.equal(not long, line ~= nil)
      if long then
        assert.same({ "EMSGSIZE: a packed record is longer than 256 MiB as a line", "EMSGSIZE" },
          { message, name })
      end
    end
  end)

  it("counts what it cannot read", function()
    assert.equal(4, packed.count(bytes .. first .. first, 1))
    assert.equal(3, packed.count(bytes .. "{}", 1))
    assert.equal(3, packed.count(bytes .. "\1\1\1\1\1\1", 1))
    assert.equal(2, packed.count(bytes, 1))
    assert.equal(2, packed.count(bytes:sub(1, -2), 1))
    assert.equal(1, packed.count("\1\255\255\255\255", 1))
    assert.equal(1, packed.count("\1\1", 1))
    assert.equal(1, packed.count("x", 1))
  end)
end)
