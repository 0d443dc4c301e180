-- SPDX-License-Identifier: MIT
--
-- An entry of results at a drain: what is written is the same, whether lines pass as they are or
-- are decoded and encoded.
local mtr = require "mtr"
local Gather = require "mtr.fleet.gather"
local entry = require "mtr.fleet.entry"
local lib = require "mtr.lib"
local Reporters = require "mtr.campaign.reporters"

local LOCK = { keep = function() return true end }

local function result_line(dst)
  local engine = assert(mtr.engine { sim = mtr.sim.internet { prefixes = 5, dead = 0 } })
  local line = assert(engine:trace(dst)):json() .. "\n"
  engine:close()
  return line
end

-- The same result twice as packed records, and the place of the second one.
local function packed_results()
  local engine = assert(mtr.engine { sim = mtr.sim.internet { prefixes = 5, dead = 0 } })
  local gather, second = Gather.new(true), nil
  local twice = { trace = function(_, result)
    gather:trace(result)
    second = gather.used[0] + 1
    return gather:trace(result)
  end }
  mtr.go(function()
    assert(mtr.campaign { engine = engine, targets = { "1.0.0.1" }, reporters = { twice } }:run())
  end)
  engine:run()
  local part = gather:take()[1]
  local text = lib.string(part.bytes, part.size)
  engine:close()
  return text, second
end

-- The record with a label behind its transport.
local function labelled(record, label)
  local size, mask, rest = record:sub(2, 5), record:sub(6, 9), record:sub(10)
  assert(size:byte(2) < 255 and mask:byte(4) < 128)
  rest = rest:gsub("\3%zsim", "%0" .. string.char(#label) .. "\0" .. label, 1)
  local n = 4 + #rest
  return record:sub(1, 1) .. string.char(n % 256, math.floor(n / 256)) .. "\0\0" .. mask:sub(1, 3)
    .. string.char(mask:byte(4) + 128) .. rest
end

-- Writes an entry to a reporter of JSON lines: the text, and the drain.
local function drained(results, opts, ...)
  local out = {}
  local to = mtr.report.jsonl(function(text)
    out[#out + 1] = text
    return true
  end, opts)
  local self = { campaign = "s", done = {}, results = 0, leases = 0, repeated = 0, failed = 0,
    unread = 0, strange = 0, lock = LOCK, list = assert(Reporters.new { to, ... }) }
  assert(entry.write(self, { "1-1", { "lease", "3", "point", "a", "part", "1/1", "results",
    results } }))
  return table.concat(out), self
end

describe("an entry of results", function()
  local line, moved, text
  setup(function()
    line = result_line "1.0.0.1"
    local rest = line:match '^{"type":"trace",(.*)$'
    moved = "{ " .. rest:gsub("}\n$", ', "type": "trace"}\n')
    text = line .. moved .. "  \n" .. "{}\n" .. line .. "no JSON\n" .. line:sub(1, -2)
  end)

  it("is written the same, with lines as they are and with decoded ones", function()
    local decoded, slow = drained(text, nil, { trace = function() return true end })
    local passed, fast = drained(text)
    assert.equal(decoded, passed)
    assert.equal(line .. line .. line .. line, passed)
    assert.same({ slow.results, slow.unread, slow.unread_why },
      { fast.results, fast.unread, fast.unread_why })
    assert.same({ 4, 2 }, { fast.results, fast.unread })
    assert.equal("EBADMSG: mtr:fleet:{s}:results 1-1: line 4: this is no result of mtrlua",
      fast.unread_why)
  end)

  it("is unpacked, and what cannot be read of it is counted", function()
    local records, from = packed_results()
    assert.equal(line .. line, (drained(records)))
    local damaged = records:sub(1, from + 8) .. "\255" .. records:sub(from + 10)
    local written, drain = drained(damaged .. records)
    assert.equal(line, written)
    assert.same({ 1, 3 }, { drain.results, drain.unread })
    assert.equal(("mtr:fleet:{s}:results 1-1: byte %d: EBADMSG: a packed record"):format(from),
      drain.unread_why)
  end)

  it("that is damaged loses the lines behind as well, which are counted", function()
    local records, from = packed_results()
    local written, drain = drained(records:sub(1, from + 8) .. "\255" .. records:sub(from + 10)
      .. line .. records)
    assert.equal(line, written)
    assert.same({ 1, 4 }, { drain.results, drain.unread })
  end)

  it("ends the drain if there is no memory, so that nothing is lost", function()
    local self = { campaign = "s", done = {}, results = 0, leases = 0, repeated = 0, failed = 0,
      unread = 0, strange = 0, lock = LOCK, list = assert(Reporters.new {}),
      unpacker = { begin = function() end,
        read = function() return nil, "ENOMEM: cannot allocate memory", "ENOMEM" end } }
    assert.same({ nil, "ENOMEM: cannot allocate memory", "ENOMEM" }, { entry.write(self, { "1-1",
      { "lease", "3", "point", "a", "part", "1/1", "results", "\1\0\0\0\0" } }) })
    assert.same({ 0, 0 }, { self.results, self.unread })
    assert.is_nil(self.after)
    assert.is_false(self.done.a:has(3))
  end)

  it("is unpacked beside lines, for reporters that take lines and for others", function()
    local records = packed_results()
    local mixed = line .. records .. line
    assert.equal(line:rep(4), (drained(mixed)))
    assert.equal(line:rep(4), (drained(mixed, nil, { trace = function() return true end })))
  end)

  it("that is packed by a liar is no line of its own making", function()
    local records, from = packed_results()
    local record = records:sub(1, from - 1)
    assert.equal(line:gsub('"version":"2"', '%0,"list":"l"'),
      (drained(labelled(record, ',"list":"l"'))))
    for _, label in ipairs { '}\n' .. line:sub(1, 60), ',"list":{"ttl":1}', ',"list":[]',
      ',"try":0', ',"try":"1"', ',"list":1.5', ',"mda":7', ',"cycle":true' } do
      local written, drain = drained(labelled(record, label))
      assert.same({ "", 0, 1 }, { written, drain.results, drain.unread }, label)
    end
  end)

  it("has only the members that are asked for", function()
    assert.equal('{"dst":"1.0.0.1"}\n', (drained(line, { only = { "dst" } })))
  end)

  it("passes packed records without a decoder, and lines without an encoder", function()
    local records = packed_results()
    local unpacked = drained(records)
    for results, module in pairs { [records] = "json_read", [unpacked] = "json" } do
      local codec = require("mtr.record." .. module)
      local name = codec.decode and "decode" or "encode"
      local kept = codec[name]
      codec[name] = function() error(name) end
      local ok, written = pcall(drained, results)
      codec[name] = kept
      assert.is_true(ok, written)
      assert.equal(unpacked, written)
    end
  end)

  it("has lines with members of wrong kinds, which are in no output", function()
    for from, to in pairs { ['"rtt":[%d.]+'] = '"rtt":"x"', ['"hops":%b[]'] = '"hops":5',
      ['"tstamp":"kernel"'] = '"tstamp":"karnel"', ["^.*$"] = '{"type":"ping_start","target":'
        .. '"a","dst":"10.0.0.1","size":84}\n' } do
      local bad = line:gsub(from, to, 1)
      assert.is_not.equal(line, bad)
      local written, drain = drained(bad .. line)
      assert.same({ line, 1, 1 }, { written, drain.results, drain.unread })
      assert(drain.unread_why:find("line 1: this is n", 1, true))
    end
  end)
end)
